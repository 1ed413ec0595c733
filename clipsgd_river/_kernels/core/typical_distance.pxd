from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile

cdef double HIGHEST_SCORE

cdef class TypicalDistance(ArchivedKernel):
    cdef readonly RunningQuantile median
    cpdef double score(self, double distance)
    cpdef object observe(self, double distance)
    cpdef object start_at(self, double distance, double count)
