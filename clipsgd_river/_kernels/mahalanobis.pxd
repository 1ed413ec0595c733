from clipsgd_river._kernels.part_kernel cimport PartKernel

cdef class MahalanobisKernel(PartKernel):
    pass
