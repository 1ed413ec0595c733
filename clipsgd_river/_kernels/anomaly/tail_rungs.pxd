from libc.math cimport floor, log, log1p

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.proba.pareto_tails cimport LARGEST_RATIO, LARGEST_UNIT, NUMBERS, ParetoTails

cdef double LEVEL
cdef double FIRST_RUNG
cdef double FIRST_UNIT
cdef double SMALLEST_RUNG
cdef double LARGEST_RUNG
cdef double LEAST_SHAPE
cdef double SMALLEST_SHARE
cdef double PAUSE
cdef double PAUSE_SHARE

cdef class TailRungs:
    cdef readonly Vector rungs
    cdef readonly Vector shares
    cdef readonly Vector units
    cdef readonly Vector due
    cdef readonly ParetoTails tails

    cdef int grow(self, Py_ssize_t size) except -1
    cdef void begin(self, Py_ssize_t j) noexcept nogil
    cdef double nats(self, Py_ssize_t j, double value) noexcept nogil
    cdef void follow(self, int* present, double* values, double* rates, Py_ssize_t count) noexcept nogil
    cdef void learn_excess(self, Py_ssize_t j, double value, double events) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
