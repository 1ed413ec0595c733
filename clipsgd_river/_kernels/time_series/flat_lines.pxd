from libc.math cimport floor, log2

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.kept_values cimport same

cdef double LONG

cdef class FlatLines:
    cdef readonly Vector value
    cdef readonly Vector length

    cdef double length_with(self, Py_ssize_t j, double x) noexcept nogil
    cdef double coordinate(self, Py_ssize_t j, double x) noexcept nogil
    cdef void learn(self, Py_ssize_t j, double x) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
