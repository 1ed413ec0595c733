from clipsgd_river._kernels.anomaly.frequent_values cimport FrequentValues
from clipsgd_river._kernels.anomaly.scored_events cimport ScoredEvents
from clipsgd_river._kernels.anomaly.tail_ladders cimport TailLadders
from clipsgd_river._kernels.anomaly.value_bits cimport ValueBits
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE
from clipsgd_river._kernels.core.vector cimport Vector

cdef double BEYOND_BAND
cdef double BAND_BITS
cdef double BELOW_ONE
cdef double FREQUENT

cdef class NumberBits(ScoredEvents):
    cdef readonly ValueBits values
    cdef readonly TailLadders ladders
    cdef readonly FrequentValues frequent
    cdef readonly Vector categorical
    cdef readonly Vector lowest
    cdef readonly Vector highest
    cdef Py_ssize_t started

    cdef double number_bits(self, Py_ssize_t k, Py_ssize_t j, double value) noexcept nogil
    cdef void learn_number(self, Py_ssize_t k, Py_ssize_t j, double value) noexcept nogil
    cdef tuple band(self, Py_ssize_t j)
    cdef double within(self, Py_ssize_t j, double level) noexcept nogil
    cdef double middle(self, Py_ssize_t j) noexcept nogil
    cdef tuple rest(self, Py_ssize_t j, double top, double share)
    cdef int exchange_numbers(self, Archive archive) except -1

    cpdef dict values_one(self)
    cpdef dict range_one(self)
    cpdef dict counts_one(self)
    cpdef dict rest_one(self)
    cpdef list locations(self)
    cpdef list scales(self)
    cpdef object shorten(self, double events)
