from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.vector cimport Vector

cdef double QUIET
cdef double LARGEST_BAR

cdef class ToldEvents:
    cdef readonly Vector bar
    cdef readonly Vector since
    cdef double fall

    cdef bint is_told(self, Py_ssize_t j, double surprise) noexcept nogil
    cdef double damped(self, Py_ssize_t j, double surprise) noexcept nogil
    cdef void learn(self, Py_ssize_t j, double surprise) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
