from libc.math cimport log, sqrt

from clipsgd_river._kernels.archive cimport Archive
from clipsgd_river._kernels.closeness cimport ClosenessPart
from clipsgd_river._kernels.fourier_features cimport BANDWIDTHS
from clipsgd_river._kernels.fourier_part cimport FourierPart, resting_rate
from clipsgd_river._kernels.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.part_kernel cimport PartKernel
from clipsgd_river._kernels.slack cimport Slack

cdef double INVERSE_LOG_2

cdef class FourierMarginPart(FourierPart):
    cdef readonly Slack slack
    cdef double value
    cdef double square_norm

cdef class OneClassSVMKernel(PartKernel):
    pass
