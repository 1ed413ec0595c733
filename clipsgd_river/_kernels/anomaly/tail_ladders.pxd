from libc.math cimport log

from clipsgd_river._kernels.anomaly.frequent_values cimport BITS
from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.robust_start cimport RobustStart
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.proba.pareto_tails cimport ParetoTails

cdef Py_ssize_t RUNGS
cdef Py_ssize_t SIDES
cdef double LAST_LEVEL
cdef double HEAD_START
cdef double LEAST_SPACING
cdef double LOG_2
cdef double ROOT_HALF
cdef double PAUSE
cdef double LOST
cdef double PRIOR_EVENTS
cdef double LARGEST_RUNG

cdef double quantile_of_start(Py_ssize_t k) noexcept nogil

cdef class TailLadders:
    cdef readonly double memory
    cdef readonly RobustStart start
    cdef readonly ParetoTails tails
    cdef readonly Vector rungs
    cdef readonly Vector beyond
    cdef readonly Vector pause
    cdef readonly Vector count
    cdef bint lost

    cdef int grow(self, Py_ssize_t size) except -1
    cdef void begin(self, Py_ssize_t j) noexcept nogil
    cdef int restart(self, Py_ssize_t size) except -1
    cdef int close_start(self, Py_ssize_t size) except -1
    cdef bint is_lost(self, Py_ssize_t j) noexcept nogil
    cdef double bits(self, Py_ssize_t j, double value) noexcept nogil
    cdef bint is_below_median(self, Py_ssize_t j, double value) noexcept nogil
    cdef double rarity(self, Py_ssize_t i, double value) noexcept nogil
    cdef void observe(self, Py_ssize_t j, double value) noexcept nogil
    cdef void add(self, Py_ssize_t j, double value) noexcept nogil
    cdef double step_size(self, double n, Py_ssize_t k) noexcept nogil
    cdef void move_median(self, Py_ssize_t i, double n, double value) noexcept nogil
    cdef void climb(self, Py_ssize_t i, double n, double value) noexcept nogil
    cdef double quantile(self, Py_ssize_t j, double level) noexcept nogil
    cdef double reach(self, Py_ssize_t i, double level) noexcept nogil
    cdef double share_beyond(self, Py_ssize_t i, double value) noexcept nogil
    cdef void shorten(self, Py_ssize_t size, double events) noexcept nogil
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
