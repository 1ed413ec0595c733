from libc.math cimport log, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.anomaly.closeness cimport ClosenessPart
from clipsgd_river._kernels.anomaly.fourier_features cimport BANDWIDTHS
from clipsgd_river._kernels.anomaly.fourier_part cimport FourierPart, resting_rate
from clipsgd_river._kernels.sgd.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.anomaly.part_kernel cimport PartKernel
from clipsgd_river._kernels.anomaly.slack cimport Slack

cdef double INVERSE_LOG_2

cdef class FourierMarginPart(FourierPart):
    cdef readonly Slack slack
    cdef double value
    cdef double square_norm

cdef class OneClassSVMKernel(PartKernel):
    pass
