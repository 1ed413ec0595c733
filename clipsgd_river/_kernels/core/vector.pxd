from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles, integers

cdef double LARGEST_GRADIENT

cdef class Vector:
    cdef readonly object memory
    cdef double* at
    cdef int replace(self, object memory) except -1
    cdef int grow(self, Py_ssize_t length) except -1
    cdef int exchange(self, Archive archive, Py_ssize_t length) except -1
    cdef int exchange_bounded(self, Archive archive, Py_ssize_t length, double low, double high, str what) except -1
    cdef int exchange_counts(self, Archive archive, Py_ssize_t length, double most, str what) except -1
    cdef int exchange_gradients(self, Archive archive, Py_ssize_t length) except -1

cdef class IntegerVector:
    cdef readonly object memory
    cdef int* at
    cdef int replace(self, object memory) except -1
    cdef int grow(self, Py_ssize_t length) except -1
