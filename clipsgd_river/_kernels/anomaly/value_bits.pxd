from clipsgd_river._kernels.anomaly.frequent_values cimport FrequentValues
from clipsgd_river._kernels.anomaly.tail_ladders cimport PRIOR_EVENTS, TailLadders
from clipsgd_river._kernels.core.archive cimport Archive

cdef class ValueBits:
    cdef readonly TailLadders ladders
    cdef readonly FrequentValues frequent
    cdef Py_ssize_t slot

    cdef double bits(self, Py_ssize_t j, double value) noexcept nogil
    cdef void observe(self, Py_ssize_t j, double value, Py_ssize_t slot) noexcept nogil
    cdef int prepare(self, Py_ssize_t size) except -1
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void start(self, Py_ssize_t j) noexcept nogil
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
