from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.drift.mean_bounds cimport CLIP

cdef double LARGEST_DIFFERENCE
cdef double LARGEST_CORRELATION
cdef double PRIOR_COUNT
cdef Py_ssize_t EVENTS
cdef Py_ssize_t LAST
cdef Py_ssize_t BEFORE
cdef Py_ssize_t CLIPPED
cdef Py_ssize_t PRODUCTS
cdef Py_ssize_t SQUARES
cdef Py_ssize_t DIFFERENCES
cdef Py_ssize_t DIFFERENCES_2
cdef Py_ssize_t FIELDS

cdef class SerialDependence:
    cdef readonly Vector fields
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void clear(self, Py_ssize_t j) noexcept nogil
    cdef void observe(self, Py_ssize_t j, double deviation) noexcept nogil
    cdef double correlation(self, Py_ssize_t j) noexcept nogil
    cdef double inflation(self, Py_ssize_t j) noexcept nogil
    cdef double mean_inflation(self, Py_ssize_t size) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
