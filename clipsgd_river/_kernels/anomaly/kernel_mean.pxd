from libc.math cimport log, sqrt

from clipsgd_river._kernels.anomaly.fourier_features cimport BANDWIDTHS
from clipsgd_river._kernels.anomaly.fourier_part cimport FourierPart, resting_rate
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double NORMAL_DISTANCE

cdef class KernelMeanPart(FourierPart):
    cdef readonly Vector levels
    cdef readonly Vector energies
