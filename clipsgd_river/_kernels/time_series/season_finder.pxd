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
    cdef readonly Vector location
    cdef readonly Vector scale
    cdef readonly Vector count
    cdef readonly Vector lacking
    cdef readonly Vector shorter
    cdef readonly Vector longer
    cdef readonly Py_ssize_t lags

    cdef void begin(self, Py_ssize_t j, double location, double scale) noexcept nogil
    cdef double deviation(self, Py_ssize_t j, double x) noexcept nogil
    cdef double value(self, Py_ssize_t j, double z) noexcept nogil
    cdef double before(self, Py_ssize_t j, Py_ssize_t back) noexcept nogil
    cdef void learn(self, Py_ssize_t j, double x) noexcept nogil
    cdef void take(self, Py_ssize_t j, double z) noexcept nogil
    cdef double correlation(self, Py_ssize_t j, Py_ssize_t lag) noexcept nogil
    cdef void choose(self, Py_ssize_t j) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
