from libc.math cimport exp, sqrt

from clipsgd_river._kernels.anomaly.part cimport LARGEST_COORDINATE, tail
from clipsgd_river._kernels.core.active_set cimport ActiveSet
from clipsgd_river._kernels.core.circle cimport double_angles, turn
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double FOURIER_TAIL
cdef Py_ssize_t BANDWIDTHS

cdef class FourierFeatures:
    cdef readonly FeatureTable features
    cdef readonly ActiveSet active
    # How many features have weights.
    cdef Py_ssize_t size
    cdef Py_ssize_t next_size
    cdef readonly Py_ssize_t components
    cdef readonly Py_ssize_t length
    cdef object seed
    cdef double factor
    cdef double square
    cdef double tail
    cdef readonly Vector weights
    cdef readonly Vector next_weights
    cdef readonly Vector coordinates
    cdef readonly Vector angles
    cdef readonly Vector other_angles
    cdef readonly Vector values
    cdef readonly Vector shrinking
    cdef readonly Vector next_shrinking
    cdef readonly bint pending

    cdef int grow(self, LocationScale standard, Py_ssize_t size) except -1
    cdef void add_features(self, Py_ssize_t size) noexcept
    cdef void include_new(self, Py_ssize_t count, double* mean) noexcept nogil
    cdef void set_bandwidth(self, Py_ssize_t count) noexcept nogil
    cdef void load(self, LocationScale standard, bint started) noexcept nogil
    cdef void project(self, int* present, Py_ssize_t count) noexcept nogil
    cdef void leave_out(self, LocationScale standard, Py_ssize_t k) noexcept nogil
    cdef void evaluate(self, double* angles) noexcept nogil
