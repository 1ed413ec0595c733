from libc.math cimport sqrt

from clipsgd_river._kernels.archive cimport Archive
from clipsgd_river._kernels.buffers cimport doubles
from clipsgd_river._kernels.linear_unit cimport LinearUnit
from clipsgd_river._kernels.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.vector cimport total

cdef double SLOW_RATE
cdef double FLATTEST
cdef double STEEPEST
cdef double LONGEST_STRETCH

cdef class LogisticUnit(LinearUnit):
    cdef object direction_values
    cdef double* direction
    cdef readonly double curvature
    cdef readonly double along

    cdef double stretch(self, LocationScaleKernel inputs, double bend, double energy, double events) noexcept nogil
