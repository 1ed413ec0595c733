from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector
from clipsgd_river._kernels.feature_extraction.registers cimport REGISTERS, Registers

cdef Py_ssize_t SCRATCH
cdef Py_ssize_t LAST
cdef Py_ssize_t SILENCE
cdef Py_ssize_t HEAD
cdef Py_ssize_t BEGAN
cdef Py_ssize_t NOW
cdef Py_ssize_t BEFORE
cdef Py_ssize_t BUCKET
cdef double NEVER
cdef double LARGEST_SUM
cdef Py_ssize_t FIRST_CAPACITY

cdef class KeyRows:
    cdef readonly Py_ssize_t most
    cdef readonly Py_ssize_t count
    cdef readonly Py_ssize_t distinct
    cdef readonly Py_ssize_t sums
    cdef readonly Py_ssize_t sample
    cdef readonly Py_ssize_t bucket
    cdef readonly Py_ssize_t length
    cdef readonly Py_ssize_t sketched
    cdef readonly Py_ssize_t capacity
    cdef readonly object rows
    cdef readonly Vector windows
    cdef readonly Vector values
    cdef readonly Registers registers
    cdef readonly IntegerVector codes
    cdef readonly Vector amounts
    cdef readonly Vector seen
    cdef readonly Vector taught
    cdef readonly bint teaches

    cdef int grow(self, Py_ssize_t capacity) except -1
    cdef int learn(self, object key, double now, double chance) except -1
    cdef int ask(self, object key, double now) except -1
    cdef Py_ssize_t start(self, double now) except -1
    cdef void clear(self, Py_ssize_t row, double now) noexcept nogil
    cdef void copy(self, Py_ssize_t source, Py_ssize_t target) noexcept nogil
    cdef void advance(self, Py_ssize_t row, double now, double chance) noexcept nogil
    cdef void turn(self, Py_ssize_t row, Py_ssize_t window, double now) noexcept nogil
    cdef void add(self, Py_ssize_t row, Py_ssize_t window, double now) noexcept nogil
    cdef void keep_sample(self, Py_ssize_t row, Py_ssize_t window) noexcept nogil
    cdef void teach_sample(self, Py_ssize_t row, Py_ssize_t window) noexcept nogil
    cdef int exchange(self, Archive archive, double now) except -1
    cdef int check(self, Archive archive, Py_ssize_t row, double now) except -1
    cdef int take_keys(self, list keys) except -1
