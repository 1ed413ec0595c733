from libc.math cimport fabs, log

from clipsgd_river._kernels.anomaly.expected_bits cimport ExpectedBits
from clipsgd_river._kernels.anomaly.frequent_values cimport BITS
from clipsgd_river._kernels.anomaly.part cimport Part
from clipsgd_river._kernels.anomaly.value_bits cimport ValueBits
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double MEMORY
cdef double MOST_BITS
cdef double EULER

cdef class EventBits(Part):
    cdef readonly ValueBits values
    cdef readonly ExpectedBits before
    cdef readonly Vector slots
    cdef readonly Vector own
    cdef readonly Vector signed
    cdef double largest
    cdef Py_ssize_t started

    cdef double usual_largest(self, double features) noexcept nogil
    cdef void contribute_largest(self, LocationScale standard, double* contributions) noexcept nogil
