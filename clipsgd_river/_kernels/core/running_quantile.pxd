from clipsgd_river._kernels.core.archive cimport Archive

cdef double SMALLEST
cdef double LARGEST

cdef class RunningQuantile:
    cdef double level
    cdef double gain
    cdef double up
    cdef double down
    cdef readonly double value
    cdef double count
    cdef void observe(self, double x) noexcept nogil
    cdef void start_at(self, double x, double count) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
