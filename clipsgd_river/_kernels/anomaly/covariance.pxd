from libc.math cimport log, sqrt

from clipsgd_river._kernels.anomaly.part cimport LARGEST_COORDINATE, TAIL_WEIGHT, Part, tail
from clipsgd_river._kernels.core.active_set cimport ActiveSet
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double RIDGE
cdef double MULTIPLE
cdef double LARGEST_INVERSE

cdef class CovariancePart(Part):
    cdef readonly ActiveSet active
    # Slots of the present features of the loaded event, in their order.
    cdef int* slot
    cdef readonly Vector inverse
    cdef readonly Vector next_inverse
    cdef readonly Vector coordinates
    cdef readonly Vector product
    cdef readonly Vector decay
    cdef readonly Vector ridge
    cdef readonly IntegerVector turns
    cdef readonly IntegerVector next_turns
    cdef readonly ClipThreshold clip
    cdef double share
    cdef double next_share
    cdef double ridge_share
    cdef Py_ssize_t side
    cdef double resumed_after

    cdef double precision(self, Py_ssize_t slot) noexcept nogil
    cdef double surprise(self, LocationScale standard, Py_ssize_t k) noexcept nogil
    cdef double surprises(self, LocationScale standard) noexcept nogil
    cdef void contribute_surprises(self, LocationScale standard, double* contributions) noexcept nogil
    cdef object regrouped(self)
    cdef double multiply(self) noexcept nogil
    cdef double rate(self, LocationScale standard, double events) noexcept nogil
    cdef void limit_precision(self, LocationScale standard) noexcept nogil
    cdef double clipped_rate(self, LocationScale standard, double square, double rate, Py_ssize_t started, Py_ssize_t known) noexcept nogil
    cdef void update_inverse(self, double weight, double ridge, Py_ssize_t r) noexcept nogil
    cdef void forget(self) noexcept nogil
