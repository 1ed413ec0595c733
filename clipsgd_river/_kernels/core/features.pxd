from clipsgd_river._kernels.core.buffers cimport doubles, integers
from clipsgd_river._kernels.core.vector cimport total

cdef double LARGEST_VALUE

cdef class FeatureTable:
    cdef readonly list names
    cdef readonly list pending
    cdef dict positions
    cdef readonly Py_ssize_t size
    cdef readonly Py_ssize_t max_features
    cdef list order
    cdef object order_position_values
    cdef int* order_positions
    cdef object value_values
    cdef double* values
    cdef object present_values
    cdef int* present
    cdef object scratch_values
    cdef double* scratch
    cdef readonly Py_ssize_t count
    cdef list load(self, object event)
    cdef Py_ssize_t position(self, object name, Py_ssize_t rank) except -2
    cdef int admit(self, list fresh) except -1
    cdef int grow(self, list names) except -1
    cdef int commit(self) except -1
    cdef int place(self, list fresh) except -1
    cdef void load_row(self, double* rows, Py_ssize_t start, int* columns, Py_ssize_t width, bint identity) noexcept nogil
    cdef void sort_present(self) noexcept nogil
    cpdef object match(self, object names)
    cdef bint is_identity(self, int* columns, Py_ssize_t width) noexcept nogil
    cdef list unknown(self, object names)
    cdef list owners(self)
