from libc.math cimport sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.anomaly.covariance cimport CovariancePart
from clipsgd_river._kernels.anomaly.kernel_mean cimport KernelMeanPart
from clipsgd_river._kernels.sgd.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.anomaly.long_memory cimport LongMemoryPart
from clipsgd_river._kernels.anomaly.part cimport Part
from clipsgd_river._kernels.anomaly.part_kernel cimport PartKernel
from clipsgd_river._kernels.anomaly.relative_distances cimport RelativeDistances
from clipsgd_river._kernels.core.vector cimport total
from clipsgd_river._kernels.anomaly.z_score cimport ZScorePart

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
    cdef ZScorePart z_score
    cdef LongMemoryPart long_memory
    cdef CovariancePart covariance
    cdef KernelMeanPart kernel_mean
    cdef RelativeDistances relative
    cdef object distance_values
    cdef double* distances
    cdef object relative_values
    cdef double* relatives
    cdef object share_values
    cdef double* shares
    cdef bint narrow
    cdef double early

    cdef Py_ssize_t judging(self) noexcept nogil
    cdef void divide(self, LocationScaleKernel ground, Py_ssize_t member, double scale, double* contributions) noexcept nogil

cdef class PortfolioKernel(PartKernel):
    cdef readonly PortfolioPart portfolio

    cpdef object members_one(self, object event)
