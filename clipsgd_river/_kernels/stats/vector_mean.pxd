from libc.math cimport sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.anomaly.detector cimport DetectorKernel
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.robust_start cimport RobustStart
from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile
from clipsgd_river._kernels.sgd.step_size cimport StepSize
from clipsgd_river._kernels.core.vector cimport total

cdef double UNLIMITED
cdef double MULTIPLE

cdef class VectorMeanKernel(DetectorKernel):
    cdef StepSize step_size
    cdef RobustStart start
    cdef RunningQuantile norm
    cdef double fixed_clip
    cdef bint growing
    cdef bint floored
    cdef double radius
    cdef double start_energy
    cdef Py_ssize_t starting
    cdef Py_ssize_t reserved
    cdef readonly object mean_values
    cdef double* mean
    cdef object seen_values
    cdef double* seen
    cdef object gradient_values
    cdef double* gradient
    cdef void point(self) noexcept
    cdef double threshold(self) noexcept nogil
    cdef double clip_gradient(self) noexcept nogil
    cdef void begin(self, Py_ssize_t j) noexcept nogil
    cdef void project(self) noexcept nogil
