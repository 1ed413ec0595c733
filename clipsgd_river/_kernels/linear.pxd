from clipsgd_river._kernels.archive cimport Archive
from clipsgd_river._kernels.buffers cimport doubles, integers
from clipsgd_river._kernels.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.vector cimport total

cdef double INPUT_RATE

cdef class LinearKernel:
    cdef readonly object settings
    cdef readonly LocationScaleKernel inputs
    cdef readonly ClipThreshold clip
    cdef readonly double events
    cdef bint scheduled
    cdef Py_ssize_t size
    cdef object before_values
    cdef double* before

    cdef int prepare(self) except -1
    cdef int reserve(self) except -1
    cdef int exchange(self, Archive archive) except -1
    cpdef Py_ssize_t outputs(self)
    cdef void evaluate(self) noexcept
    cdef void write(self, double* out, Py_ssize_t start) noexcept
    cdef void learn(self, double target) noexcept

    cdef int load(self, object event, bint learn) except -1
    cdef double follow_inputs(self) noexcept
    cdef double clipped(self, double norm, double rate) noexcept
    cpdef object check_one(self, object event)
    cpdef object learn_one(self, object event, double target)
    cpdef double value_one(self, object event) except? -1.0
    cpdef object predict_one(self, object event)
    cpdef object run_rows(self, object rows, object names, object targets, object out)
    cpdef tuple snapshot(self)
    cpdef object restore(self, list names, object numbers)
    cdef list owners(self)
