from libc.math cimport exp, fabs, log

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector

cdef Py_ssize_t START
cdef Py_ssize_t RUNGS

cdef double LOG_2
cdef double LOG_3
cdef double STEP
cdef double AGREEMENT
cdef double AGREEMENT_MEMORY
cdef double LARGEST_STEP
cdef double SMALLEST_SHAPE_STEP
cdef double PRIOR
cdef double LARGEST_RATIO

cdef class ScoreLadder:
    cdef readonly double count
    cdef readonly Vector start
    cdef readonly Vector values
    cdef readonly Vector counts
    cdef readonly Vector traces

    cdef bint started(self) noexcept nogil
    cdef void observe(self, double x, double floor) noexcept nogil
    cdef void climb(self, double excess, double floor) noexcept nogil
    cdef double rate(self, Py_ssize_t k, double deviation, double floor) noexcept nogil
    cdef void begin(self) noexcept nogil
    cdef double ratio(self, Py_ssize_t k, double last) noexcept nogil
    cdef bint exceeds(self, double x, double rarity) noexcept nogil
    cdef double quantile(self, double rarity) noexcept nogil
    cdef double walk(self, double x, double rarity) noexcept nogil
    cdef double rarity(self, double x) noexcept nogil
    cdef int exchange(self, Archive archive) except -1

cdef double share(double position, double ratio) noexcept nogil
cdef double inverse_share(double part, double ratio) noexcept nogil
