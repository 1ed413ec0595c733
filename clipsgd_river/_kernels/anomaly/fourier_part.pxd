from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.circle cimport inner
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.anomaly.fourier_features cimport BANDWIDTHS, FourierFeatures
from clipsgd_river._kernels.sgd.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.anomaly.part cimport Part

cdef double NEAR_SQUARE
cdef double REST_RATE
cdef double PRIOR_EVENTS
cdef double SMALLEST_LEVEL

cdef double resting_rate(LocationScaleKernel ground) noexcept nogil

cdef class FourierPart(Part):
    cdef FourierFeatures fourier
    cdef ClipThreshold clip
    cdef readonly object mean_values
    cdef double* mean

    cdef double compare(self) noexcept nogil
    cdef void refresh(self) noexcept nogil
    cdef double level(self, Py_ssize_t bandwidth) noexcept nogil
    cdef double energy(self, Py_ssize_t bandwidth) noexcept nogil
    cdef double floored(self, double level, double energy) noexcept nogil
    cdef double judge(self, double square, double tail) noexcept nogil
    cdef bint load_settled(self, LocationScaleKernel ground) noexcept nogil
