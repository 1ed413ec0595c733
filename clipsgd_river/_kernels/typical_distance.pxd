from clipsgd_river._kernels.running_quantile cimport RunningQuantile

cdef double HIGHEST_SCORE

cdef class TypicalDistance:
    cdef readonly RunningQuantile median
    cpdef double score(self, double distance)
    cpdef object observe(self, double distance)
    cpdef object place(self, double distance, double count)
    cpdef object snapshot(self)
    cpdef object restore(self, object numbers)
