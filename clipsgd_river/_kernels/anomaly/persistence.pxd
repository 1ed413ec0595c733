from libc.math cimport exp, log, sqrt

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive

cdef double RECENT
cdef double RATE
cdef double CLIP
cdef double FIRST
cdef double STRENGTH
cdef double LARGEST_EXPONENT
cdef double LARGEST_LOG

cdef class Persistence:
    cdef readonly double count
    cdef readonly double mean
    cdef readonly double variance
    cdef readonly double covariance
    cdef readonly double last
    cdef readonly double recent

    cdef double factor(self) noexcept nogil
    cdef void observe(self, double distance) noexcept nogil
    cdef Py_ssize_t least_numbers(self)
    cdef int exchange(self, Archive archive) except -1
