from libc.math cimport log2, sqrt

from clipsgd_river._kernels.alerts.incident_gate cimport IncidentGate
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.proba.spliced_pareto cimport SplicedParetoKernel

cpdef double score_of(double probability) noexcept nogil

cdef class TailFilterKernel(IncidentGate):
    cdef readonly SplicedParetoKernel distances
    cdef readonly double events
    cdef readonly double alerts
    cdef double risk
    cdef double highest_usual
    cdef double warm_up
    cdef Py_ssize_t unready
    cdef readonly double last_score
    cdef object scores
    cdef bint writes
    cdef double* score_at

    cdef bint is_ready(self) noexcept nogil
    cdef double probability(self, double distance) noexcept nogil
    cdef bint is_beyond(self, double score) noexcept nogil
    cdef bint may_join(self, double probability) noexcept nogil
    cpdef bint ready(self)
    cpdef double tail_probability(self, double distance)
    cpdef double score(self, double distance)
    cpdef bint exceeds(self, double score)
    cpdef double threshold_now(self)
    cpdef tuple look_at(self, double distance, double seconds)
    cpdef double observe_at(self, double distance, double seconds) except? -1.0
    cpdef object join(self, double distance, double seconds)
    cpdef object skip(self, double seconds)
    cpdef object open_for_rows(self, object times, Py_ssize_t unready, object scores)
