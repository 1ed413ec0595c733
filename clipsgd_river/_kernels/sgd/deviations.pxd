from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.robust_start cimport ROUND_OFF, RobustStart
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.kept_values cimport same

cdef double LARGEST_DEVIATION
cdef double SMALLEST_SCALE
cdef double LARGEST_SCALE
cdef double CONSTANT_MEMORY
cdef double PRIOR_EVENTS
cdef double BAND

cdef class Deviations:
    cdef readonly FeatureTable features
    cdef readonly Vector location
    cdef readonly Vector scale
    cdef readonly Vector seen
    cdef readonly Vector precision
    cdef readonly Vector deviation
    cdef readonly Vector z
    cdef readonly RobustStart start
    # Features still starting; those that start or are constant; whether all were seen alike.
    cdef Py_ssize_t starting
    cdef Py_ssize_t irregular
    cdef bint uniform
    cdef Py_ssize_t size

    cdef int grow(self, Py_ssize_t size) except -1
    cdef void add_features(self, Py_ssize_t size) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef bint has_started(self, Py_ssize_t j) noexcept nogil
    cdef void standardise(self) noexcept nogil
    cdef double shrinkage(self) noexcept nogil
    cdef void compute_z_scores(self) noexcept nogil
    cdef void leave_constant(self, Py_ssize_t j) noexcept nogil
    cdef void update_precision(self, Py_ssize_t j) noexcept nogil
    cdef void write_band(self, Py_ssize_t k, double expected, double spread, double* band) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
    cdef void shorten(self, double events) noexcept nogil
    cdef void reset_feature(self, Py_ssize_t j) noexcept
