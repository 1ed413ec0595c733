cimport cython
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.kept_values cimport KEPT, ONCE, KeptValues, same

cdef double MEMORY
cdef double MAIN_SHARE
cdef double LEAST_MAIN_SHARE
cdef double WINDOW
cdef double OCCUPIED
cdef double LEAST_OCCUPIED
cdef double SLOWEST_START
cdef Py_ssize_t MOST_ATOMS
cdef double BATCH_SHARE
cdef double INTERRUPTED
cdef double FAMILIAR_COUNT
cdef double UNLIKELY_RUN
cdef double SMALLEST_RUN
cdef double QUIET_SHARE
cdef double QUIET_AGE
cdef double FIRST_AGAIN
cdef double UNLIKELY_ABSENCE
cdef double LEAST_REST
cdef double LARGEST_SUM

@cython.final
cdef class ValueShares(KeptValues):
    cdef double memory
    cdef double least_rate
    cdef readonly Vector occupied
    cdef readonly Vector recent
    cdef readonly Vector passed
    cdef readonly Vector mains
    cdef readonly Vector repeats
    cdef readonly Vector last
    cdef readonly Vector run
    cdef readonly Vector absence
    cdef readonly Vector ended
    cdef readonly Vector top
    cdef readonly Vector again
    cdef readonly Vector epoch
    cdef readonly Py_ssize_t changes

    cdef void note_change(self, Py_ssize_t slot) noexcept nogil
    cdef void start_batch(self, Py_ssize_t slot) noexcept nogil
    cdef bint is_main(self, double count, double events) noexcept nogil
    cdef bint is_quiet(self, Py_ssize_t slot) noexcept nogil
    cdef bint is_frozen(self, Py_ssize_t slot) noexcept nogil
    cdef bint is_familiar(self, Py_ssize_t slot, Py_ssize_t entry) noexcept nogil
    cdef void start_with(self, Py_ssize_t slot, double value, double matches, double seen) noexcept nogil
    cdef void count_start(self, Py_ssize_t slot, double* sample, Py_ssize_t base, double length) noexcept nogil
    cdef void add(self, Py_ssize_t slot, double value, double share, double hits) noexcept nogil
    cdef double left(self, Py_ssize_t slot) noexcept nogil
    cdef Py_ssize_t observe(self, Py_ssize_t slot, double value, double mains) noexcept nogil
    cdef void count_run(self, Py_ssize_t slot, Py_ssize_t entry, bint again) noexcept nogil
    cdef void update(self, Py_ssize_t slot, double mains) noexcept nogil
    cdef bint has_changed(self, Py_ssize_t slot) noexcept nogil
    cdef void choose_atoms(self, Py_ssize_t slot) noexcept nogil
    cdef Py_ssize_t drop_atoms(self, Py_ssize_t base, Py_ssize_t atoms, Py_ssize_t main) noexcept nogil
    cdef Py_ssize_t add_atoms(self, Py_ssize_t atoms, Py_ssize_t stop, Py_ssize_t most, double age) noexcept nogil
    cdef void exchange_entries(self, Py_ssize_t i, Py_ssize_t j) noexcept nogil
    cdef bint note_absence(self, Py_ssize_t slot) noexcept nogil
    cdef dict kept(self, Py_ssize_t slot, double mains)
    cdef void shorten(self, double events) noexcept nogil
    cdef int exchange(self, Archive archive, Py_ssize_t slot) except -1
