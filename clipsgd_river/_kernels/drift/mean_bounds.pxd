from libc.math cimport exp, fabs, log, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector

cdef Py_ssize_t SCALES
cdef double CURVE
cdef double CLIP
cdef double LARGEST_PAYOFF
cdef double HIGHEST
cdef double LOWEST
cdef Py_ssize_t BLOCK
cdef double UNKNOWN
cdef double LARGEST_EXPONENT
cdef double LARGEST_SUM
cdef Py_ssize_t TRIED

cdef class MeanBounds:
    cdef bint sigma_known
    cdef readonly double low
    cdef readonly double high
    cdef readonly Vector sums
    cdef readonly Vector products
    cdef readonly Vector squares
    cdef readonly Vector intervals
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void clear(self, Py_ssize_t j) noexcept nogil
    cdef void observe(self, Py_ssize_t j, double y, Py_ssize_t n) noexcept nogil
    cdef double logarithm(self, Py_ssize_t j, Py_ssize_t side, Py_ssize_t scale) noexcept nogil
    cdef double variance(self, Py_ssize_t j, Py_ssize_t scale, double slope, double n) noexcept nogil
    cdef void bound(self, Py_ssize_t j, double n, double level) noexcept nogil
    cdef void bound_at(self, Py_ssize_t j, double n, double level, Py_ssize_t scale) noexcept nogil
    cdef bint narrow(self, Py_ssize_t j, double n, double level) noexcept nogil
    cdef double largest_offset(self, Py_ssize_t j) noexcept nogil
    cdef double least(self, Py_ssize_t j, Py_ssize_t side) noexcept nogil
    cdef double middle(self, Py_ssize_t j) noexcept nogil
    cdef double radius(self, Py_ssize_t j) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1

cdef double root(double value, double slope, double curve) noexcept nogil
