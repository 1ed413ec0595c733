from clipsgd_river._kernels.anomaly.part_kernel cimport PartKernel

cdef class MahalanobisKernel(PartKernel):
    pass
