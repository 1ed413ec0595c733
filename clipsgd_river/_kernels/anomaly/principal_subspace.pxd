from libc.math cimport log1p, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.matrix cimport (
    add_rows,
    dot,
    factorise,
    orthonormalise_rows,
    rotate_rows,
    rows_times,
    solve,
    spread_over_rows,
)
from clipsgd_river._kernels.core.vector cimport total

cdef double WANTED_SHARE
cdef double SPARE_SHARE
cdef double RIDGE
cdef double SMALLEST_VARIANCE
cdef double NOISE_FLOOR
cdef double SMALLEST_NOISE
cdef double LARGEST_RESIDUAL
cdef double ROUND_OFF
cdef double LARGEST_NOISE
cdef double TOLERANCE

cdef class PrincipalSubspace:
    cdef bint automatic
    cdef Py_ssize_t largest
    cdef readonly ClipThreshold clip
    cdef readonly Py_ssize_t size
    cdef readonly Py_ssize_t rows
    cdef readonly Py_ssize_t used
    cdef readonly double events
    cdef readonly double noise
    cdef Py_ssize_t known
    cdef double judged
    cdef double level
    cdef double kept
    cdef double energy
    cdef double residual
    cdef readonly object basis_values
    cdef double* basis
    cdef readonly object covariance_values
    cdef double* covariance
    cdef object factor_values
    cdef double* factor
    cdef object inside_values
    cdef double* inside
    cdef object gain_values
    cdef double* gain
    cdef object coordinate_values
    cdef double* coordinates
    cdef object plane_values
    cdef double* plane
    cdef object turn_values
    cdef double* turn

    cdef int point(self) except -1
    cdef int reserve(self, Py_ssize_t size) except -1
    cdef void project(self) noexcept nogil
    cdef double distance(self, FeatureTable features) noexcept nogil
    cdef double usual_residual(self) noexcept nogil
    cdef double usual_noise(self) noexcept nogil
    cdef void explain_plane(self) noexcept nogil
    cdef double precision(self, Py_ssize_t j) noexcept nogil
    cdef double pull(self, Py_ssize_t j) noexcept nogil
    cdef double spread(self) noexcept nogil
    cdef double directions(self) noexcept nogil
    cdef double outside_distance(self) noexcept nogil
    cdef double inside_distance(self) noexcept nogil
    cdef void contribute(self, FeatureTable features, double* contributions) noexcept nogil
    cdef void step(self, double rate, double settled, bint changed) noexcept nogil
    cdef bint wants_direction(self) noexcept nogil
    cdef void add_direction(self, double outside) noexcept nogil
    cdef void drop_direction(self) noexcept nogil
    cdef void rotate(self, double rate, double kept, double inside, double outside) noexcept nogil
    cdef void average(self, double rate, double kept) noexcept nogil
    cdef void tend_pair(self) noexcept nogil
    cdef void turn_pair(self, Py_ssize_t a, Py_ssize_t b, double cosine, double sine) noexcept nogil
    cdef void refactor(self) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
    cdef int check(self) except -1
    cdef Py_ssize_t least_numbers(self)
    cdef list owners(self)
