from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.anomaly.amplitudes cimport Amplitudes
from clipsgd_river._kernels.anomaly.part cimport LARGEST_COORDINATE, RESUMED, TAIL_WEIGHT, Part, tail
from clipsgd_river._kernels.anomaly.principal_subspace cimport PrincipalSubspace
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.reductions cimport total
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.deviations cimport BAND, LARGEST_DEVIATION
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double RATE
cdef double LARGEST_RATE
cdef double LARGEST_LEVEL
cdef double LARGEST_CENTRE

cdef class SubspacePart(Part):
    cdef readonly Amplitudes amplitudes
    cdef readonly PrincipalSubspace subspace
    cdef readonly Vector centres
    cdef readonly Vector excess
    cdef bint irregular

    cdef void deviate(self, LocationScale standard) noexcept nogil
    cdef double rate(self, LocationScale standard) noexcept nogil
    cdef void move_centre(self, LocationScale standard) noexcept nogil
    cpdef list units(self, LocationScale standard)
