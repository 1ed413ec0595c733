from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.event_loop cimport EventLoop
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE
from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile
from clipsgd_river._kernels.core.vector cimport Vector

cdef Py_ssize_t STAGES
cdef double FIRST_STAGE
cdef double SECOND_STAGE
cdef double LAST_STAGE
cdef Py_ssize_t LEAST_KEYS
cdef Py_ssize_t KEYS
cdef Py_ssize_t STAGE
cdef Py_ssize_t FEATURE
cdef double SCALE_EVENTS
cdef double LEAST_EVENTS
cdef double LEAST_SPREAD
cdef double CLIP
cdef double SPOILT
cdef double ROUNDING
cdef double LARGEST_DEVIATION
cdef double HIGH
cdef double GAIN
cdef double LEAST_SCORES
cdef Py_ssize_t AGES
cdef double OF_MEDIAN
cdef double OF_MEAN

cdef class PopulationKernel(EventLoop):
    cdef readonly Vector stages
    cdef readonly Vector centre
    cdef readonly Vector spread
    cdef readonly Vector scale
    cdef readonly Vector stage
    cdef readonly Vector sorted
    cdef readonly list ages
    cdef readonly Vector counts
    cdef readonly double expected
    cdef readonly double width

    cdef object fitting(self, object numbers)
    cdef dict deviations(self, object numbers)
    cdef double deviation(self, Py_ssize_t j, double* own) noexcept nogil
    cdef void look(self, Py_ssize_t j, double* own) noexcept nogil
    cdef bint is_spoilt(self, Py_ssize_t j, double* own) noexcept nogil
    cdef int learn_numbers(self, object numbers) except -1
    cdef void learn_feature(self, Py_ssize_t j, double* own) noexcept nogil
    cdef void tell(self, Py_ssize_t j, Py_ssize_t stage, double n, double* own) noexcept nogil
    cdef void estimate(self, Py_ssize_t j, Py_ssize_t at, double n) noexcept nogil
    cdef void insert(self, Py_ssize_t count, double value) noexcept nogil
    cdef double middle(self, Py_ssize_t count) noexcept nogil
    cdef int exchange_stage(self, Archive archive, Py_ssize_t at) except -1
