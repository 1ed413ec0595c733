from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE, FeatureTable
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector
from clipsgd_river._kernels.time_series.silences cimport LATEST, NAN, SHORTEST

cdef double RISES
cdef double DEARER
cdef double MISTAKES
cdef double RESET

cdef class Counters:
    cdef readonly Vector value
    cdef readonly Vector seconds
    cdef readonly Vector timed
    cdef readonly Vector event
    cdef readonly Vector evidence
    cdef readonly Vector mistakes
    cdef readonly Vector counts
    cdef readonly Vector given
    cdef IntegerVector loaded
    cdef Py_ssize_t count

    cdef double needed(self, Py_ssize_t j) noexcept nogil
    cdef bint is_reset(self, Py_ssize_t j, double x) noexcept nogil
    cdef double units(self, Py_ssize_t j, double seconds, double event) noexcept nogil
    cdef double rate(self, Py_ssize_t j, double x, double seconds, double event) noexcept nogil
    cdef void replace(self, FeatureTable features, double seconds, double event) noexcept nogil
    cdef bint learn(self, double seconds, double event) noexcept nogil
    cdef void learn_value(self, Py_ssize_t j, double x, double seconds, double event) noexcept nogil
    cdef bint is_to_turn(self, Py_ssize_t j) noexcept nogil
    cdef void turn(self, Py_ssize_t j) noexcept
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
