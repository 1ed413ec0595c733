from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE
from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile
from clipsgd_river._kernels.sgd.repeated_values cimport ATOM, RepeatedValues
from clipsgd_river._kernels.sgd.kept_values cimport KEPT
from clipsgd_river._kernels.stats.univariate cimport UnivariateKernel

cdef Py_ssize_t FEWEST_NEIGHBOURS

cdef class PinballKernel(UnivariateKernel):
    cdef readonly RepeatedValues repeats
    cdef double level
    cdef bint averaging
    cdef double iterate
    cdef readonly double quantile
    cdef readonly RunningQuantile spread
    cdef readonly RunningQuantile neighbour_distance
    cdef double share
    cdef double lowest
    cdef double highest

    cdef double neighbourhood(self, Py_ssize_t position, double share) noexcept nogil
    cdef bint is_nearest_atom(self, double distance) noexcept nogil
    cdef void observe_distance(self, double distance, bint near) noexcept nogil
