from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.archive cimport Archive
from clipsgd_river._kernels.buffers cimport doubles
from clipsgd_river._kernels.linear cimport LinearKernel
from clipsgd_river._kernels.linear_unit cimport LARGEST_WEIGHT, LinearUnit
from clipsgd_river._kernels.robust_start cimport RobustStart

cdef class RegressionKernel(LinearKernel):
    cdef readonly LinearUnit unit
    cdef RobustStart target_start
    cdef double value
