from libc.math cimport fabs, floor, log10

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.kept_values cimport same

cdef double LARGEST_COORDINATE
cdef double LARGEST_WEIGHT
cdef double NEAR
cdef double INSIDE
cdef double KERNEL
cdef double RELATIVE
cdef double STEP
cdef double LONGEST
cdef double SMALLEST_RANGE
cdef double TOO_WIDE
cdef Py_ssize_t LOW
cdef Py_ssize_t HIGH
cdef Py_ssize_t ORIGIN
cdef Py_ssize_t WIDTH
cdef Py_ssize_t CENTRE
cdef Py_ssize_t WEIGHT
cdef Py_ssize_t COUNTS

cdef bint equal(double a, double b) noexcept nogil

cdef class RarityTables:
    cdef readonly Vector numbers
    cdef Vector kept
    cdef Py_ssize_t channels
    cdef Py_ssize_t cells
    cdef Py_ssize_t resolution
    cdef Py_ssize_t unimodal
    cdef Py_ssize_t length

    cdef Py_ssize_t start(self, Py_ssize_t j, Py_ssize_t channel) noexcept nogil
    cdef double rarity(self, Py_ssize_t j, Py_ssize_t channel, double y) noexcept nogil
    cdef void begin(self, Py_ssize_t j, Py_ssize_t channel, double low, double high) noexcept nogil
    cdef void learn(self, Py_ssize_t j, Py_ssize_t channel, double y) noexcept nogil
    cdef void open_range(self, Py_ssize_t start, double y) noexcept nogil
    cdef void lay_cells(self, Py_ssize_t start, double low, double high) noexcept nogil
    cdef void widen(self, Py_ssize_t start, double y) noexcept nogil
    cdef void fold(self, Py_ssize_t start, bint downwards) noexcept nogil
    cdef double span(self, Py_ssize_t start) noexcept nogil
    cdef void narrow(self, Py_ssize_t j, Py_ssize_t channel, double low, double high) noexcept nogil
    cdef void forget(self, Py_ssize_t start) noexcept nogil
    cdef Py_ssize_t cell(self, Py_ssize_t start, double y) noexcept nogil
    cdef double centre_of(self, Py_ssize_t start, Py_ssize_t cell) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
    cdef int check_table(self, Archive archive, Py_ssize_t start) except -1
