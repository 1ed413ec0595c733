from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.preprocessing.value_table cimport ValueTable

cdef double STEPS
cdef double HEAD_START
cdef double LARGEST_LEVEL

cdef class CategoryNews:
    cdef readonly double memory
    cdef readonly ValueTable table
    cdef readonly double events
    cdef readonly double level
    cdef readonly double events_within
    cdef readonly double level_within

    cdef double news(self, object key, object context) except -1.0
    cdef int learn(self, object key, object context) except -1
    cdef double step_towards(self, double difference, double events) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
