from libc.math cimport sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.event_loop cimport EventLoop
from clipsgd_river._kernels.core.reductions cimport total
from clipsgd_river._kernels.core.robust_start cimport RobustStart
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.clip_threshold cimport UNLIMITED, ClipThreshold
from clipsgd_river._kernels.sgd.repeated_values cimport ATOM, FAMILIAR, FROZEN, RepeatedValues
from clipsgd_river._kernels.sgd.step_size cimport RATE_AT_REST, StepSize

cdef class VectorMeanKernel(EventLoop):
    cdef readonly StepSize step_size
    cdef readonly RobustStart start
    cdef readonly ClipThreshold clip
    cdef readonly RepeatedValues repeats
    cdef bint floored
    cdef double radius
    cdef double start_energy
    cdef Py_ssize_t starting
    cdef Py_ssize_t size
    cdef readonly Vector mean
    cdef readonly Vector seen
    cdef readonly Vector gradient
    cdef double threshold(self) noexcept nogil
    cdef double clip_gradient(self) noexcept nogil
    cdef double clip_others(self) noexcept nogil
    cdef int settle_repeats(self) except -1
    cdef void step(self) noexcept nogil
    cdef void begin(self, Py_ssize_t j) noexcept nogil
    cdef void project(self) noexcept nogil
