from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.robust_start cimport ROUND_OFF
from clipsgd_river._kernels.proba.pareto_tail cimport ParetoTail
from clipsgd_river._kernels.proba.quantile_bins cimport LOGISTIC_UNIT, QuantileBins
from clipsgd_river._kernels.stats.univariate cimport UnivariateKernel

cdef double CLIP
cdef double LEAST_VOTES
cdef double MOST_VOTES
cdef double LARGEST_UNIT
cdef double TAIL_RATE_AT_REST
cdef double PRIOR_EVENTS

cdef class SplicedParetoKernel(UnivariateKernel):
    cdef readonly double location
    cdef readonly double scale
    cdef double informative
    cdef double usual
    cdef double votes
    cdef readonly QuantileBins bins
    cdef readonly ParetoTail lower
    cdef readonly ParetoTail upper
    cdef double tail

    cdef bint degenerate(self) noexcept nogil
    cdef double unit(self, double value) noexcept nogil
    cdef void refine(self, double u) noexcept nogil
    cdef void move(self, double value, double u) noexcept nogil
    cdef bint is_usual(self, double value) noexcept nogil
    cdef double below(self, double value) noexcept nogil
    cdef double above(self, double value) noexcept nogil
    cpdef double reliable_count(self)
    cpdef double cdf(self, double value)
    cpdef double sf(self, double value)
    cpdef double density(self, double value)
    cpdef double ppf(self, double level)
    cpdef double isf(self, double level)
    cpdef double mode(self)
    cpdef object run(self, object values, object found, bint learn)
