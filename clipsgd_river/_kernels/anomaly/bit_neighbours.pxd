from libc.math cimport sqrt

from clipsgd_river._kernels.anomaly.event_bits cimport EventBits
from clipsgd_river._kernels.anomaly.neighbours cimport NeighboursPart
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double MEAN_SQUARE

cdef class BitNeighboursPart(NeighboursPart):
    cdef readonly EventBits view
