from clipsgd_river._kernels.core.active_set cimport ActiveSet
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport LONGEST_ABSENCE, FeatureTable
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double PATIENCE
cdef Py_ssize_t PERIOD

cdef class Attendance:
    cdef readonly FeatureTable features
    cdef readonly LocationScale standard
    cdef readonly ActiveSet active
    cdef bint follows

    cdef bint belongs(self, Py_ssize_t j) noexcept nogil
    cdef bint changes(self) noexcept nogil
    cdef int plan_arrivals(self, Py_ssize_t size, bint restoring) except -1
    cdef int plan_without(self, list gone) except -1
    cdef int plan_changes(self) except -1
    cdef object absent(self, Archive archive)
