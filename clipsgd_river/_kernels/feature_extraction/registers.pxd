from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport memory as address_of
from clipsgd_river._kernels.core.vector cimport Vector

cdef Py_ssize_t REGISTERS
cdef int INDEX_BITS
cdef int LARGEST_RANK
cdef Py_ssize_t PACKED
cdef double SMALLEST
cdef double SCALE

cdef class Registers:
    cdef readonly object memory
    cdef unsigned char* at
    cdef Vector powers
    cdef Vector sigma

    cdef int replace(self, object memory) except -1
    cdef int grow(self, Py_ssize_t length) except -1
    cdef void note(self, Py_ssize_t first, int code) noexcept nogil
    cdef double count(self, Py_ssize_t first) noexcept nogil
    cdef double count_joined(self, Py_ssize_t first, Py_ssize_t other) noexcept nogil
    cdef double estimate(self, Py_ssize_t zeros, double total) noexcept nogil
    cdef void copy(self, Py_ssize_t source, Py_ssize_t target) noexcept nogil
    cdef void clear(self, Py_ssize_t first) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t first) except -1
