from libc.math cimport fabs

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.time_series.season_finder cimport LARGEST_Z, SeasonFinder
from clipsgd_river._kernels.time_series.silences cimport NAN

cdef Py_ssize_t LONGEST
cdef Py_ssize_t CYCLES
cdef double EXPLAINED
cdef double RATE

cdef class Cycles:
    cdef readonly SeasonFinder finder
    cdef readonly Vector error

    cdef double deviation(self, Py_ssize_t j, double z) noexcept nogil
    cdef double coordinate(self, Py_ssize_t j, double z) noexcept nogil
    cdef void learn(self, Py_ssize_t j, double z, double rate) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
