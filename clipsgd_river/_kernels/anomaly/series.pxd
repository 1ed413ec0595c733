from libc.math cimport exp, fabs

from clipsgd_river._kernels.anomaly.part cimport Part
from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector
from clipsgd_river._kernels.sgd.deviations cimport BAND
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale
from clipsgd_river._kernels.time_series.autoregression cimport GAUSSIAN, Autoregression
from clipsgd_river._kernels.time_series.calendar_profile cimport CalendarProfile
from clipsgd_river._kernels.time_series.cycles cimport Cycles
from clipsgd_river._kernels.time_series.exceedances cimport Exceedances
from clipsgd_river._kernels.time_series.flat_lines cimport FlatLines
from clipsgd_river._kernels.time_series.long_run cimport LARGEST_Z, LongRun
from clipsgd_river._kernels.time_series.past_shapes cimport SCALES, PastShapes
from clipsgd_river._kernels.time_series.rarity_tables cimport RarityTables
from clipsgd_river._kernels.time_series.silences cimport NAN, NATURAL, Silences
from clipsgd_river._kernels.time_series.told_events cimport ToldEvents

cdef Py_ssize_t CHANNELS
cdef Py_ssize_t FINE
cdef Py_ssize_t LEVEL
cdef Py_ssize_t SEASON
cdef Py_ssize_t DISPERSION
cdef Py_ssize_t RESIDUAL_DISPERSION
cdef Py_ssize_t SHORT_RUN_MEAN
cdef Py_ssize_t RESIDUAL
cdef Py_ssize_t FLAT_LINE
cdef Py_ssize_t SILENCE
cdef double FIRST
cdef double SHORT
cdef double LONG
cdef double USUAL
cdef double NARROWER
cdef double LEAST_COUNT
cdef double NEXT
cdef double CLEAR
cdef double WIDEST
cdef double NATURAL_RANGE
cdef double OTHER
cdef double LEAST_SPREAD

cdef class SeriesPart(Part):
    cdef readonly RarityTables fine
    cdef readonly RarityTables coarse
    cdef readonly Exceedances exceedances
    cdef readonly Exceedances together
    cdef readonly CalendarProfile calendar
    cdef readonly Cycles cycles
    cdef readonly Autoregression autoregression
    cdef readonly PastShapes shapes
    cdef readonly RarityTables shape_tables
    cdef readonly Silences silences
    cdef readonly FlatLines flat_lines
    cdef readonly ToldEvents told
    cdef readonly Vector counts
    cdef readonly LongRun long_run
    cdef readonly Vector dispersion
    cdef readonly Vector residual_dispersion
    cdef readonly Vector short_run_mean
    # Of the loaded event: when it is, what its channels say, how surprising its features are.
    cdef readonly double seconds
    cdef readonly Vector said
    cdef readonly Vector largest
    cdef readonly Vector surprise
    cdef readonly IntegerVector channel
    cdef double most
    cdef Py_ssize_t metrics
    cdef readonly Py_ssize_t channels
    cdef bint shaped
    cdef double mean
    cdef double whole

    cdef int set_time(self, double seconds, bint holiday) noexcept nogil
    cdef double rarity(self, Py_ssize_t j, Py_ssize_t channel) noexcept nogil
    cdef bint has_say(self, Py_ssize_t j, Py_ssize_t channel) noexcept nogil
    cdef double deviation(self, LocationScale standard, Py_ssize_t k) noexcept nogil
    cdef void listen(self, LocationScale standard, Py_ssize_t k) noexcept nogil
    cdef double off_season(self, Py_ssize_t j, double x) noexcept nogil
    cdef bint has_cycle(self, Py_ssize_t j) noexcept nogil
    cdef double left(self, Py_ssize_t j, double x) noexcept nogil
    cdef void judge(self, Py_ssize_t j) noexcept nogil
    cdef void learn(self, LocationScale standard, Py_ssize_t k) noexcept nogil
    cdef double raw_surprise(self, Py_ssize_t j) noexcept nogil
    cdef void expect_at(self, LocationScale standard, Py_ssize_t j, double seconds, bint holiday, double* band) noexcept nogil
