from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.core.robust_start cimport MEDIAN_FACTOR, RobustStart
from clipsgd_river._kernels.core.vector cimport Vector

cdef double GAIN
cdef double SMALLEST_SHARE
cdef double SMALLEST_SPREAD
cdef double LARGEST_DEVIATION
cdef double LARGEST_DISTANCE
cdef double FAR
cdef double MOST
cdef double HALF_LIFE

cdef class RelativeDistances(ArchivedKernel):
    cdef readonly Py_ssize_t members
    cdef readonly RobustStart start
    cdef readonly Vector median
    cdef readonly Vector spread
    cdef readonly Vector seen
    cdef readonly Vector far
    cdef readonly Vector least
    cdef readonly Vector assumed
    cdef double gain
    cdef double lasting
    cdef bint restarting

    cdef double deviation(self, Py_ssize_t member, double distance) noexcept nogil
    cdef double flattened(self, double v) noexcept nogil
    cdef double level(self, Py_ssize_t member, double distance) noexcept nogil
    cdef double relative(self, Py_ssize_t member, double distance) noexcept nogil
    cdef void observe(self, Py_ssize_t member, double distance) noexcept nogil
    cdef void forget_what_is_past(self, Py_ssize_t member, double distance) noexcept nogil
    cdef void restart_soon(self) noexcept nogil
    cpdef int close_start(self) except -1
    cdef int reopen(self) except -1
    cdef void restart(self, Py_ssize_t first) noexcept
    cdef Py_ssize_t least_numbers(self)
