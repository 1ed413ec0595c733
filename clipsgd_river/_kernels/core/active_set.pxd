from clipsgd_river._kernels.core.vector cimport IntegerVector

cdef class ActiveSet:
    cdef readonly Py_ssize_t count
    cdef readonly Py_ssize_t next_count
    # How many features there are, active or not.
    cdef Py_ssize_t size
    cdef Py_ssize_t next_size
    cdef readonly bint changed
    cdef readonly IntegerVector positions
    cdef readonly IntegerVector slots
    cdef readonly IntegerVector event_slots
    cdef readonly IntegerVector next_positions
    cdef readonly IntegerVector next_slots

    cdef int plan(self, list positions, Py_ssize_t size) except -1
    cdef void commit(self) noexcept
    cdef Py_ssize_t origin(self, Py_ssize_t slot) noexcept nogil
    cdef int* locate(self, int* present, Py_ssize_t count, Py_ssize_t size) noexcept nogil
