from libc.math cimport exp, fabs, log

from clipsgd_river._kernels.alerts.event_clock cimport EventClock
from clipsgd_river._kernels.alerts.incident_gate cimport IncidentGate
from clipsgd_river._kernels.alerts.score_ladder cimport ScoreLadder
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles

cdef double LARGEST_SCORE
cdef double FIRST_ALLOWANCE
cdef double ALLOWANCE_SHARE
cdef double LARGEST_ALLOWANCE
cdef double GAIN
cdef double RESERVE
cdef double FLOOR_IN_RATES
cdef double GAP_MEMORY
cdef double LARGEST_EARNING
cdef double SMALLEST_RATE
cdef double LARGEST_GAP
cdef double ROUND_OFF
cdef double NAN
cdef double LEAST_FLOOR
cdef double FLOOR_IN_RATES_OF_ALERTS
cdef double LARGEST_DEBT

cdef class AlertBudgetKernel(IncidentGate):
    cdef double per_event
    cdef double per_second
    cdef double own_rarity
    cdef bint odds
    cdef double floor
    cdef readonly ScoreLadder ladder
    cdef readonly double events
    cdef readonly double alerts
    cdef readonly double accrued
    cdef readonly double gap
    cdef readonly EventClock clock
    cdef EventClock kept_clock
    cdef double kept_gap
    cdef double kept_accrued
    cdef double kept_owed
    cdef readonly double owed
    cdef object times
    cdef double* time_of
    cdef Py_ssize_t unready

    cdef double alert_rarity(self) noexcept nogil
    cdef double position(self, double score) noexcept nogil
    cdef double allowance(self) noexcept nogil
    cdef double required_rarity(self, double debt, double allowance) noexcept nogil
    cpdef bint exceeds(self, double score)
    cdef double least_rarity(self) noexcept nogil
    cdef double highest_probability(self) noexcept nogil
    cdef bint is_beyond(self, double score) noexcept nogil
    cdef double joining_rarity(self) noexcept nogil
    cdef double threshold(self) noexcept nogil
    cdef double score_of_rarity(self, double rarity) noexcept nogil
    cdef double limit(self) noexcept nogil
    cpdef double threshold_now(self)
    cpdef double limit_now(self)
    cpdef object join(self, double score, double seconds)
    cpdef object skip(self, double seconds)
    cpdef tuple look_at(self, double score, double seconds)
    cpdef object open_for_rows(self, object times, Py_ssize_t unready, object scores)
    cpdef double tail_probability(self, double score)
    cdef bint judge(self, double score) noexcept nogil
    cdef void take(self, double score, bint alert) noexcept nogil
    cdef bint may_join(self, double score) noexcept nogil
    cdef void pass_time(self, double seconds) noexcept nogil
    cpdef bint observe_at(self, double score, double seconds)
    cpdef bint exceeds_at(self, double score, double seconds)
    cpdef double threshold_at(self, double seconds)
    cpdef tuple limits_at(self, double seconds)
    cpdef int follow(self, AlertBudgetKernel other, bint counts) except -1
    cpdef object count_anew(self)
    cdef void look_ahead(self, double seconds) noexcept nogil
    cdef void look_back(self) noexcept nogil
