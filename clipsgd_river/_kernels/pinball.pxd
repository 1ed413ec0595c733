from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.archive cimport Archive
from clipsgd_river._kernels.running_quantile cimport RunningQuantile
from clipsgd_river._kernels.univariate cimport UnivariateKernel

cdef double STEP_IN_SPREADS

cdef class PinballKernel(UnivariateKernel):
    cdef double level
    cdef bint averaging
    cdef double iterate
    cdef readonly double quantile
    cdef RunningQuantile spread
