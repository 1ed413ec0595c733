from libc.math cimport exp, sqrt

from clipsgd_river._kernels.archive cimport Archive
from clipsgd_river._kernels.buffers cimport doubles
from clipsgd_river._kernels.linear cimport LinearKernel
from clipsgd_river._kernels.logistic_unit cimport SLOW_RATE, STEEPEST, LogisticUnit

cdef double LARGEST_LOGIT
cdef double FAST_RATE
cdef double LARGEST_NOISE
cdef double SMALLEST_NOISE
cdef double FIRST_NOISE

cdef class LogisticKernel(LinearKernel):
    cdef readonly list units
    cdef readonly Py_ssize_t classes
    cdef readonly double noise
    cdef double contradiction
    cdef bint estimates_noise
    cdef object probability_values
    cdef double* probability

    cdef double trust(self, Py_ssize_t label) noexcept
    cdef double information(self, double p) noexcept
    cpdef object add_class(self)
