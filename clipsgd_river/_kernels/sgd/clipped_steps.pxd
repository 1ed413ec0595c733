from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.reductions cimport smallest, total
from clipsgd_river._kernels.core.robust_start cimport ROUND_OFF
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.sgd.deviations cimport SMALLEST_SCALE, Deviations
from clipsgd_river._kernels.sgd.step_size cimport RATE_AT_REST, StepSize

cdef double REPEAT_SQUARE
cdef double REPEAT_RATE
cdef Py_ssize_t MOST_DIMENSIONS

cdef class ClippedSteps(Deviations):
    cdef readonly Vector gradient
    cdef readonly Vector scale_gradient
    cdef readonly Vector floor
    cdef readonly Vector usual_norm
    cdef readonly Vector usual_share
    cdef readonly IntegerVector idle
    cdef Py_ssize_t idle_count
    cdef readonly FeatureTable busy
    cdef readonly IntegerVector busy_order
    cdef readonly Vector busy_deviation
    cdef readonly Vector busy_gradient
    cdef readonly ClipThreshold clip
    cdef readonly StepSize location_step
    cdef readonly StepSize scale_step
    cdef double share
    cdef double next_share

    cdef int grow_dimensions(self, Py_ssize_t size) except -1
    cdef int prepare(self, double events) except -1
    cdef void begin_step(self) noexcept nogil
    cdef void choose_idle(self, double limit) noexcept nogil
    cdef void move_apart(self, FeatureTable taught, double* deviations, double* gradient) noexcept nogil
    cdef void follow_idle(self) noexcept nogil
    cdef void note_start(self, Py_ssize_t j) noexcept nogil
    cdef void step(self, double events) noexcept nogil
    cdef void step_of(self, FeatureTable taught, double* deviations, double* gradient, double limit, double events) noexcept nogil
    cdef void rest(self, Py_ssize_t k) noexcept nogil
    cdef void gather_busy(self) noexcept nogil
    cdef void finish_idle(self) noexcept nogil
    cdef double clip_gradient(self, FeatureTable taught, double* deviations, double* gradient, double limit) noexcept nogil
    cdef double dimension_ratio(self, Py_ssize_t idle, Py_ssize_t count) noexcept nogil
    cdef double scale_gradients(self, FeatureTable taught, double* deviations, double* gradient) noexcept nogil
    cdef void move(self, FeatureTable taught, double* deviations, double* gradient) noexcept nogil
    cdef void finish_step(self, Py_ssize_t j) noexcept nogil
