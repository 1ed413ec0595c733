from libc.math cimport fabs

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.core.vector cimport Vector

cdef double FARTHEST
cdef Py_ssize_t START
cdef double USUAL
cdef Py_ssize_t KEPT_GAPS
cdef double GAP_MEMORY
cdef double LARGEST_GROWTH
cdef double WITNESSES
cdef double BELIEVED
cdef double PATIENCE
cdef double LARGEST_PATIENCE
cdef double AGREEMENT
cdef double AGREEMENT_MEMORY

cdef class EventClock(ArchivedKernel):
    cdef readonly double latency
    cdef readonly double stamps
    cdef readonly double elapsed
    cdef readonly double now
    cdef readonly double peak
    cdef readonly double moves
    cdef readonly double heading
    cdef readonly double previous
    cdef readonly double drift
    cdef readonly double still
    cdef readonly double patience
    cdef readonly double agreeing
    cdef readonly double first
    cdef readonly double last
    cdef readonly double different
    cdef readonly Vector start
    cdef readonly Vector gaps

    cdef double usual_gap(self) noexcept nogil
    cpdef bint runs_backwards(self)
    cpdef double observe(self, double stamp)
    cdef double pass_to(self, double stamp) noexcept nogil
    cdef double begin(self, double stamp) noexcept nogil
    cdef double move(self, double place) noexcept nogil
    cdef void turn(self, double stamp) noexcept nogil
    cdef double doubt(self, double place) noexcept nogil
    cdef void remember(self, double gap, double passed) noexcept nogil
    cpdef object count_anew(self)
    cdef void copy_from(self, EventClock other) noexcept nogil
