from clipsgd_river._kernels.core.archived cimport ArchivedKernel

cdef class ScoreGate(ArchivedKernel):
    cdef readonly bint admitted
    cdef bint admits(self, double score, double distance, Py_ssize_t row) noexcept nogil
