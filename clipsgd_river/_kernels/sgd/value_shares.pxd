from libc.math cimport fabs, log, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE
from clipsgd_river._kernels.core.vector cimport Vector

cdef Py_ssize_t KEPT
cdef double MEMORY
cdef double LEAST_RATE
cdef double MAIN_SHARE
cdef double LEAST_MAIN_SHARE
cdef double WINDOW
cdef double OCCUPIED
cdef double LEAST_OCCUPIED
cdef double SLOWEST_START
cdef double FAMILIAR_COUNT
cdef double UNLIKELY_RUN
cdef double SMALLEST_RUN
cdef double QUIET_SHARE
cdef double QUIET_AGE
cdef double FIRST_AGAIN
cdef double SAME
cdef double COMMON_SHARE
cdef double UNLIKELY_ABSENCE
cdef double LEAST_REST
cdef double LARGEST_SUM
cdef double ONCE

cdef double usual_deviation(double share) noexcept nogil
cdef bint same(double a, double b) noexcept nogil

cdef class ValueShares:
    cdef readonly Py_ssize_t capacity
    cdef readonly list free
    cdef readonly Vector values
    cdef readonly Vector share
    cdef readonly Vector occupied
    cdef readonly Vector recent
    cdef readonly Vector count
    cdef readonly Vector atoms
    cdef readonly Vector age
    cdef readonly Vector last
    cdef readonly Vector run
    cdef readonly Vector top
    cdef readonly Vector again
    cdef readonly Vector absence
    cdef readonly Vector ended
    cdef readonly Vector epoch

    cdef Py_ssize_t open(self) except -1
    cdef int close(self, Py_ssize_t slot) except -1
    cdef int clear(self) except -1
    cdef bint is_main(self, double count, double events) noexcept nogil
    cdef bint is_quiet(self, Py_ssize_t slot) noexcept nogil
    cdef bint is_frozen(self, Py_ssize_t slot) noexcept nogil
    cdef bint is_familiar(self, Py_ssize_t slot, Py_ssize_t entry) noexcept nogil
    cdef Py_ssize_t find(self, Py_ssize_t slot, double value, double count) noexcept nogil
    cdef Py_ssize_t most_frequent(self, Py_ssize_t slot) noexcept nogil
    cdef double atom_share_of(self, Py_ssize_t slot, double value) noexcept nogil
    cdef void count_run(self, Py_ssize_t slot, double value, double matches, double seen) noexcept nogil
    cdef void count_start(self, Py_ssize_t slot, double* sample, Py_ssize_t base, double length) noexcept nogil
    cdef void add(self, Py_ssize_t slot, double value, double share) noexcept nogil
    cdef Py_ssize_t observe(self, Py_ssize_t slot, double value) noexcept nogil
    cdef double largest_share(self, Py_ssize_t base, Py_ssize_t stop) noexcept nogil
    cdef bint has_changed(self, Py_ssize_t slot) noexcept nogil
    cdef void choose_atoms(self, Py_ssize_t slot) noexcept nogil
    cdef void exchange_entries(self, Py_ssize_t i, Py_ssize_t j) noexcept nogil
    cdef bint note_absence(self, Py_ssize_t slot) noexcept nogil
    cdef double atom_share(self, Py_ssize_t slot) noexcept nogil
    cdef double atom_mean(self, Py_ssize_t slot, double whole) noexcept nogil
    cdef double atom_square(self, Py_ssize_t slot, double mean, double whole) noexcept nogil
    cdef dict kept(self, Py_ssize_t slot)
    cdef void shorten(self, double events) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t slot) except -1
