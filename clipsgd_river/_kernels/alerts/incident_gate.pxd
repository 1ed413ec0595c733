from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.score_gate cimport ScoreGate

cdef double LEAST_CROWD
cdef double LARGEST_CROWD
cdef double CROWDED

cdef class IncidentGate(ScoreGate):
    cdef readonly double distance
    cdef readonly double seen
    cdef readonly double crowd
    cdef readonly double open_until
    cdef readonly double crowded_until

    cdef double alert_share(self) noexcept nogil
    cdef double place(self) noexcept nogil
    cpdef double rate_now(self)
    cpdef double place_now(self)
    cpdef object keep_open(self, double place, double crowded)
    cdef void mix(self, double joined) noexcept nogil
    cdef bint is_crowded(self) noexcept nogil
    cpdef object forget_incidents(self)
    cdef int exchange_incidents(self, Archive archive) except -1
