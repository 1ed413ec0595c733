from libc.math cimport fabs, log, sqrt

from clipsgd_river._kernels.anomaly.amplitudes cimport Amplitudes
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.sgd.location_scale cimport BAND, LARGEST_DEVIATION, LocationScaleKernel
from clipsgd_river._kernels.anomaly.principal_subspace cimport PrincipalSubspace
from clipsgd_river._kernels.core.vector cimport total

cdef double LARGEST_COORDINATE
cdef double RATE
cdef double LARGEST_RATE
cdef double LARGEST_LEVEL
cdef double LARGEST_CENTRE

cdef class SubspaceKernel(LocationScaleKernel):
    cdef readonly Amplitudes amplitudes
    cdef readonly PrincipalSubspace subspace
    cdef readonly object centre_values
    cdef double* centre
    cdef object excess_values
    cdef double* excess

    cdef void deviate(self) noexcept nogil
    cdef double rate(self) noexcept nogil
    cdef void move_centre(self) noexcept nogil
    cpdef list units(self)
