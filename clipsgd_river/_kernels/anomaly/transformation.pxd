from libc.math cimport exp, fabs, log, sqrt

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles, integers
from clipsgd_river._kernels.core.circle cimport turn
from clipsgd_river._kernels.sgd.clip_threshold cimport ClipThreshold
from clipsgd_river._kernels.sgd.location_scale cimport LocationScaleKernel
from clipsgd_river._kernels.core.matrix cimport dot
from clipsgd_river._kernels.anomaly.part cimport Part
from clipsgd_river._kernels.anomaly.part_kernel cimport PartKernel

cdef double LARGEST_COORDINATE
cdef double TAIL_WEIGHT
cdef double NEAR_SQUARE
cdef double LONGEST_STEP
cdef double LEAST_CLIP
cdef double LARGEST_WEIGHT
cdef double LARGEST_PIXEL
cdef double IMAGE_SCALE
cdef double TABLE_SCALE

cdef class TransformationPart(Part):
    cdef readonly Py_ssize_t classes
    cdef readonly Py_ssize_t angles_each
    cdef readonly Py_ssize_t width
    cdef Py_ssize_t pixels
    cdef bint raw
    cdef ClipThreshold clip
    cdef double least_clip
    cdef object shape
    cdef object transformations
    cdef object seed
    cdef double known
    cdef double square
    cdef double tail
    cdef object random_values
    cdef double* random
    cdef object offset_values
    cdef double* offsets
    cdef object destination_values
    cdef int* destination
    cdef object pixel_values
    cdef int* pixel
    cdef object coordinate_values
    cdef double* coordinates
    cdef object angle_values
    cdef double* angles
    cdef object other_values
    cdef double* others
    cdef object phase_values
    cdef double* phases
    cdef object input_values
    cdef double* inputs
    cdef object error_values
    cdef double* errors
    cdef readonly object weight_values
    cdef double* weights

    cdef int point(self) except -1
    cdef void load(self, LocationScaleKernel ground, bint settled) noexcept nogil
    cdef void add(self, double* angles, Py_ssize_t j, double value) noexcept nogil
    cdef void look(self, double* angles, double square) noexcept nogil
    cdef double judge(self, double* angles, double square, double tail) noexcept nogil
    cdef double usual(self, LocationScaleKernel ground, Py_ssize_t j) noexcept nogil
    cdef double excess(self, double z) noexcept nogil
    cdef double rate(self, LocationScaleKernel ground) noexcept nogil
    cdef double logit(self, Py_ssize_t k, Py_ssize_t m) noexcept nogil
    cdef void move(self, Py_ssize_t start, Py_ssize_t source, double weight) noexcept nogil

cdef class TransformationKernel(PartKernel):
    cdef readonly TransformationPart model
