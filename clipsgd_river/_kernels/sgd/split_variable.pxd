from libc.math cimport fabs

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.sgd.deviations cimport LARGEST_DEVIATION
from clipsgd_river._kernels.sgd.other_values cimport OtherValues
from clipsgd_river._kernels.sgd.repeated_values cimport ATOM, ENOUGH, FAMILIAR, FROZEN, REGULAR, RepeatedValues
from clipsgd_river._kernels.sgd.kept_values cimport same

cdef double REPEAT

cdef class SplitVariable:
    cdef readonly FeatureTable features
    cdef readonly RepeatedValues repeats
    cdef readonly OtherValues others
    cdef readonly ClipThreshold clip
    cdef readonly int kind
    cdef readonly double deviation
    cdef double share

    cdef void observe(self, double value, double events) noexcept nogil
    cdef bint is_split(self) noexcept nogil
    cdef int settle(self, double* sample, Py_ssize_t length, double location, double scale, double events, bint starts) except -1
    cdef double cut(self, double value, double location, double scale, double reach, double events, double rate) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
