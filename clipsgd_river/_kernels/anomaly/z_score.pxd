from libc.math cimport log

from clipsgd_river._kernels.anomaly.part cimport Part
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double DEGREES_OF_FREEDOM
cdef double LARGEST_PRODUCT
cdef double NORMAL_DISTANCE

cdef class ZScorePart(Part):
    cdef double* factors(self, LocationScale standard) noexcept nogil
