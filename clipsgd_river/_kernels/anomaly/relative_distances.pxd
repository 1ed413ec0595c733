from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.robust_start cimport RobustStart

cdef double GAIN
cdef double CONSISTENCY
cdef double SMALLEST_SHARE
cdef double SMALLEST_SPREAD
cdef double LARGEST_DEVIATION
cdef double LARGEST_DISTANCE

cdef class RelativeDistances(ArchivedKernel):
    cdef readonly Py_ssize_t members
    cdef RobustStart start
    cdef object median_values
    cdef double* median
    cdef object spread_values
    cdef double* spread
    cdef object seen_values
    cdef double* seen

    cdef int point(self) except -1
    cdef double deviation(self, Py_ssize_t member, double distance) noexcept nogil
    cdef double flattened(self, double v) noexcept nogil
    cdef double level(self, Py_ssize_t member, double distance) noexcept nogil
    cdef double relative(self, Py_ssize_t member, double distance) noexcept nogil
    cdef void observe(self, Py_ssize_t member, double distance) noexcept nogil
    cpdef int close_start(self) except -1
    cdef Py_ssize_t least_numbers(self)
