from libc.math cimport exp

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE
from clipsgd_river._kernels.core.robust_start cimport RobustStart
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.time_series.forecast_errors cimport ForecastErrors
from clipsgd_river._kernels.time_series.outlooks cimport Outlooks
from clipsgd_river._kernels.time_series.silences cimport LATEST, NAN, NATURAL, Silences

cdef double START_CLIP
cdef double LONG
cdef double MOST_MISSING
cdef double FARTHEST

cdef class ForecasterKernel(ArchivedKernel):
    cdef readonly RobustStart start
    cdef readonly Vector first
    cdef readonly Vector first_times
    cdef readonly Outlooks outlooks
    cdef readonly ForecastErrors errors
    cdef readonly Silences silences
    cdef readonly double seen

    cdef double gap(self) noexcept nogil
    cdef double now(self) noexcept nogil
    cdef double steps_to(self, double seconds) noexcept nogil
    cdef void take(self, double y, double seconds, bint known) noexcept nogil
    cdef void step_to(self, double y, double seconds, bint known) noexcept nogil
    cdef void begin(self, double location, double scale) noexcept nogil
    cdef void relearn(self) noexcept nogil
    cdef int learn(self, double y, double seconds) except -1
    cdef double within(self, double y) noexcept nogil
    cpdef object update(self, double y, double seconds)
