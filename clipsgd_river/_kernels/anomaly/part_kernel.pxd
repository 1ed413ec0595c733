from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.sgd.location_scale cimport BAND, LocationScaleKernel
from clipsgd_river._kernels.anomaly.part cimport Part

cdef class PartKernel(LocationScaleKernel):
    cdef readonly Part part
