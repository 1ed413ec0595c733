from libc.math cimport sqrt

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.time_series.silences cimport NAN

cdef Py_ssize_t SCALES
cdef Py_ssize_t POINTS
cdef Py_ssize_t FINEST
cdef Py_ssize_t OTHERS
cdef Py_ssize_t KEPT
cdef double LARGEST_Q
cdef double LARGEST_X
cdef double LEAST
cdef double SHAPE_RATE
cdef double SPREAD_RATE
cdef double TYPICAL_RATE
cdef double CLIP
cdef double LARGEST_RATIO
cdef double USED
cdef double SMALLEST

cdef class PastShapes:
    cdef readonly Vector shapes
    cdef readonly Vector squares
    cdef readonly Vector uses
    cdef readonly Vector spreads
    cdef readonly Vector recent
    cdef readonly Vector sums
    cdef readonly Vector counts
    cdef readonly Vector windows
    cdef readonly Vector filled
    cdef readonly Vector typical
    cdef readonly Vector held
    cdef readonly Vector window
    cdef readonly Vector nearest
    cdef readonly Vector distances
    cdef readonly Vector ratios

    cdef Py_ssize_t length(self, Py_ssize_t scale) noexcept nogil
    cdef Py_ssize_t capacity(self, Py_ssize_t scale) noexcept nogil
    cdef Py_ssize_t first(self, Py_ssize_t j, Py_ssize_t scale) noexcept nogil
    cdef bint completes(self, Py_ssize_t at, Py_ssize_t scale) noexcept nogil
    cdef double make(self, Py_ssize_t at, Py_ssize_t scale, double q) noexcept nogil
    cdef void find(self, Py_ssize_t j, Py_ssize_t scale, double square) noexcept nogil
    cdef double coordinate(self, Py_ssize_t j, Py_ssize_t scale, double q) noexcept nogil
    cdef Py_ssize_t nearest_of(self, Py_ssize_t j, Py_ssize_t scale) noexcept nogil
    cdef void learn(self, Py_ssize_t j, double q) noexcept nogil
    cdef void learn_window(self, Py_ssize_t j, Py_ssize_t scale) noexcept nogil
    cdef void place(self, Py_ssize_t at, Py_ssize_t shape) noexcept nogil
    cdef void move(self, Py_ssize_t shape, double rate) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
