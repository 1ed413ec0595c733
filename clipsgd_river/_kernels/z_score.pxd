from libc.math cimport log

from clipsgd_river._kernels.location_scale cimport LocationScaleKernel

cdef double DEGREES_OF_FREEDOM
cdef double LARGEST_PRODUCT
cdef double NORMAL_DISTANCE

cdef class ZScoreKernel(LocationScaleKernel):
    cdef double* factors(self) noexcept nogil
