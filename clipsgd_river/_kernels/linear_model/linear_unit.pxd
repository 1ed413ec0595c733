from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.sgd.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.sgd.step_size cimport StepSize
from clipsgd_river._kernels.core.vector cimport total

cdef double LARGEST_WEIGHT

cdef class LinearUnit:
    cdef readonly object weight_values
    cdef double* weights
    cdef object gradient_values
    cdef double* gradient
    cdef readonly double centre
    cdef double pace
    cdef readonly StepSize weight_step
    cdef readonly StepSize centre_step
    cdef FeatureTable alone
    cdef object alone_values
    cdef double* alone_gradient

    cdef double value(self, LocationScaleKernel inputs) noexcept nogil
    cdef void recentre(self, LocationScaleKernel inputs, double* before) noexcept nogil
    cdef void learn_gradient(self, LocationScaleKernel inputs, double error, double square, double events) noexcept nogil
    cdef void move(self, LocationScaleKernel inputs, double* change, double centre, double limit, double events) noexcept nogil
    cdef int reserve(self, Py_ssize_t size) except -1
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
    cdef list owners(self)
