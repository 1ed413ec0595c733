from libc.math cimport log, sqrt

from clipsgd_river._kernels.anomaly.fourier_features cimport BANDWIDTHS
from clipsgd_river._kernels.anomaly.fourier_part cimport FourierPart, resting_rate
from clipsgd_river._kernels.anomaly.slack cimport Slack
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double INVERSE_LOG_2

cdef class FourierMarginPart(FourierPart):
    cdef readonly Slack slack
    cdef double value
    cdef double square_norm
