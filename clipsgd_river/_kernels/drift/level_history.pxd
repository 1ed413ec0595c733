from libc.math cimport fabs

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector

cdef Py_ssize_t SIZES
cdef Py_ssize_t BUCKETS
cdef Py_ssize_t FIELDS
cdef Py_ssize_t OLDER
cdef Py_ssize_t COUNTS
cdef Py_ssize_t LAST
cdef Py_ssize_t LAST_CLIPPED
cdef double LARGEST_JUMP
cdef double LARGEST_SUM
cdef Py_ssize_t SHORTEST_LEVEL

cdef class LevelHistory:
    cdef readonly double gain
    cdef readonly double onset
    cdef readonly Vector buckets
    cdef readonly Vector counts
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void clear(self, Py_ssize_t j) noexcept nogil
    cdef void observe(self, Py_ssize_t j, double y, double index) noexcept nogil
    cdef void find_step(self, Py_ssize_t j) noexcept nogil
    cdef bint is_trend(self, Py_ssize_t j) noexcept nogil
    cdef double events(self, Py_ssize_t j) noexcept nogil
    cdef double total(self, Py_ssize_t j) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t size, double index) except -1
