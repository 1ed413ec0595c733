from libc.math cimport fabs

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles, integers
from clipsgd_river._kernels.core.event_loop cimport EventLoop
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double HALF_WAY

cdef class ScalerKernel(EventLoop):
    cdef readonly LocationScale standard
    cdef bint squash

    cdef double scale(self, double deviation) noexcept nogil
    cdef object scaled(self, object event)
    cpdef object transform_one(self, object event)
    cpdef object transform_rows(self, object rows, object names, object out)
