from libc.math cimport fabs, log

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.sgd.location_scale cimport LocationScale

cdef double LARGEST_COORDINATE
cdef double TAIL_WEIGHT
cdef double NEAR_SQUARE
cdef double RESUMED

cdef double tail(double z, double weight) noexcept nogil

cdef class Part:
    cdef void transform(self, FeatureTable features) noexcept nogil
    cdef double inverse_transform(self, double value, Py_ssize_t j) noexcept
    cdef double distance(self, LocationScale standard) noexcept nogil
    cdef double usual_distance(self, LocationScale standard) noexcept nogil
    cdef void step(self, LocationScale standard, double events) noexcept nogil
    cdef void after_step(self, LocationScale standard) noexcept nogil
    cdef void contribute(self, LocationScale standard, double* contributions) noexcept nogil
    cdef double centre(self, LocationScale standard, Py_ssize_t j) noexcept nogil
    cdef void expect(self, LocationScale standard, double* band) noexcept nogil
    cdef dict members(self)
    cdef bint take_change(self) noexcept nogil
    cdef void resume(self, double events) noexcept nogil
    cdef void shorten(self, double events) noexcept nogil
    cdef int prepare(self) except -1
    cdef int grow(self, LocationScale standard, Py_ssize_t size) except -1
    cdef void add_features(self, Py_ssize_t size) noexcept
    cdef void reset_feature(self, Py_ssize_t j) noexcept
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef int exchange(self, LocationScale standard, Archive archive) except -1
