from libc.math cimport sqrt

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector

cdef double LARGEST_MEMBER
cdef Py_ssize_t MOST_NUMBERS
cdef long long MODULUS
cdef long long MULTIPLIER

cdef class Reservoir:
    cdef readonly Py_ssize_t size
    cdef readonly Py_ssize_t wanted
    cdef readonly double memory
    cdef readonly double offered
    cdef readonly Py_ssize_t filled
    cdef long long random
    cdef readonly Vector rows
    cdef readonly Vector squares
    # The nearest members, the nearest first: their positions and squared distances.
    cdef readonly IntegerVector nearest
    cdef readonly Vector least
    cdef readonly IntegerVector candidates
    # Features in which any member is off its expected value, and how many members are, by position.
    cdef Py_ssize_t used
    cdef readonly IntegerVector used_features
    cdef readonly IntegerVector listed
    cdef readonly IntegerVector holders

    cdef int grow(self, Py_ssize_t features) except -1
    cdef void clear_feature(self, Py_ssize_t j) noexcept nogil
    cdef void measure(self, int* present, double* point, Py_ssize_t count) noexcept nogil
    cdef double bound(self) noexcept nogil
    cdef double find_nearest(self, double norm) noexcept nogil
    cdef void share(self, int* present, double* point, Py_ssize_t count, double* shares) noexcept nogil
    cdef double draw(self) noexcept nogil
    cdef void offer(self, int* present, double* point, Py_ssize_t count) noexcept nogil
    cdef void place(self, Py_ssize_t member, int* present, double* point, Py_ssize_t count) noexcept nogil
    cdef void put(self, Py_ssize_t j, Py_ssize_t member, double value) noexcept nogil
    cdef void shorten(self, double events) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t features) except -1
    cdef int read_rows(self, Archive archive, Py_ssize_t features) except -1
    cdef Py_ssize_t least_numbers(self)
