from libc.math cimport floor, log10

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector

cdef double LARGEST
cdef double LARGEST_TOTAL

cdef class Exceedances:
    cdef readonly Vector counts
    cdef Py_ssize_t resolution
    cdef Py_ssize_t bins
    cdef Py_ssize_t bin(self, double surprise) noexcept nogil
    cdef double rarity(self, Py_ssize_t j, double surprise) noexcept nogil
    cdef void learn(self, Py_ssize_t j, double surprise) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
