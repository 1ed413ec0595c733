from clipsgd_river._kernels.core.archive cimport Archive

cdef class ArchivedKernel:
    cdef readonly object settings
    cdef bint busy

    cdef int claim(self) except -1
    cdef int exchange(self, Archive archive) except -1
    cdef tuple arguments(self)
    cpdef tuple snapshot(self)
    cpdef object restore(self, list names, object numbers)
