from libc.math cimport fabs, log, sqrt

from clipsgd_river._kernels.core.vector cimport Vector

cdef Py_ssize_t KEPT
cdef double NEVER
cdef double COMMON_SHARE
cdef double SAME
cdef double ONCE

cdef double usual_deviation(double share) noexcept nogil
cdef bint same(double a, double b) noexcept nogil

cdef class KeptValues:
    cdef readonly Py_ssize_t capacity
    cdef readonly list free
    cdef readonly Vector values
    cdef readonly Vector share
    cdef readonly Vector hits
    cdef readonly Vector limit
    cdef readonly Vector count
    cdef readonly Vector atoms
    cdef readonly Vector age
    cdef readonly Vector turn
    cdef readonly Vector main
    cdef readonly Vector whole
    cdef readonly Vector rest
    cdef readonly Vector centre
    cdef readonly Vector variance

    cdef Py_ssize_t open(self) except -1
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void begin(self, Py_ssize_t slot) noexcept nogil
    cdef int close(self, Py_ssize_t slot) except -1
    cdef int clear(self) except -1
    cdef Py_ssize_t find(self, Py_ssize_t slot, double value, double count) noexcept nogil
    cdef Py_ssize_t find_atom(self, Py_ssize_t slot, double value) noexcept nogil
    cdef double largest_deviation(self, Py_ssize_t slot, Py_ssize_t entry) noexcept nogil
    cdef double recent_count(self, Py_ssize_t slot, Py_ssize_t entry) noexcept nogil
    cdef Py_ssize_t most_frequent(self, Py_ssize_t slot) noexcept nogil
    cdef Py_ssize_t place(self, Py_ssize_t slot) noexcept nogil
    cdef void sum_atoms(self, Py_ssize_t slot) noexcept nogil
