from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.proba.pareto_tail cimport (
    LARGEST_SHAPE,
    LOG_10,
    PRIOR_COUNT,
    PRIOR_SHAPE,
    SMALLEST_SHAPE,
    ParetoTail,
)

cdef Py_ssize_t NUMBERS
cdef double FIRST_EXCESSES
cdef double SMALLEST_UNIT
cdef double LARGEST_UNIT
cdef double LARGEST_RATIO

cdef class ParetoTails:
    cdef readonly ParetoTail tail
    cdef readonly Vector numbers

    cdef int grow(self, Py_ssize_t size) except -1
    cdef void start(self, Py_ssize_t i, double scale) noexcept nogil
    cdef double scale(self, Py_ssize_t i) noexcept nogil
    cdef double exponent(self, Py_ssize_t i, double excess) noexcept nogil
    cdef double excess_at(self, Py_ssize_t i, double survival) noexcept nogil
    cdef void observe(self, Py_ssize_t i, double excess) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
