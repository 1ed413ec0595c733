from libc.math cimport floor

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE, FeatureTable
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector
from clipsgd_river._kernels.sgd.value_shares cimport KEPT, ValueShares, same

cdef double NEVER
cdef double ENOUGH
cdef double PROBE_SHARE
cdef double GOLDEN
cdef double AWAKE
cdef double STARTED
cdef int REGULAR
cdef int ATOM
cdef int FROZEN
cdef int REST
cdef int FAMILIAR

cdef class RepeatedValues:
    cdef readonly FeatureTable features
    cdef readonly Py_ssize_t size
    # How many features are awake.
    cdef readonly Py_ssize_t awake
    # Rises whenever features wake or fall asleep.
    cdef readonly Py_ssize_t changes
    cdef readonly Vector lowest
    cdef readonly Vector highest
    cdef readonly Vector last
    cdef readonly Vector probe
    cdef readonly Vector matches
    cdef readonly IntegerVector slots
    cdef readonly IntegerVector kind
    cdef readonly Vector share
    cdef readonly ValueShares shares

    cdef int grow(self, Py_ssize_t size) except -1
    cdef void add_features(self, Py_ssize_t size) noexcept
    cdef void begin(self, Py_ssize_t j) noexcept nogil
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef void observe(self, double events) noexcept nogil
    cdef void count_matches(self) noexcept nogil
    cdef int classify(self, Py_ssize_t k) noexcept nogil
    cdef void note_start(self, Py_ssize_t j, double* sample, Py_ssize_t length) noexcept nogil
    cdef int prepare(self, double* sample, Py_ssize_t length, double* seen) except -1
    cdef int sleep(self, Py_ssize_t j) except -1
    cdef dict values(self, Py_ssize_t j)
    cdef void shorten(self, double events) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
