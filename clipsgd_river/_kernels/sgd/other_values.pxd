cimport cython
from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.robust_start cimport RobustStart
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.deviations cimport CONSTANT_MEMORY, LARGEST_DEVIATION, LARGEST_SCALE
from clipsgd_river._kernels.sgd.kept_values cimport KEPT, same
from clipsgd_river._kernels.sgd.value_shares cimport ValueShares

cdef Py_ssize_t FIRST

@cython.final
cdef class OtherValues:
    cdef readonly ValueShares shares
    cdef readonly Py_ssize_t capacity
    cdef readonly Vector location
    cdef readonly Vector scale
    cdef readonly Vector count
    cdef readonly Vector epoch
    # Whether those had atoms.
    cdef readonly Vector mixed
    cdef readonly RobustStart start
    cdef readonly double mean
    cdef readonly double spread

    cdef int grow(self) except -1
    cdef bint has_atoms(self, Py_ssize_t slot) noexcept nogil
    cdef bint is_known(self, Py_ssize_t slot) noexcept nogil
    cdef bint is_current(self, Py_ssize_t slot) noexcept nogil
    cdef void begin(self, Py_ssize_t slot, double* sample, Py_ssize_t base, Py_ssize_t length) noexcept nogil
    cdef bint is_atom(self, Py_ssize_t slot, double value) noexcept nogil
    cdef void split(self, Py_ssize_t slot, double location, double scale, double events) noexcept nogil
    cdef void add(self, Py_ssize_t slot, double value) noexcept nogil
    cdef bint is_starting(self, Py_ssize_t slot) noexcept nogil
    cdef void start_with(self, Py_ssize_t slot, double value, double location, double scale) noexcept nogil
    cdef double deviation(self, Py_ssize_t slot, double value) noexcept nogil
    cdef void step(self, Py_ssize_t slot, double gradient, double rate, double scale_gradient, double scale_rate) noexcept nogil
    cdef void combine(self, Py_ssize_t slot) noexcept nogil
    cdef void shorten(self, double events) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t slot) except -1
