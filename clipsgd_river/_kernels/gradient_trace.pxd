from libc.math cimport sqrt

from clipsgd_river._kernels.archive cimport Archive
from clipsgd_river._kernels.buffers cimport doubles

cdef double SHORTEST_MEMORY

cdef class GradientTrace:
    cdef object mean_values
    cdef double* mean
    cdef double energy
    cdef double memory
    cdef double longest_memory
    cdef double significance
    cdef double observe(self, double* gradient, int* present, Py_ssize_t count) noexcept nogil
    cdef int reserve(self, Py_ssize_t size) except -1
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
