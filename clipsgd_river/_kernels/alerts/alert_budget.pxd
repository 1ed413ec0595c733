from libc.math cimport exp, fabs, log

from clipsgd_river._kernels.alerts.event_clock cimport EventClock
from clipsgd_river._kernels.alerts.score_ladder cimport ScoreLadder
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.core.buffers cimport doubles, integers

cdef double LARGEST_SCORE
cdef double FIRST_ALLOWANCE
cdef double ALLOWANCE_SHARE
cdef double LARGEST_ALLOWANCE
cdef double GAIN
cdef double FLOOR_IN_RATES
cdef double GAP_MEMORY
cdef double LARGEST_EARNING
cdef double SMALLEST_RATE
cdef double LARGEST_GAP
cdef double ROUND_OFF

cdef class AlertBudgetKernel(ArchivedKernel):
    cdef double per_event
    cdef double per_second
    cdef bint odds
    cdef readonly ScoreLadder ladder
    cdef readonly double events
    cdef readonly double alerts
    cdef readonly double accrued
    cdef readonly double gap
    cdef readonly EventClock clock
    cdef EventClock kept_clock
    cdef double kept_gap
    cdef double kept_accrued

    cdef double rate(self) noexcept nogil
    cpdef double rate_now(self)
    cdef double position(self, double score) noexcept nogil
    cdef double allowance(self) noexcept nogil
    cdef double required_rarity(self, double debt, double allowance) noexcept nogil
    cpdef bint exceeds(self, double score)
    cdef bint is_beyond(self, double score) noexcept nogil
    cpdef double threshold(self)
    cpdef double limit(self)
    cpdef double tail_probability(self, double score)
    cdef bint judge(self, double score) noexcept nogil
    cdef void pass_time(self, double seconds) noexcept nogil
    cpdef bint observe_at(self, double score, double seconds)
    cpdef bint exceeds_at(self, double score, double seconds)
    cpdef double threshold_at(self, double seconds)
    cpdef object count_anew(self)
    cdef void look_ahead(self, double seconds) noexcept nogil
    cdef void look_back(self) noexcept nogil
    cpdef object observe_many(self, object scores, object times, object alerts)
