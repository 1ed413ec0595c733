from libc.math cimport sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.reductions cimport total
from clipsgd_river._kernels.core.vector cimport Vector

cdef double LARGEST_RATE
cdef double PACE
cdef double MEMORY

cdef class StepDescent:
    cdef readonly Vector slope
    cdef double smallest
    cdef double rate
    cdef double clock
    cdef double energy
    cdef double slope_energy
    cdef double gain(self, double* gradient, FeatureTable features, double energy) noexcept nogil
    cdef double observe(self, double* gradient, FeatureTable features, double energy, double jump, double events) noexcept nogil
    cdef void follow(self, double* gradient, FeatureTable features, double rate) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
