from libc.math cimport log1p, sqrt

from clipsgd_river._kernels.core.active_set cimport ActiveSet
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.matrix cimport (
    add_rows,
    decompose_rows,
    dot,
    factorise,
    orthonormalise_rows,
    rotate_form,
    rotate_rows,
    rows_times,
    solve,
    spread_over_rows,
    transform_form,
)
from clipsgd_river._kernels.core.reductions cimport total
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold

cdef double EXPLAINED_SHARE
cdef double SPARE_SHARE
cdef double RIDGE
cdef double SMALLEST_VARIANCE
cdef double NOISE_FLOOR
cdef double SMALLEST_NOISE
cdef double LARGEST_RESIDUAL
cdef double ROUND_OFF
cdef double LARGEST_NOISE
cdef double TOLERANCE
cdef double SHORTEST_REST

cdef class PrincipalSubspace:
    cdef readonly FeatureTable features
    cdef readonly ActiveSet active
    # Slots of the present features of the loaded event, in their order.
    cdef int* slot
    cdef bint automatic
    cdef Py_ssize_t largest
    cdef readonly ClipThreshold clip
    cdef readonly Py_ssize_t size
    cdef readonly Py_ssize_t rows
    cdef readonly Py_ssize_t used
    cdef Py_ssize_t next_used
    cdef readonly double events
    cdef readonly double noise
    cdef Py_ssize_t known_features
    cdef double present
    cdef double active_present
    cdef double level
    cdef double kept
    cdef double energy
    cdef double residual
    cdef readonly Vector basis
    cdef readonly Vector next_basis
    cdef readonly Vector covariance
    cdef readonly Vector next_covariance
    cdef readonly Vector factor
    cdef readonly Vector inside
    cdef readonly Vector gain
    cdef readonly Vector coordinates
    cdef readonly Vector plane
    cdef readonly Vector turn

    cdef int grow(self, Py_ssize_t size) except -1
    cdef void add_features(self, Py_ssize_t size) noexcept
    cdef void project(self) noexcept nogil
    cdef int* locate(self, FeatureTable features) noexcept nogil
    cdef double distance(self, FeatureTable features) noexcept nogil
    cdef double usual_residual(self) noexcept nogil
    cdef double usual_noise(self) noexcept nogil
    cdef void explain_plane(self) noexcept nogil
    cdef double precision(self, Py_ssize_t slot) noexcept nogil
    cdef double pull(self, Py_ssize_t slot) noexcept nogil
    cdef double spread(self) noexcept nogil
    cdef double directions(self) noexcept nogil
    cdef double outside_distance(self) noexcept nogil
    cdef double inside_distance(self) noexcept nogil
    cdef void contribute(self, FeatureTable features, double* contributions) noexcept nogil
    cdef void step(self, double rate, double started, bint changed) noexcept nogil
    cdef bint needs_direction(self) noexcept nogil
    cdef void add_direction(self, double outside) noexcept nogil
    cdef void drop_direction(self) noexcept nogil
    cdef void rotate(self, double rate, double kept, double inside, double outside) noexcept nogil
    cdef void average(self, double rate, double kept) noexcept nogil
    cdef void align_pair(self) noexcept nogil
    cdef void rotate_pair(self, Py_ssize_t a, Py_ssize_t b, double cosine, double sine) noexcept nogil
    cdef void refactor(self) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
    cdef int check(self, Archive archive) except -1
    cdef Py_ssize_t least_numbers(self)
