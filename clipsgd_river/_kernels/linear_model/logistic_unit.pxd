from libc.math cimport sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.reductions cimport total
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.linear_model.linear_unit cimport LinearUnit
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double SLOW_RATE
cdef double FLATTEST
cdef double STEEPEST
cdef double LONGEST_STRETCH
cdef double LARGEST_COMPONENT
cdef double RIDGE
cdef double LEAST_INFORMATION
cdef double SMALLEST_PIVOT
cdef double PRIOR
cdef double PACE
cdef double RESTING_RATE

cdef class LogisticUnit(LinearUnit):
    cdef readonly Vector direction
    cdef double component
    cdef readonly double across
    cdef readonly double along
    cdef double centre_along
    cdef double centre_noise
    cdef double along_noise
    cdef double noise_information
    cdef double centre_change
    cdef double noise_change

    cdef void learn_information(self, LocationScale inputs, double slope, double noise_slope, double variance, double events) noexcept nogil
    cdef double turn(self, LocationScale inputs, double error, double noise_score, double square, double events) noexcept nogil
    cdef void take_step(self, LocationScale inputs, double limit, double events) noexcept nogil
