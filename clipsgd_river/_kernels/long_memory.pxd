from clipsgd_river._kernels.archive cimport Archive
from clipsgd_river._kernels.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.part cimport Part
from clipsgd_river._kernels.z_score cimport ZScorePart

cdef double LONG_RATE

cdef class LongMemoryPart(Part):
    cdef readonly LocationScaleKernel past
    cdef ZScorePart z_score
