from libc.math cimport fabs

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector

cdef Py_ssize_t LAGS
cdef double RATE
cdef double CLIP
cdef double GAUSSIAN
cdef double SMALLEST_SPREAD
cdef double LARGEST_VALUE
cdef double LARGEST_WEIGHT

cdef class Autoregression:
    cdef readonly Vector weights
    cdef readonly Vector lags
    cdef readonly Vector spread

    cdef double predict(self, Py_ssize_t j) noexcept nogil
    cdef double unit(self, Py_ssize_t j) noexcept nogil
    cdef void learn(self, Py_ssize_t j, double z, double residual, double rate) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept nogil
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
