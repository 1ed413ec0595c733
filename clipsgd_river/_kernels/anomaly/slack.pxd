from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile

cdef double LONGEST_MEMORY
cdef double LARGEST_PART
cdef double HEADROOM
cdef double PRIOR_COUNT

cdef class Slack:
    cdef double nu
    cdef readonly RunningQuantile margin
    cdef readonly double share
    cdef double count
    cdef void start_at(self, double margin) noexcept nogil
    cdef double weight(self, double rate) noexcept nogil
    cdef void observe(self, double value, bint slack) noexcept nogil
    cdef void clamp(self, double lowest, double largest) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
