from libc.math cimport exp, log, sqrt

from clipsgd_river._kernels.anomaly.part cimport LARGEST_COORDINATE, NEAR_SQUARE, TAIL_WEIGHT, Part, tail
from clipsgd_river._kernels.core.active_set cimport ActiveSet
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.circle cimport turn
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE, FeatureTable
from clipsgd_river._kernels.core.matrix cimport dot
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double LONGEST_STEP
cdef double MULTIPLE
cdef double LEAST_CLIP
cdef double LARGEST_WEIGHT
cdef double IMAGE_SCALE
cdef double TABLE_SCALE

cdef class TransformationPart(Part):
    cdef readonly FeatureTable features
    cdef readonly ActiveSet active
    cdef readonly Py_ssize_t classes
    cdef readonly Py_ssize_t angles_each
    cdef readonly Py_ssize_t width
    cdef Py_ssize_t pixels
    cdef bint raw
    cdef readonly ClipThreshold clip
    cdef double least_clip
    cdef object shape
    cdef object seed
    cdef double learned_size
    cdef double square
    cdef double tail
    cdef readonly Vector random
    cdef readonly Vector offsets
    cdef readonly IntegerVector destination
    cdef readonly IntegerVector pixel
    cdef readonly Vector next_random
    cdef readonly IntegerVector next_pixel
    cdef readonly Vector coordinates
    cdef readonly Vector angles
    cdef readonly Vector others
    cdef readonly Vector phases
    cdef readonly Vector inputs
    cdef readonly Vector errors
    cdef readonly Vector weights

    cdef int pixel_of(self, object name) except -1
    cdef void load(self, LocationScale standard, bint started) noexcept nogil
    cdef void load_pixels(self, LocationScale standard) noexcept nogil
    cdef void add(self, double* angles, Py_ssize_t j, double value) noexcept nogil
    cdef void compute_inputs(self, double* angles, double square) noexcept nogil
    cdef double compare(self, double* angles, double square, double excess) noexcept nogil
    cdef double usual(self, LocationScale standard, Py_ssize_t j) noexcept nogil
    cdef bint any_starts(self, LocationScale standard) noexcept nogil
    cdef double rate(self, LocationScale standard) noexcept nogil
    cdef double logit(self, Py_ssize_t k, Py_ssize_t m) noexcept nogil
    cdef void move(self, Py_ssize_t start, Py_ssize_t source, double weight) noexcept nogil
