from libc.math cimport fabs, log, sqrt

from clipsgd_river._kernels.anomaly.part cimport NEAR_SQUARE, RESUMED, Part
from clipsgd_river._kernels.anomaly.reservoir cimport Reservoir
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double NORMAL_SQUARE

cdef class NeighboursPart(Part):
    cdef readonly Reservoir reservoir
    cdef readonly Vector point
    cdef double nearness

    cdef double locate(self, LocationScale standard) noexcept nogil
    cdef bint forget_starting(self, LocationScale standard) noexcept nogil
