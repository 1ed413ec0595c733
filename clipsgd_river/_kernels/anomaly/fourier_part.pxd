from libc.math cimport sqrt

from clipsgd_river._kernels.anomaly.fourier_features cimport BANDWIDTHS, FOURIER_TAIL, FourierFeatures
from clipsgd_river._kernels.anomaly.part cimport NEAR_SQUARE, Part, tail
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.circle cimport inner
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double REST_RATE
cdef double PRIOR_EVENTS
cdef double SMALLEST_LEVEL

cdef double resting_rate(LocationScale standard, double events) noexcept nogil

cdef class FourierPart(Part):
    cdef readonly FourierFeatures fourier
    cdef readonly ClipThreshold clip
    cdef readonly Vector mean

    cdef double compare(self) noexcept nogil
    cdef void refresh(self) noexcept nogil
    cdef double level(self, Py_ssize_t bandwidth) noexcept nogil
    cdef double energy(self, Py_ssize_t bandwidth) noexcept nogil
    cdef double floored(self, double level, double energy) noexcept nogil
    cdef double combine(self, double square, double excess) noexcept nogil
    cdef bint load_started(self, LocationScale standard) noexcept nogil
