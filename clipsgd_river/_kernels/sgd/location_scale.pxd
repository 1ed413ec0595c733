from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.reductions cimport smallest, total
from clipsgd_river._kernels.core.robust_start cimport ROUND_OFF, RobustStart
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.sgd.step_size cimport RATE_AT_REST, StepSize

cdef double LARGEST_DEVIATION
cdef double SMALLEST_SCALE
cdef double LARGEST_SCALE
cdef double CONSTANT_MEMORY
cdef double PRIOR_EVENTS
cdef double BAND
cdef double REPEAT_SQUARE
cdef double REPEAT_RATE

cdef class LocationScale:
    cdef readonly FeatureTable features
    cdef readonly Vector location
    cdef readonly Vector scale
    cdef readonly Vector seen
    cdef readonly Vector precision
    cdef readonly Vector deviation
    cdef readonly Vector z
    cdef readonly Vector gradient
    cdef readonly Vector scale_gradient
    cdef readonly Vector floor
    cdef readonly ClipThreshold clip
    cdef readonly StepSize location_step
    cdef readonly StepSize scale_step
    cdef readonly RobustStart start
    cdef double share
    cdef double next_share
    # Features still starting; those that start or are constant; whether all were seen alike.
    cdef Py_ssize_t starting
    cdef Py_ssize_t irregular
    cdef bint uniform
    cdef Py_ssize_t size

    cdef int grow(self, Py_ssize_t size) except -1
    cdef void add_features(self, Py_ssize_t size) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int prepare(self, double events) except -1
    cdef bint has_started(self, Py_ssize_t j) noexcept nogil
    cdef void standardise(self) noexcept nogil
    cdef double shrinkage(self) noexcept nogil
    cdef void compute_z_scores(self) noexcept nogil
    cdef void step(self, double events) noexcept nogil
    cdef double clip_gradient(self, double events) noexcept nogil
    cdef double scale_gradients(self) noexcept nogil
    cdef void leave_constant(self, Py_ssize_t j) noexcept nogil
    cdef void move(self) noexcept nogil
    cdef void finish_step(self, Py_ssize_t j) noexcept nogil
    cdef void update_precision(self, Py_ssize_t j) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
    cdef void write_band(self, Py_ssize_t k, double expected, double spread, double* band) noexcept nogil
    cdef void shorten(self, double events) noexcept nogil
    cdef void reset_feature(self, Py_ssize_t j) noexcept
