from clipsgd_river._kernels.anomaly.part cimport Part
from clipsgd_river._kernels.anomaly.scored_events cimport ScoredEvents
from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile
from clipsgd_river._kernels.sgd.deviations cimport BAND
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef class SeenValues(ScoredEvents):
    cdef readonly LocationScale standard
    cdef readonly Part part

    cdef tuple band(self, double low, double middle, double high, Py_ssize_t j)

    cpdef dict values_one(self)
    cpdef dict range_one(self)
    cpdef dict counts_one(self)
    cpdef dict rest_one(self)
    cpdef list locations(self)
