from libc.math cimport log, sqrt

from clipsgd_river._kernels.anomaly.frequent_values cimport BITS
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile

cdef double USUAL_LEVEL
cdef double USUAL_BITS
cdef double TIMES
cdef double PRIOR_COUNT

cdef class JoinedBits:
    cdef readonly RunningQuantile total
    cdef readonly RunningQuantile largest

    cdef double weight(self) noexcept nogil
    cdef double extra(self, double largest) noexcept nogil
    cdef void observe(self, double total, double largest, double features) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
