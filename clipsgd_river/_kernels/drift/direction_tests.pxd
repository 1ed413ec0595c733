from libc.math cimport exp, fabs, log, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.drift.mean_bounds cimport CLIP, CURVE, HIGHEST, LOWEST
from clipsgd_river._kernels.drift.shift_tests cimport (
    LARGEST_EVIDENCE,
    SLOWNESS,
    STEEPEST,
    TYPICAL_LEVEL,
    WARNING,
)

cdef Py_ssize_t LENGTHS
cdef double LARGEST_LEVEL
cdef double SMALLEST_EVIDENCE
cdef double LEAST_BLOCKS

cdef class DirectionTests:
    cdef bint sigma_known
    cdef readonly double onset
    cdef readonly bint warning_due
    cdef readonly Vector slopes
    cdef readonly Vector prices
    cdef readonly Vector blocks
    cdef readonly Vector projections
    cdef readonly Vector directions
    cdef readonly Vector gathered
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void clear(self, Py_ssize_t size) noexcept nogil
    cdef void clear_feature(self, Py_ssize_t j) noexcept
    cdef void observe(self, Py_ssize_t j, double deviation) noexcept nogil
    cdef bint test(self, Py_ssize_t events, double index) noexcept nogil
    cdef void start_blocks(self, Py_ssize_t events, Py_ssize_t size, double* radii, double level, double inflation) noexcept nogil
    cdef void start_block(self, Py_ssize_t length, Py_ssize_t size, double* radii, double limit) noexcept nogil
    cdef double divisor(self, Py_ssize_t length, double slope, double offset) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
