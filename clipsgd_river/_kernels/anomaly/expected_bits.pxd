from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.vector cimport Vector

cdef double RECENT
cdef double MEMORY
cdef double PRIOR_EVENTS
cdef double MOST_LEARNED
cdef double RIDGE
cdef double SMALLEST

cdef class ExpectedBits:
    cdef double memory
    cdef double largest
    cdef readonly Vector seen
    cdef readonly Vector level
    cdef readonly Vector product
    cdef readonly Vector level_square
    cdef readonly Vector square
    cdef readonly Vector weight

    cdef int grow(self, Py_ssize_t size) except -1
    cdef void start(self, Py_ssize_t j) noexcept nogil
    cdef double expected(self, Py_ssize_t j) noexcept nogil
    cdef void observe(self, Py_ssize_t j, double bits) noexcept nogil
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
