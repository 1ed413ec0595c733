from libc.math cimport log, sqrt

from clipsgd_river._kernels.archive cimport Archive
from clipsgd_river._kernels.buffers cimport doubles
from clipsgd_river._kernels.fourier_features cimport BANDWIDTHS
from clipsgd_river._kernels.fourier_part cimport FourierPart, resting_rate
from clipsgd_river._kernels.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.part_kernel cimport PartKernel

cdef double NORMAL_DISTANCE

cdef class KernelMeanPart(FourierPart):
    cdef object level_values
    cdef double* levels
    cdef object energy_values
    cdef double* energies

cdef class KernelMeanKernel(PartKernel):
    pass
