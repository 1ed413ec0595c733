from libc.math cimport sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile

cdef double MULTIPLE
cdef double UNLIMITED

cdef class ClipThreshold:
    cdef double multiple
    cdef double fixed
    cdef bint growing
    cdef readonly RunningQuantile norm
    cdef double value(self, double memory, double dimension) noexcept nogil
    cdef void observe(self, double norm, double dimension) noexcept nogil
    cpdef double gaussian_share(self, Py_ssize_t dimension)
    cdef int exchange(self, Archive archive) except -1
