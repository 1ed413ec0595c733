from libc.math cimport log2

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.core.buffers cimport doubles, integers
from clipsgd_river._kernels.proba.spliced_pareto cimport SplicedParetoKernel

cpdef double score_of(double probability) noexcept nogil

cdef class TailFilterKernel(ArchivedKernel):
    cdef readonly SplicedParetoKernel distances
    cdef readonly double events
    cdef readonly double alerts
    cdef double highest_usual
    cdef double warm_up

    cpdef bint ready(self)
    cpdef double tail_probability(self, double distance)
    cpdef double score(self, double distance)
    cpdef bint exceeds(self, double score)
    cpdef double threshold(self)
    cpdef double observe(self, double distance, bint detector_ready) except? -1.0
    cpdef object observe_many(
        self, object distances, Py_ssize_t unready, object scores, object alerts
    )
