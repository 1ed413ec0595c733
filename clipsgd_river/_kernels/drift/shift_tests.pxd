from libc.math cimport exp, fabs, log, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector
from clipsgd_river._kernels.drift.mean_bounds cimport CLIP, CURVE, HIGHEST, LOWEST, SCALES, MeanBounds

cdef Py_ssize_t LENGTHS
cdef Py_ssize_t WINDOWS
cdef double TYPICAL_LEVEL
cdef double STEEPEST
cdef double SLOWNESS
cdef Py_ssize_t BLOCK
cdef double LARGEST_EVIDENCE
cdef double SMALLEST_PRODUCT
cdef double LONGEST_OF_PAST
cdef double WARNING
cdef double LOG_WARNING
cdef Py_ssize_t PRODUCT
cdef Py_ssize_t LOGARITHM
cdef Py_ssize_t TOTAL
cdef Py_ssize_t SQUARE
cdef Py_ssize_t MOST
cdef Py_ssize_t FIELDS
cdef Py_ssize_t PER_EVENT
cdef Py_ssize_t PER_SQUARE
cdef Py_ssize_t PAST
cdef Py_ssize_t PAST_SLOPE
cdef Py_ssize_t FACTOR
cdef Py_ssize_t WINDOW_FIELDS

cdef class ShiftTests:
    cdef bint sigma_known
    cdef readonly double excess
    cdef readonly bint warning_due
    cdef double inflation
    cdef readonly IntegerVector spans
    cdef readonly IntegerVector steps
    cdef readonly Vector slopes
    cdef readonly Vector prices
    cdef readonly Vector null_logs
    cdef readonly Vector past_null_logs
    cdef readonly Vector payoffs
    cdef readonly IntegerVector open
    cdef readonly Vector fields
    cdef readonly Vector windows
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void clear(self, Py_ssize_t j) noexcept nogil
    cdef void begin(self, Py_ssize_t j) noexcept nogil
    cdef void observe(self, Py_ssize_t j, double y, Py_ssize_t n) noexcept nogil
    cdef void multiply_payoffs(self, Py_ssize_t base, double y, Py_ssize_t count) noexcept nogil
    cdef void take_logarithms(self, Py_ssize_t j, Py_ssize_t length) noexcept nogil
    cdef bint test(self, Py_ssize_t j, Py_ssize_t n, MeanBounds bounds, double level, double inflation) noexcept nogil
    cdef bint test_windows(self, Py_ssize_t j, Py_ssize_t length, Py_ssize_t n, MeanBounds bounds, double level) noexcept nogil
    cdef bint test_side(self, Py_ssize_t j, Py_ssize_t length, Py_ssize_t side, Py_ssize_t n, MeanBounds bounds, double limit) noexcept nogil
    cdef void update_most(self, Py_ssize_t j, Py_ssize_t length) noexcept nogil
    cdef void open_known(self, Py_ssize_t j, Py_ssize_t length, Py_ssize_t n, MeanBounds bounds, Py_ssize_t w) noexcept nogil
    cdef void open_unknown(self, Py_ssize_t j, Py_ssize_t length, Py_ssize_t n, Py_ssize_t w) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t j, Py_ssize_t n) except -1

cdef double curvature(double slope, double offset) noexcept nogil
