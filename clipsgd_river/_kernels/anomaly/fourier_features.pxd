from libc.math cimport exp, fabs, log, sqrt

from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.circle cimport double_angles, turn
from clipsgd_river._kernels.sgd.location_scale cimport LocationScaleKernel

cdef double LARGEST_COORDINATE
cdef double TAIL_WEIGHT
cdef Py_ssize_t BANDWIDTHS

cdef class FourierFeatures:
    cdef readonly Py_ssize_t components
    cdef readonly Py_ssize_t length
    cdef object seed
    cdef double factor
    cdef double square
    cdef double tail
    cdef object weight_values
    cdef double* weights
    cdef object coordinate_values
    cdef double* coordinates
    cdef object angle_values
    cdef double* angles
    cdef object other_angle_values
    cdef double* other_angles
    cdef object values_owner
    cdef double* values
    cdef object shrinking_values
    cdef double* shrinking
    cdef readonly bint fresh

    cdef int point(self) except -1
    cdef object room(self, LocationScaleKernel ground, Py_ssize_t size)
    cdef int occupy(self, object room, Py_ssize_t size) except -1
    cdef void adopt(self, Py_ssize_t size, double* mean) noexcept nogil
    cdef void settle(self, Py_ssize_t size) noexcept nogil
    cdef double excess(self, double z) noexcept nogil
    cdef void load(self, LocationScaleKernel ground, bint settled) noexcept nogil
    cdef void project(self, int* present, Py_ssize_t count) noexcept nogil
    cdef void leave_out(self, LocationScaleKernel ground, Py_ssize_t k) noexcept nogil
    cdef void evaluate(self, double* angles) noexcept nogil
    cdef list owners(self)
