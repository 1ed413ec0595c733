from libc.math cimport log, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.anomaly.fourier_features cimport BANDWIDTHS
from clipsgd_river._kernels.anomaly.fourier_part cimport FourierPart, resting_rate
from clipsgd_river._kernels.sgd.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.anomaly.part_kernel cimport PartKernel

cdef double NORMAL_DISTANCE

cdef class KernelMeanPart(FourierPart):
    cdef object level_values
    cdef double* levels
    cdef object energy_values
    cdef double* energies

cdef class KernelMeanKernel(PartKernel):
    pass
