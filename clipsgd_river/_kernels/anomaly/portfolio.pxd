from libc.math cimport exp, log, sqrt

from clipsgd_river._kernels.anomaly.bit_neighbours cimport BitNeighboursPart
from clipsgd_river._kernels.anomaly.covariance cimport CovariancePart
from clipsgd_river._kernels.anomaly.event_bits cimport EventBits
from clipsgd_river._kernels.anomaly.long_memory cimport LongMemoryPart
from clipsgd_river._kernels.anomaly.neighbours cimport NeighboursPart
from clipsgd_river._kernels.anomaly.part cimport NEAR_SQUARE, Part
from clipsgd_river._kernels.anomaly.persistence cimport Persistence
from clipsgd_river._kernels.anomaly.relative_distances cimport GAIN, RelativeDistances
from clipsgd_river._kernels.anomaly.subspace cimport SubspacePart
from clipsgd_river._kernels.anomaly.z_score cimport ZScorePart
from clipsgd_river._kernels.core.active_set cimport ActiveSet
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.reductions cimport total
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef Py_ssize_t Z_SCORE
cdef Py_ssize_t SUBSPACE
cdef Py_ssize_t LONG_MEMORY
cdef Py_ssize_t COVARIANCE
cdef Py_ssize_t CONDITIONAL
cdef Py_ssize_t NEIGHBOURS
cdef Py_ssize_t QUICK
cdef Py_ssize_t ALWAYS_QUICK
cdef Py_ssize_t LARGEST_BITS
cdef Py_ssize_t TOTAL_BITS
cdef Py_ssize_t BIT_NEIGHBOURS
cdef Py_ssize_t SLOW
cdef Py_ssize_t ALWAYS_SLOW
cdef Py_ssize_t MEMBERS
cdef Py_ssize_t NARROW
cdef double COVARIANCE_RIDGE
cdef double SLOW_GAIN
cdef double OUTLYING
cdef double LARGEST_TIMES
cdef double TOTAL_TIMES
cdef double BIT_SHARE
cdef double LEAST_SPREAD

cdef double excess(double t) noexcept nogil

cdef class PortfolioPart(Part):
    cdef object settings
    cdef readonly ActiveSet active
    cdef readonly ZScorePart z_score
    cdef readonly SubspacePart subspace
    cdef readonly EventBits bits
    cdef readonly LongMemoryPart long_memory
    cdef readonly CovariancePart covariance
    cdef readonly NeighboursPart neighbours
    cdef readonly BitNeighboursPart bit_neighbours
    cdef readonly RelativeDistances relative
    cdef readonly RelativeDistances slow
    cdef readonly Persistence persistence
    cdef readonly Vector distances
    cdef readonly Vector relatives
    cdef readonly Vector shares
    cdef double mean
    cdef double views
    cdef double single
    cdef double nearness
    cdef bint narrow
    cdef bint changed
    cdef double early
    cdef double since

    cdef int make_members(self, FeatureTable features) except -1
    cdef void measure(self, LocationScale standard) noexcept nogil
    cdef void join(self) noexcept nogil
    cdef void assume(self, LocationScale standard) noexcept nogil
    cdef double alike(self) noexcept nogil
    cdef Py_ssize_t quick_members(self) noexcept nogil
    cdef Py_ssize_t slow_members(self) noexcept nogil
    cdef void divide(self, LocationScale standard, double share, double* contributions) noexcept nogil
