from libc.math cimport fabs, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.anomaly.detector cimport DetectorKernel
from clipsgd_river._kernels.core.robust_start cimport RobustStart
from clipsgd_river._kernels.sgd.step_size cimport StepSize
from clipsgd_river._kernels.core.vector cimport smallest, total

cdef double LARGEST_DEVIATION
cdef double SMALLEST_SCALE
cdef double LARGEST_SCALE
cdef double ROUND_OFF
cdef double CONSTANT_MEMORY
cdef double PRIOR_EVENTS
cdef double BAND
cdef double REPEAT_SQUARE
cdef double REPEAT_RATE
cdef double MULTIPLE

cdef class LocationScaleKernel(DetectorKernel):
    cdef readonly object location_values
    cdef double* location
    cdef readonly object scale_values
    cdef double* scale
    cdef readonly object seen_values
    cdef double* seen
    cdef object precision_values
    cdef double* precision
    cdef object deviation_values
    cdef double* deviation
    cdef object gradient_values
    cdef double* gradient
    cdef object scale_gradient_values
    cdef double* scale_gradient
    cdef object own_values
    cdef double* own
    cdef object tempered_values
    cdef double* tempered
    cdef readonly ClipThreshold clip
    cdef readonly StepSize location_step
    cdef readonly StepSize scale_step
    cdef readonly RobustStart start
    cdef double share
    # Features still starting; those that start or are constant; whether all were seen alike.
    cdef Py_ssize_t starting
    cdef Py_ssize_t irregular
    cdef bint uniform
    cdef Py_ssize_t reserved

    cdef void standardise(self) noexcept nogil
    cdef double temper(self) noexcept nogil
    cdef void temper_deviations(self) noexcept nogil
    cdef double clip_gradient(self) noexcept nogil
    cdef double scale_gradients(self) noexcept nogil
    cdef void wake(self, Py_ssize_t j) noexcept nogil
    cdef void move(self) noexcept nogil
    cdef void settle(self, Py_ssize_t j) noexcept nogil
    cdef void derive(self, Py_ssize_t j) noexcept nogil
    cdef int point(self) except -1
    cdef object room(self, Py_ssize_t size)
    cdef int occupy(self, object room, Py_ssize_t size) except -1
    cdef int exchange_estimates(self, Archive archive) except -1
    cdef list estimates(self)
    cdef dict bands(self)
    cpdef object shorten(self, double events)
    cpdef object track_location(self, object rows, object names)
