from libc.math cimport fabs

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.deviations cimport LARGEST_SCALE
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale
from clipsgd_river._kernels.time_series.autoregression cimport GAUSSIAN

cdef double LARGEST_Z
cdef double LEAST_SCALE

cdef class LongRun:
    cdef readonly Vector mean
    cdef readonly Vector scale

    cdef double unit(self, LocationScale standard, Py_ssize_t j) noexcept nogil
    cdef double deviation(self, LocationScale standard, Py_ssize_t k) noexcept nogil
    cdef void learn(self, LocationScale standard, Py_ssize_t k, double rate) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
