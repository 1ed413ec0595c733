from libc.math cimport sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.robust_start cimport RobustStart
from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile
from clipsgd_river._kernels.sgd.clip_threshold cimport MULTIPLE

cdef double LEVEL
cdef double GAUSSIAN_RATIO
cdef double LONGEST_MEMORY
cdef double LARGEST_NORM

cdef class GradientClip(ArchivedKernel):
    cdef double fixed
    cdef readonly double count
    cdef readonly double energy
    cdef readonly RunningQuantile high
    cdef readonly RobustStart start

    cdef double threshold(self) noexcept nogil
    cdef void learn_first(self, double norm) noexcept nogil
    cpdef double share(self, double norm)
    cpdef double rate(self)
