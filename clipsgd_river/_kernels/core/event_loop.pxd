from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.core.buffers cimport doubles, integers
from clipsgd_river._kernels.core.features cimport FeatureTable

cdef class EventLoop(ArchivedKernel):
    cdef readonly FeatureTable features
    cdef readonly double events
    cdef bint scheduled
    cdef bint waiting
    cdef bint restoring
    cdef bint halted
    cdef Py_ssize_t halted_row

    cdef void learn(self) noexcept nogil
    cdef void run_row(self, Py_ssize_t row, bint learn) noexcept nogil
    cdef void count_event(self) noexcept nogil
    cdef int prepare(self) except -1
    cdef int settle(self) except -1
    cdef int wake(self) except -1
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void add_features(self, Py_ssize_t size) noexcept
    cdef int release(self, list positions) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)

    cdef int load(self, object event, bint learn) except -1
    cdef int start_features(self, list names) except -1
    cdef int start_placed(self) except -1
    cdef int take_names(self, list names) except -1
    cdef int each_row(self, object rows, object names, Py_ssize_t count, bint learn) except -1
    cdef object first_numbers(self, double* rows, object names, Py_ssize_t first, Py_ssize_t count)

    cpdef object learn_one(self, object event)
    cpdef object learn_rows(self, object rows, object names, Py_ssize_t count)
    cpdef object copy_from(self, EventLoop other)
