cimport cython
from libc.math cimport floor

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE, FeatureTable
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector
from clipsgd_river._kernels.sgd.kept_values cimport KEPT, NEVER, same
from clipsgd_river._kernels.sgd.value_shares cimport WINDOW, ValueShares

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

@cython.final
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
    cdef readonly Vector main
    cdef readonly Vector mains
    cdef readonly Vector left
    cdef readonly IntegerVector slots
    cdef readonly IntegerVector kind
    cdef readonly IntegerVector entry
    # Which values are not the first atom of their feature.
    cdef readonly IntegerVector others
    cdef readonly ValueShares shares
    cdef readonly IntegerVector beside
    cdef readonly Py_ssize_t beside_count
    cdef readonly IntegerVector updated
    cdef readonly Py_ssize_t updated_count
    # How many values of the loaded event stand still.
    cdef readonly Py_ssize_t frozen

    cdef int grow(self, Py_ssize_t size) except -1
    cdef void add_features(self, Py_ssize_t size) noexcept
    cdef void begin(self, Py_ssize_t j) noexcept nogil
    cdef void begin_asleep(self, Py_ssize_t j) noexcept nogil
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef void observe(self, double events) noexcept nogil
    cdef void count_matches(self) noexcept nogil
    cdef void classify(self) noexcept nogil
    cdef void count_other(self, Py_ssize_t k) noexcept nogil
    cdef void name(self, Py_ssize_t k) noexcept nogil
    cdef void update(self, Py_ssize_t k) noexcept nogil
    cdef void follow(self, Py_ssize_t j) noexcept nogil
    cdef bint note_absence(self, Py_ssize_t j) noexcept nogil
    cdef double share(self, Py_ssize_t k) noexcept nogil
    cdef void note_start(self, Py_ssize_t j, double* sample, Py_ssize_t length) noexcept nogil
    cdef int prepare(self, double* sample, Py_ssize_t length, double* seen) except -1
    cdef int sleep(self, Py_ssize_t j) except -1
    cdef dict values(self, Py_ssize_t j)
    cdef void shorten(self, double events) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
