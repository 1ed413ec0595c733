from libc.math cimport fabs, log, sqrt

from clipsgd_river._kernels.archive cimport Archive
from clipsgd_river._kernels.buffers cimport doubles
from clipsgd_river._kernels.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.fourier_features cimport LARGEST_COORDINATE, TAIL_WEIGHT
from clipsgd_river._kernels.fourier_part cimport SMALLEST_LEVEL, resting_rate
from clipsgd_river._kernels.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.part cimport Part
from clipsgd_river._kernels.slack cimport Slack

cdef double NORMAL_CLOSENESS
cdef double NORMAL_DEFICIT
cdef double SMALLEST_MARGIN

cdef class ClosenessPart(Part):
    cdef ClipThreshold clip
    cdef readonly Slack slack
    cdef readonly object weight_values
    cdef double* weights

    cdef double term(self, double z, double weight) noexcept nogil
    cdef double closeness(self, LocationScaleKernel ground, Py_ssize_t k) noexcept nogil
