from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.sgd.location_scale cimport MULTIPLE, LocationScaleKernel
from clipsgd_river._kernels.core.vector cimport total

cdef double INPUT_RATE
cdef double EARLIEST

cdef class LinearKernel(LocationScaleKernel):
    cdef readonly ClipThreshold error_clip
    cdef object before_values
    cdef double* before
    cdef object early_values
    cdef double* early
    # Where the rows that run now have their targets and answers.
    cdef double* target_of
    cdef double* output_of
    cdef bint writes
    cdef readonly Py_ssize_t outputs

    cdef void evaluate(self) noexcept nogil
    cdef void write(self, double* out, Py_ssize_t start) noexcept nogil
    cdef void teach(self, double target) noexcept nogil

    cdef void step_of_start(self) noexcept nogil
    cdef double follow_inputs(self) noexcept nogil
    cdef double clipped(self, double norm, double rate) noexcept nogil
    cpdef object check_one(self, object event)
    cpdef object teach_one(self, object event, double target)
    cpdef double value_one(self, object event) except? -1.0
    cpdef object predict_one(self, object event)
    cpdef object run_targets(self, object rows, object names, object targets, object out)
