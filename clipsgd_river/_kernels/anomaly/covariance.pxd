from libc.math cimport fabs, log, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles, integers
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.sgd.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.anomaly.part cimport Part

cdef double LARGEST_COORDINATE
cdef double LARGEST_INVERSE

cdef class CovariancePart(Part):
    cdef readonly object inverse_values
    cdef double* inverse
    cdef object coordinate_values
    cdef double* coordinates
    cdef object product_values
    cdef double* product
    cdef object decay_values
    cdef double* decay
    cdef object ridge_values
    cdef double* ridge
    cdef object turn_values
    cdef int* turns
    cdef ClipThreshold clip
    cdef double share
    cdef double ridge_share
    cdef Py_ssize_t side

    cdef int point(self) except -1
    cdef double excess(self, double z) noexcept nogil
    cdef double surprise(self, LocationScaleKernel ground, Py_ssize_t k) noexcept nogil
    cdef double surprises(self, LocationScaleKernel ground) noexcept nogil
    cdef double multiply(self) noexcept nogil
    cdef double rate(self, LocationScaleKernel ground) noexcept nogil
    cdef void update_inverse(self, double weight, double ridge, Py_ssize_t r) noexcept nogil
    cdef void forget(self) noexcept nogil
