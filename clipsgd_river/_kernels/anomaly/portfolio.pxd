from libc.math cimport sqrt

from clipsgd_river._kernels.anomaly.covariance cimport CovariancePart
from clipsgd_river._kernels.anomaly.kernel_mean cimport KernelMeanPart
from clipsgd_river._kernels.anomaly.long_memory cimport LongMemoryPart
from clipsgd_river._kernels.anomaly.part cimport Part
from clipsgd_river._kernels.anomaly.relative_distances cimport RelativeDistances
from clipsgd_river._kernels.anomaly.z_score cimport ZScorePart
from clipsgd_river._kernels.core.active_set cimport ActiveSet
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.reductions cimport total
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef Py_ssize_t Z_SCORE
cdef Py_ssize_t LONG_MEMORY
cdef Py_ssize_t KERNEL_MEAN
cdef Py_ssize_t COVARIANCE
cdef Py_ssize_t CONDITIONAL
cdef Py_ssize_t MEMBERS
cdef Py_ssize_t NARROW
cdef double COVARIANCE_RIDGE

cdef class PortfolioPart(Part):
    cdef object settings
    cdef readonly ActiveSet active
    cdef readonly ZScorePart z_score
    cdef readonly LongMemoryPart long_memory
    cdef readonly CovariancePart covariance
    cdef readonly KernelMeanPart kernel_mean
    cdef readonly RelativeDistances relative
    cdef readonly Vector distances
    cdef readonly Vector relatives
    cdef readonly Vector shares
    cdef bint narrow
    cdef double early
    cdef double since

    cdef int make_members(self, FeatureTable features) except -1
    cdef Py_ssize_t taking_part(self) noexcept nogil
    cdef void divide(self, LocationScale standard, Py_ssize_t member, double scale, double* contributions) noexcept nogil
