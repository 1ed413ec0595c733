from libc.math cimport sqrt

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.deviations cimport LARGEST_SCALE
from clipsgd_river._kernels.time_series.autoregression cimport LAGS, Autoregression
from clipsgd_river._kernels.time_series.calendar_profile cimport CalendarProfile
from clipsgd_river._kernels.time_series.season_finder cimport SeasonFinder

cdef long long KEPT
cdef Py_ssize_t LAST
cdef Py_ssize_t LEVEL
cdef Py_ssize_t TREND
cdef Py_ssize_t REGRESSION
cdef Py_ssize_t CALENDAR
cdef Py_ssize_t SEASON
cdef Py_ssize_t SEASONS
cdef Py_ssize_t RATIO
cdef Py_ssize_t LONG_SEASON
cdef Py_ssize_t LONG_SEASONS
cdef Py_ssize_t VIEWS
cdef double NONE
cdef Py_ssize_t DEVIATIONS
cdef Py_ssize_t AHEAD
cdef Py_ssize_t CYCLES
cdef double LEVEL_RATE
cdef double TREND_LEVEL_RATE
cdef double TREND_RATE
cdef double DAMPING
cdef double LARGEST_GROWTH
cdef long long MOST_CYCLES

cdef class Outlooks:
    cdef readonly Vector values
    cdef readonly SeasonFinder finder
    cdef readonly Autoregression regression
    cdef readonly CalendarProfile calendar
    cdef readonly double count
    cdef readonly double level
    cdef readonly double trend_level
    cdef readonly double trend
    cdef readonly double lowest
    cdef readonly double highest
    cdef readonly Vector deviations
    cdef readonly Vector means
    cdef readonly Vector path

    cdef void begin(self, double location, double scale) noexcept nogil
    cdef double before(self, Py_ssize_t back) noexcept nogil
    cdef bint reaches(self, Py_ssize_t back) noexcept nogil
    cdef Py_ssize_t period(self, bint long_one) noexcept nogil
    cdef void prepare(self) noexcept nogil
    cdef double seasonal(self, long long h, bint long_one, Py_ssize_t cycles) noexcept nogil
    cdef double proportional(self, long long h) noexcept nogil
    cdef double growth(self, double mean) noexcept nogil
    cdef double grown(self, double value, double growth, long long turns) noexcept nogil
    cdef void see(self, long long h, double seconds, double* shares, double* views) noexcept nogil
    cdef void learn(self, double y, double seconds, double rate) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
