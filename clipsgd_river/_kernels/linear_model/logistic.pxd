from libc.math cimport exp, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport pointers
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.linear_model.linear cimport LinearKernel
from clipsgd_river._kernels.linear_model.logistic_unit cimport SLOW_RATE, LogisticUnit

cdef double LARGEST_LOGIT
cdef double FAST_RATE
cdef double LARGEST_NOISE
cdef double SMALLEST_NOISE
cdef double FIRST_NOISE
cdef double LONGEST_NOISE_STEP
cdef double NOISE_START
cdef double SURPRISE
cdef double TOLERANCE

cdef class LogisticKernel(LinearKernel):
    cdef readonly list units
    cdef readonly object address_values
    cdef void** unit
    cdef Py_ssize_t functions
    cdef readonly Py_ssize_t classes
    cdef readonly double noise
    cdef readonly double recent_miss
    cdef readonly double usual_miss
    cdef double usual_square
    cdef bint estimates_noise
    cdef bint restarts
    cdef readonly double since_change
    cdef readonly bint steady
    cdef readonly Vector probability

    cdef int point_to_units(self) except -1
    cdef int start_class(self) except -1
    cdef double logit(self, Py_ssize_t function) noexcept nogil
    cdef void detect_change(self, double miss) noexcept nogil
    cdef double trust(self, Py_ssize_t label) noexcept nogil
    cdef void teach_unit(self, Py_ssize_t function, Py_ssize_t label, double factor, double energy) noexcept nogil
    cdef void learn_noise(self) noexcept nogil
    cpdef object class_of(self, object label, dict labels)
