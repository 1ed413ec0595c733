from libc.math cimport log

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector

cdef double RATE_AT_REST
cdef double HEAD_START
cdef double SMALLEST_GAP
cdef double LOGISTIC_UNIT

cdef class QuantileBins:
    cdef readonly Py_ssize_t count
    cdef readonly double tail
    cdef double share
    cdef double rate_at_rest
    cdef double events
    cdef readonly Vector edges

    cdef void start_at(self, double events) noexcept nogil
    cdef Py_ssize_t bin_of(self, double u) noexcept nogil
    cdef double cdf(self, double u) noexcept nogil
    cdef double ppf(self, double level) noexcept nogil
    cdef double density(self, double u) noexcept nogil
    cdef double densest(self) noexcept nogil
    cdef double width(self, Py_ssize_t k) noexcept nogil
    cdef void observe(self, double u, double lower_scale, double upper_scale) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
