from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.anomaly.detector cimport DetectorKernel
from clipsgd_river._kernels.anomaly.relative_distances cimport LARGEST_DISTANCE, RelativeDistances
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.score_gate cimport ScoreGate
from clipsgd_river._kernels.core.vector cimport Vector

cdef class CombinedKernel(DetectorKernel):
    cdef public list members
    cdef readonly RelativeDistances relative
    cdef readonly Vector first
    cdef readonly Vector has_varied
    cdef readonly Vector measures
    cdef readonly Vector distances
    cdef readonly Vector relatives
    cdef double combined
    cdef double early

    cdef dict known_event(self)
    cdef list query_members(self, object event)
    cdef bint is_active(self, Py_ssize_t member)
    cdef int collect_distances(self, object event) except -1
    cdef int learn_members(self, list new) except -1
