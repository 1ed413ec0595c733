from libc.math cimport fabs, log

from clipsgd_river._kernels.anomaly.frequent_values cimport BITS, FrequentValues
from clipsgd_river._kernels.anomaly.part cimport Part
from clipsgd_river._kernels.anomaly.tail_ladders cimport PRIOR_EVENTS, TailLadders
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double MEMORY
cdef double MOST_BITS
cdef double EULER

cdef class EventBits(Part):
    cdef readonly TailLadders ladders
    cdef readonly FrequentValues frequent
    cdef readonly Vector slots
    cdef readonly Vector signed
    cdef double largest
    cdef Py_ssize_t started

    cdef double bits(self, Py_ssize_t k, Py_ssize_t j, double value) noexcept nogil
    cdef double usual_largest(self, double features) noexcept nogil
    cdef void contribute_largest(self, LocationScale standard, double* contributions) noexcept nogil
