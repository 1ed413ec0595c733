from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.robust_start cimport RobustStart
from clipsgd_river._kernels.linear_model.linear cimport LinearKernel
from clipsgd_river._kernels.linear_model.linear_unit cimport LARGEST_WEIGHT, LinearUnit
from clipsgd_river._kernels.sgd.step_size cimport RATE_AT_REST

cdef class RegressionKernel(LinearKernel):
    cdef readonly LinearUnit unit
    cdef readonly RobustStart target_start
    cdef double value
