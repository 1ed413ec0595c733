from libc.math cimport exp, expm1, fabs, log, log1p, sqrt

from clipsgd_river._kernels.core.archive cimport Archive

cdef double SMALLEST_SHAPE
cdef double LARGEST_SHAPE
cdef double SMALLEST_SCALE
cdef double LARGEST_SCALE
cdef double PRIOR_SHAPE
cdef double PRIOR_COUNT
cdef double CLIP
cdef double NEARLY_EXPONENTIAL
cdef double SMALLEST_SURVIVAL
cdef double LARGEST_EXPONENT
cdef double LOG_10
cdef double SMALLEST_STRETCH

cdef class ParetoTail:
    cdef double smallest_rate
    cdef readonly double shape
    cdef readonly double scale
    cdef readonly double count
    cdef readonly double tenth
    cdef readonly double hundredth

    cdef void start_at(self, double scale) noexcept nogil
    cdef void take(self, double* numbers, Py_ssize_t base) noexcept nogil
    cdef void keep(self, double* numbers, Py_ssize_t base) noexcept nogil
    cdef double exponent(self, double excess) noexcept nogil
    cdef double slope(self, double exponent) noexcept nogil
    cdef double stretched(self, double exponent) noexcept nogil
    cdef double unstretched(self, double exponent) noexcept nogil
    cdef void stretch(self, double exponent) noexcept nogil
    cdef double survival(self, double excess) noexcept nogil
    cdef double density(self, double excess) noexcept nogil
    cdef double excess_at(self, double survival) noexcept nogil
    cdef void observe(self, double excess) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
