from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.sgd.location_scale cimport LocationScaleKernel

cdef class Part:
    cdef double distance(self, LocationScaleKernel ground) noexcept nogil
    cdef double usual_distance(self, LocationScaleKernel ground) noexcept nogil
    cdef void step(self, LocationScaleKernel ground) noexcept nogil
    cdef void contribute(self, LocationScaleKernel ground, double* contributions) noexcept nogil
    cdef void expect(self, LocationScaleKernel ground, double* expected, double* spread) noexcept nogil
    cdef int shorten(self, double events) except -1
    cdef int prepare(self, LocationScaleKernel ground) except -1
    cdef object room(self, LocationScaleKernel ground, Py_ssize_t size)
    cdef int occupy(self, object room, Py_ssize_t size) except -1
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, LocationScaleKernel ground, Archive archive) except -1
    cdef list owners(self)
