from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.sgd.gradient_trace cimport GradientTrace
from clipsgd_river._kernels.sgd.step_descent cimport LARGEST_RATE, StepDescent

cdef double RATE_AT_REST

cdef class StepSize:
    cdef readonly double rate
    cdef double smallest
    cdef bint automatic
    cdef bint doubling
    cdef readonly object scheduler
    cdef bint descending
    cdef readonly GradientTrace trace
    cdef readonly StepDescent descent
    cdef void advance(self, double* gradient, FeatureTable features, double energy, double events) noexcept nogil
    cpdef int consult_scheduler(self, double events) except -1
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
