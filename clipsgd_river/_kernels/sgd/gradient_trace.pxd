from libc.math cimport sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.reductions cimport total
from clipsgd_river._kernels.core.vector cimport Vector

cdef double SHORTEST_MEMORY

cdef class GradientTrace:
    cdef readonly Vector mean
    cdef double energy
    cdef double memory
    cdef double longest_memory
    cdef double significance
    cdef Py_ssize_t count
    cdef double noise
    cdef double observe(self, double* gradient, FeatureTable features, double energy) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
