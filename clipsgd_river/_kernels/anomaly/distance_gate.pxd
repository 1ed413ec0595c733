from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile
from clipsgd_river._kernels.core.score_gate cimport ScoreGate

cdef class DistanceGate(ScoreGate):
    cdef RunningQuantile own
    cdef double farthest
