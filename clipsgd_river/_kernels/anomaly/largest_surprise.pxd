from libc.math cimport log

from clipsgd_river._kernels.anomaly.frequent_values cimport BITS
from clipsgd_river._kernels.anomaly.part cimport Part
from clipsgd_river._kernels.anomaly.tail_rungs cimport TailRungs
from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double RUNG_BITS
cdef double PRIOR_EVENTS
cdef double USUAL_BITS
cdef double HEAD_START
cdef double LOST

cdef class LargestSurprisePart(Part):
    cdef double memory
    cdef Py_ssize_t size
    cdef readonly TailRungs upper
    cdef readonly TailRungs lower
    cdef readonly Vector counts
    cdef readonly Vector ratios
    cdef readonly Vector mirrored
    cdef readonly Vector rates
    cdef readonly IntegerVector far
    cdef Py_ssize_t far_count
    cdef Py_ssize_t largest_at
    cdef double largest

    cdef double bits(self, LocationScale standard, Py_ssize_t k) noexcept nogil
    cdef bint is_lost(self, Py_ssize_t j) noexcept nogil
    cdef void begin(self, Py_ssize_t j) noexcept nogil
