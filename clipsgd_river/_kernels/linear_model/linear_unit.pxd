from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.reductions cimport total
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale
from clipsgd_river._kernels.sgd.step_size cimport StepSize

cdef double LARGEST_WEIGHT

cdef class LinearUnit:
    cdef readonly Vector weights
    cdef readonly Vector gradient
    cdef readonly double centre
    cdef double pace
    cdef readonly StepSize weight_step
    cdef readonly StepSize centre_step
    cdef readonly FeatureTable centre_features
    cdef readonly Vector centre_gradient

    cdef double value(self, LocationScale inputs) noexcept nogil
    cdef void recentre(self, LocationScale inputs, double* before) noexcept nogil
    cdef void learn_gradient(self, LocationScale inputs, double error, double square, double events) noexcept nogil
    cdef void move(self, LocationScale inputs, double* change, double centre, double limit, double events) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
