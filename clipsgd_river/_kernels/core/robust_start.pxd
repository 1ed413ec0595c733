from libc.math cimport fabs

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector

cdef double MEDIAN_FACTOR
cdef double TRIMMED_FACTOR
cdef double ROUND_OFF

cdef class RobustStart:
    cdef readonly Py_ssize_t length
    cdef readonly Vector sample
    cdef readonly Vector deviations
    cdef readonly bint open
    cdef readonly double location
    cdef readonly double scale
    cdef void add(self, Py_ssize_t feature, Py_ssize_t seen, double value) noexcept nogil
    cdef void sort_deviations(self, double* sample, Py_ssize_t base, Py_ssize_t n) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef int close(self) except -1
    cdef void gather(self, Vector values, double* seen, Py_ssize_t size, bint back) noexcept nogil
    cdef int exchange(self, Archive archive, double* seen, Py_ssize_t size) except -1
    cdef int exchange_one(self, Archive archive, Py_ssize_t feature, Py_ssize_t seen) except -1
