from libc.math cimport fabs, floor, log, sqrt

from clipsgd_river._kernels.anomaly.part cimport NEAR_SQUARE, RESUMED, Part
from clipsgd_river._kernels.core.active_set cimport ActiveSet
from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef Py_ssize_t BINS
cdef double NORMAL_DISTANCE
cdef double PRIOR_EVENTS
cdef double LARGEST_PRODUCT
cdef double LARGEST_POINT
cdef double SMALLEST_NORM

cdef class ProjectionsPart(Part):
    cdef double memory
    cdef double events
    cdef object seed
    cdef readonly Py_ssize_t projections
    cdef Py_ssize_t size
    cdef readonly Vector weights
    cdef readonly Vector next_weights
    cdef readonly Vector masses
    cdef readonly Vector modes
    cdef readonly Vector sums
    cdef readonly Vector other_sums
    cdef readonly Vector norms
    cdef readonly Vector places
    cdef readonly Vector point
    cdef readonly FeatureTable features
    cdef readonly ActiveSet active
    cdef bint pending

    cdef void project(self, int* present, Py_ssize_t count) noexcept nogil
    cdef double mass(self, Py_ssize_t i) noexcept nogil
    cdef void find_modes(self) noexcept
    cdef void follow_active(self, int* positions, Py_ssize_t count) noexcept nogil
    cdef double energy(self) noexcept nogil
    cdef void set_norms(self, int* positions, Py_ssize_t count) noexcept nogil
    cdef double rate(self) noexcept nogil
    cdef double combine(self, Py_ssize_t count) noexcept nogil
    cdef void locate(self, double* sums) noexcept nogil
    cdef double mean_surprise(self) noexcept nogil
