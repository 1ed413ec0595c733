from clipsgd_river._kernels.core.active_set cimport ActiveSet
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.reductions cimport total
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector

cdef double LARGEST_VALUE
cdef double LONGEST_ABSENCE

cdef class FeatureTable:
    cdef readonly list names
    cdef readonly list pending
    cdef readonly list passing
    cdef readonly dict positions
    cdef readonly Py_ssize_t size
    cdef readonly Py_ssize_t max_features
    cdef readonly list order
    cdef readonly IntegerVector order_positions
    cdef readonly Vector values
    cdef readonly IntegerVector present
    cdef readonly Vector scratch
    cdef readonly Py_ssize_t count
    # A kernel needs memory before it learns the next event.
    cdef public bint wants_memory
    cdef readonly double clock
    cdef double complete_at
    cdef readonly Vector last
    cdef readonly ActiveSet active
    cpdef ActiveSet follow_active(self)
    cdef void touch(self) noexcept nogil
    cdef double absence(self, Py_ssize_t j) noexcept nogil
    cdef int exchange(self, Archive archive, double events) except -1
    cdef list load(self, object event)
    cdef Py_ssize_t position(self, object name, Py_ssize_t rank) except -2
    cdef int check_capacity(self, list new) except -1
    cdef list gone(self, Py_ssize_t count)
    cdef int place(self, list names) except -1
    cdef list coming_names(self)
    cdef int grow(self, Py_ssize_t size) except -1
    cdef int add_pending(self) except -1
    cdef int load_new(self, list new) except -1
    cdef void load_row(self, double* rows, Py_ssize_t start, int* columns, Py_ssize_t width, bint identity) noexcept nogil
    cdef void sort_present(self) noexcept nogil
    cpdef object match(self, object names)
    cdef bint is_identity(self, int* columns, Py_ssize_t width) noexcept nogil
    cdef list unknown(self, object names)
