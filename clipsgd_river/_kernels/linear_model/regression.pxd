from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.robust_start cimport RobustStart
from clipsgd_river._kernels.linear_model.linear cimport LinearKernel
from clipsgd_river._kernels.linear_model.linear_unit cimport LARGEST_WEIGHT, LinearUnit
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.sgd.repeated_values cimport ATOM, FAMILIAR, FROZEN, REGULAR, RepeatedValues
from clipsgd_river._kernels.sgd.step_size cimport RATE_AT_REST
from clipsgd_river._kernels.sgd.kept_values cimport KEPT

cdef class RegressionKernel(LinearKernel):
    cdef readonly LinearUnit unit
    cdef readonly RobustStart target_start
    # Threshold for events with a rare value of a feature that repeats.
    cdef readonly ClipThreshold rare_clip
    # The target is the one feature of a table of its own.
    cdef readonly FeatureTable target_features
    cdef readonly RepeatedValues targets
    cdef double value

    cdef int classify(self, double target) noexcept nogil
    cdef void ask_for_memory(self) noexcept nogil
    cdef double share_of_error(self, double norm, int kind) noexcept nogil
    cdef double share_by(self, ClipThreshold clip, double norm, int kind) noexcept nogil
    cdef double distance_of_atoms(self) noexcept nogil
    cdef int prepare_targets(self) except -1
