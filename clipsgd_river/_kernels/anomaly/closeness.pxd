from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.anomaly.fourier_features cimport FOURIER_TAIL
from clipsgd_river._kernels.anomaly.fourier_part cimport SMALLEST_LEVEL, resting_rate
from clipsgd_river._kernels.anomaly.part cimport LARGEST_COORDINATE, Part, tail
from clipsgd_river._kernels.anomaly.slack cimport Slack
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double NORMAL_CLOSENESS
cdef double NORMAL_DEFICIT
cdef double SMALLEST_MARGIN

cdef class ClosenessPart(Part):
    cdef readonly ClipThreshold clip
    cdef readonly Slack slack
    cdef readonly Vector weights
    cdef Py_ssize_t size

    cdef double term(self, double z, double weight) noexcept nogil
    cdef double closeness(self, LocationScale standard, Py_ssize_t k) noexcept nogil
