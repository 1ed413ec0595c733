from libc.math cimport fabs, log

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.kept_values cimport SAME

cdef Py_ssize_t SLOTS
cdef double ONCE
cdef double PRIOR
cdef double CERTAIN
cdef double BITS
cdef double LARGEST_WEIGHT

cdef class FrequentValues:
    cdef readonly double memory
    cdef double growth
    cdef readonly Vector values
    cdef readonly Vector counts
    cdef readonly Vector kept
    cdef readonly Vector weight
    cdef readonly Vector seen

    cdef int grow(self, Py_ssize_t size) except -1
    cdef void start(self, Py_ssize_t j) noexcept nogil
    cdef Py_ssize_t find(self, Py_ssize_t j, double value) noexcept nogil
    cdef double mass(self, Py_ssize_t j) noexcept nogil
    cdef double count(self, Py_ssize_t j, Py_ssize_t slot) noexcept nogil
    cdef double own_bits(self, Py_ssize_t j, Py_ssize_t slot) noexcept nogil
    cdef double bits(self, Py_ssize_t j, Py_ssize_t slot) noexcept nogil
    cdef void observe(self, Py_ssize_t j, double value, Py_ssize_t slot) noexcept nogil
    cdef dict repeated(self, Py_ssize_t j)
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
