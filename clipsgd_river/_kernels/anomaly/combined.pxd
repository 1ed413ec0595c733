from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.anomaly.detector cimport DetectorKernel
from clipsgd_river._kernels.anomaly.relative_distances cimport LARGEST_DISTANCE, RelativeDistances

cdef class CombinedKernel(DetectorKernel):
    cdef public list members
    cdef readonly RelativeDistances relative
    cdef object first_values
    cdef double* first
    cdef object moved_values
    cdef double* moved
    cdef object distance_values
    cdef double* distances
    cdef object relative_values
    cdef double* relatives
    cdef double judged
    cdef double early

    cdef int point(self) except -1
    cdef dict known_event(self)
    cdef list judge(self, object event)
    cdef bint judges(self, Py_ssize_t member)
    cdef int ask(self, object event) except -1
    cdef int take(self, list fresh) except -1
    cpdef object members_one(self, object event)
    cpdef object shorten(self, double events)
