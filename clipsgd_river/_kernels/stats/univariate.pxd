from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE, FeatureTable
from clipsgd_river._kernels.core.robust_start cimport RobustStart
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.step_size cimport RATE_AT_REST, StepSize

cdef class UnivariateKernel(ArchivedKernel):
    cdef readonly double count
    cdef readonly StepSize step_size
    cdef readonly RobustStart start
    cdef readonly FeatureTable features
    cdef readonly Vector gradient
    cdef bint scheduled

    cdef void step(self, double value) noexcept nogil
    cdef void begin(self) noexcept nogil
    cdef void finish_start(self) noexcept nogil
    cdef int settle(self) except -1
    cdef double memory(self) noexcept nogil
    cdef double choose_rate(self, double gradient) noexcept nogil
    cdef int learn(self, double value) except -1
    cpdef object update(self, double value)
    cpdef object update_many(self, object values)
