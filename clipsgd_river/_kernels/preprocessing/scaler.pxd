from libc.math cimport fabs

from clipsgd_river._kernels.core.buffers cimport doubles, integers
from clipsgd_river._kernels.sgd.location_scale cimport LocationScaleKernel

cdef double HALF_WAY

cdef class ScalerKernel(LocationScaleKernel):
    cdef bint squash

    cdef double place(self, double deviation) noexcept nogil
    cdef object scaled(self, object event)
    cpdef object transform_one(self, object event)
    cpdef object transform_rows(self, object rows, object names, object out)
