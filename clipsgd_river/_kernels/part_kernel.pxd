from clipsgd_river._kernels.archive cimport Archive
from clipsgd_river._kernels.buffers cimport doubles
from clipsgd_river._kernels.location_scale cimport BAND, LocationScaleKernel
from clipsgd_river._kernels.part cimport Part

cdef class PartKernel(LocationScaleKernel):
    cdef readonly Part part
