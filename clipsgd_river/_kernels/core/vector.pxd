from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles, integers

cdef class Vector:
    cdef readonly object memory
    cdef double* at
    cdef int replace(self, object memory) except -1
    cdef int grow(self, Py_ssize_t length) except -1
    cdef int exchange(self, Archive archive, Py_ssize_t length) except -1

cdef class IntegerVector:
    cdef readonly object memory
    cdef int* at
    cdef int replace(self, object memory) except -1
    cdef int grow(self, Py_ssize_t length) except -1
