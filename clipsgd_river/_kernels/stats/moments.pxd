from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.robust_start cimport ROUND_OFF
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.sgd.repeated_values cimport REGULAR
from clipsgd_river._kernels.sgd.split_variable cimport SplitVariable
from clipsgd_river._kernels.stats.univariate cimport UnivariateKernel

cdef double GROWING_MULTIPLE
cdef double LARGEST_THRESHOLD
cdef double SMALLEST_THRESHOLD
cdef double LARGEST_LOCATION
cdef double LARGEST_SQUARE
cdef double LARGEST_UNIT

cdef class MomentsKernel(UnivariateKernel):
    cdef readonly double location
    cdef readonly double square
    cdef readonly double weight_energy
    cdef readonly double largest_influence
    cdef readonly double inverse_threshold
    cdef readonly ClipThreshold clip
    cdef readonly SplitVariable variable
    cdef bint growing
    cdef bint splits
    cdef double share

    cdef double threshold(self, double scale) noexcept nogil
    cdef double median_deviation(self) noexcept nogil
    cpdef double variance(self)
    cdef double known_scale(self, double deviation) noexcept nogil
