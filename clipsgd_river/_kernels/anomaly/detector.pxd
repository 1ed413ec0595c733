from clipsgd_river._kernels.anomaly.attendance cimport Attendance
from clipsgd_river._kernels.anomaly.part cimport Part
from clipsgd_river._kernels.anomaly.scored_events cimport PRIOR_COUNT, ScoredEvents
from clipsgd_river._kernels.anomaly.seen_values cimport SeenValues
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.event_loop cimport EventLoop
from clipsgd_river._kernels.sgd.deviations cimport BAND

cdef class DetectorKernel(SeenValues):
    cdef readonly Attendance attendance

    cdef void adapt_scores(self) noexcept
    cdef int regroup(self) except -1
    cdef int exchange_active(self, Archive archive) except -1

    cpdef object expect_one(self, object event)
    cpdef dict members_one(self, object event)
    cpdef object shorten(self, double events)
