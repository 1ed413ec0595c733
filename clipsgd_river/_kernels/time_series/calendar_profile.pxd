from libc.math cimport fabs, floor

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.deviations cimport LARGEST_SCALE
from clipsgd_river._kernels.sgd.kept_values cimport same

cdef double A_DAY
cdef Py_ssize_t DAY_BINS
cdef Py_ssize_t OF_A_DAY
cdef Py_ssize_t SUNDAY
cdef Py_ssize_t HOLIDAY
cdef Py_ssize_t WEEK_BINS
cdef double RATE
cdef double WEEK_RATE
cdef double CLIP
cdef double GAUSSIAN
cdef double SHRINKAGE
cdef double GAIN
cdef double DAYS

cdef class CalendarProfile:
    cdef readonly Vector day
    cdef readonly Vector day_counts
    cdef readonly Vector week
    cdef readonly Vector week_counts
    cdef readonly Vector spread
    cdef readonly Vector day_error
    cdef readonly Vector week_error
    cdef readonly Py_ssize_t day_bin
    cdef readonly Py_ssize_t week_bin

    cdef void look_at(self, double seconds, bint holiday=*) noexcept nogil
    cdef bint knows(self, Py_ssize_t j) noexcept nogil
    cdef bint knows_holiday(self, Py_ssize_t j) noexcept nogil
    cdef Py_ssize_t error_of(self, Py_ssize_t j) noexcept nogil
    cdef double week_part(self, Py_ssize_t j) noexcept nogil
    cdef double expected(self, Py_ssize_t j) noexcept nogil
    cdef double deviation(self, Py_ssize_t j, double x) noexcept nogil
    cdef double unit(self, Py_ssize_t j) noexcept nogil
    cdef void learn(self, Py_ssize_t j, double x, double first, double rate, double least) noexcept nogil
    cdef int grow(self, Py_ssize_t size) except -1
    cdef void reset_feature(self, Py_ssize_t j) noexcept nogil
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, Archive archive, Py_ssize_t size) except -1
