from libc.math cimport fabs

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.deviations cimport LARGEST_SCALE

cdef double MEMORY
cdef double LARGEST_Z
cdef double GAUSSIAN
cdef double STARTED
cdef double PROMINENCE
cdef double SHORT
cdef double LONG
cdef long long AT_FIRST
cdef long long SELDOM

cdef class SeasonFinder:
    cdef readonly Vector past
    cdef readonly Vector products
    cdef readonly double location
    cdef readonly double scale
    cdef readonly double count
    cdef readonly double lacking
    cdef readonly Py_ssize_t lags
    cdef readonly Py_ssize_t shorter
    cdef readonly Py_ssize_t longer

    cdef void begin(self, double location, double scale) noexcept nogil
    cdef double deviation(self, double x) noexcept nogil
    cdef double value(self, double z) noexcept nogil
    cdef void learn(self, double x) noexcept nogil
    cdef double correlation(self, Py_ssize_t lag) noexcept nogil
    cdef void choose(self) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
