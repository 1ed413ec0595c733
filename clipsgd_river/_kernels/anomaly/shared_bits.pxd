from clipsgd_river._kernels.anomaly.frequent_values cimport BITS
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector

cdef double MOST_LEARNED
cdef double FIRST_LOADING
cdef double PRIOR_EVENTS
cdef double LEAST_OWN
cdef double SMALLEST
cdef double LARGEST_LOADING

cdef class SharedBits:
    cdef readonly double memory
    cdef readonly double spread
    cdef readonly double events
    cdef readonly Vector mean
    cdef readonly Vector square
    cdef readonly Vector product
    cdef readonly Vector loading
    cdef double pull
    cdef double pull_learned
    cdef double weight
    cdef Py_ssize_t added

    cdef int grow(self, Py_ssize_t size) except -1
    cdef void start(self, Py_ssize_t j) noexcept nogil
    cdef void begin(self) noexcept nogil
    cdef void add(self, Py_ssize_t k, Py_ssize_t j, double bits) noexcept nogil
    cdef double part(self, Py_ssize_t k, double bits) noexcept nogil
    cdef void learn(self, Py_ssize_t k, Py_ssize_t j, double bits, double seen) noexcept nogil
    cdef void end(self) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
