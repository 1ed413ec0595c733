from clipsgd_river._kernels.anomaly.part cimport Part
from clipsgd_river._kernels.anomaly.z_score cimport ZScorePart
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale
from clipsgd_river._kernels.sgd.step_size cimport RATE_AT_REST

cdef class LongMemoryPart(Part):
    cdef readonly LocationScale past
    cdef readonly ZScorePart z_score
