from libc.math cimport exp, log10

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector

cdef double NAN
cdef double NATURAL
cdef double LATEST
cdef double SHORTEST
cdef double LONG
cdef double LARGEST_STEP
cdef double MEMORY

cdef class Silences:
    cdef readonly Vector last
    cdef readonly Vector typical
    cdef readonly Vector seen

    cdef double coordinate(self, Py_ssize_t j, double seconds) noexcept nogil
    cdef double gap(self, Py_ssize_t j, double seconds) noexcept nogil
    cdef double next_time(self, Py_ssize_t j, double gaps) noexcept nogil
    cdef void learn(self, Py_ssize_t j, double seconds) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept nogil
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
