from libc.math cimport fabs, log, sqrt

from clipsgd_river._kernels.core.active_set cimport ActiveSet
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.kept_values cimport SAME

cdef double GAUSSIAN_MEDIAN
cdef double GAUSSIAN_SHARE
cdef double LARGEST_START
cdef double MATURE
cdef double UP
cdef double DOWN
cdef double SMALLEST
cdef double LARGEST
cdef double ALIKE
cdef double UNLIKE
cdef double PERIOD
cdef double FIRST_EVENTS

cdef class Amplitudes:
    cdef readonly ActiveSet active
    cdef readonly Vector median
    cdef readonly Vector count
    cdef readonly Vector unit
    cdef readonly Vector inverse
    cdef readonly double weight
    cdef readonly double pooled

    cdef int grow(self, Py_ssize_t size) except -1
    cdef double amplitude_of(self, Py_ssize_t j, double scale) noexcept nogil
    cdef void pool(self, double* scale) noexcept nogil
    cdef double unit_of(self, double scale, Py_ssize_t j) noexcept nogil
    cdef void measure(self, FeatureTable features, double* scale) noexcept nogil
    cdef void learn(self, FeatureTable features, double* location, double* scale, double* started, double events) noexcept nogil
    cdef void learn_first(self, Py_ssize_t j, double excess, double scale) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
