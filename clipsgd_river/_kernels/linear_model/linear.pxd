from libc.math cimport fabs

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.event_loop cimport EventLoop
from clipsgd_river._kernels.core.reductions cimport total
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.clip_threshold cimport MULTIPLE, ClipThreshold
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale
from clipsgd_river._kernels.sgd.repeated_values cimport ATOM, FROZEN, REGULAR

cdef double INPUT_RATE
cdef double EARLIEST

cdef class LinearKernel(EventLoop):
    cdef readonly LocationScale inputs
    cdef readonly ClipThreshold error_clip
    cdef readonly Vector before
    cdef readonly Vector early
    # Where the rows that run now have their targets and answers.
    cdef double* target_of
    cdef double* output_of
    # Squared norm of the clipped standardised event, of which what repeats counts 1 at most.
    cdef double usual_energy
    cdef bint rare
    cdef bint writes
    cdef readonly Py_ssize_t outputs

    cdef void evaluate(self) noexcept nogil
    cdef void write(self, double* out, Py_ssize_t start) noexcept nogil
    cdef void teach(self, double target) noexcept nogil

    cdef void include_repeats(self) noexcept nogil
    cdef void step_of_start(self) noexcept nogil
    cdef double follow_inputs(self) noexcept nogil
    cdef double limit(self, ClipThreshold clip, double rate) noexcept nogil
    cdef double clipped(self, double norm, double rate) noexcept nogil
    cpdef object check_one(self, object event)
    cpdef object teach_one(self, object event, double target)
    cpdef double value_one(self, object event) except? -1.0
    cpdef object predict_one(self, object event)
    cpdef object run_targets(self, object rows, object names, object targets, object out)
