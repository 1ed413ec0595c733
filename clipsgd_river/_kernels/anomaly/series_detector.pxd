from clipsgd_river._kernels.anomaly.detector cimport DetectorKernel
from clipsgd_river._kernels.anomaly.series cimport FLAT_LINE, SeriesPart
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.event_loop cimport EventLoop
from clipsgd_river._kernels.time_series.counters cimport Counters
from clipsgd_river._kernels.time_series.flat_lines cimport LONG
from clipsgd_river._kernels.time_series.silences cimport LATEST, NAN
from clipsgd_river._kernels.time_series.told_events cimport QUIET

cdef class SeriesKernel(DetectorKernel):
    cdef readonly SeriesPart series
    cdef readonly object holidays
    cdef readonly Counters counters
    # Whether features that start anew are the same ones, as rates or no longer as such.
    cdef bint turning
    cdef readonly object clock
    cdef readonly bint has_clock
    # The rows that run now, which of them are on holidays, and where they have their time; -1: nowhere.
    cdef double* rows_at
    cdef double* holiday_at
    cdef Py_ssize_t width
    cdef Py_ssize_t clock_column

    cdef object clock_of(self, object event)
    cpdef int start_clock(self, object name) except -1
    cdef int take_time(self, double seconds, bint holiday) noexcept nogil
    cdef double due(self, Py_ssize_t j) noexcept nogil
    cdef tuple band_at(self, Py_ssize_t j, double seconds)
    cdef tuple counted(self, Py_ssize_t j, double seconds, object rates)
    cdef dict without_counters(self, dict found)
    cpdef dict rates_one(self, object event)
    cpdef dict channels_one(self, object event)
    cpdef dict standing_one(self, object event)
    cpdef dict told_one(self)
