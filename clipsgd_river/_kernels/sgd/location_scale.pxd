from libc.math cimport fabs

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.sgd.clipped_steps cimport REPEAT_SQUARE, ClippedSteps
from clipsgd_river._kernels.sgd.other_values cimport OtherValues
from clipsgd_river._kernels.sgd.repeated_values cimport ATOM, FAMILIAR, FROZEN, REGULAR, REST, RepeatedValues
from clipsgd_river._kernels.sgd.value_shares cimport usual_deviation

cdef double KNOWN_SQUARE

cdef class LocationScale(ClippedSteps):
    cdef readonly RepeatedValues repeats
    cdef readonly OtherValues others
    cdef bint owns_repeats
    cdef readonly bint informative
    cdef readonly bint resumed
    # That of the repeated values up to which this one has followed.
    cdef Py_ssize_t changes

    cdef int share_repeats(self, RepeatedValues repeats) except -1
    cdef int settle_repeats(self) except -1
    cdef void limit_atoms(self) noexcept nogil
    cdef bint has_atoms(self, Py_ssize_t j) noexcept nogil
    cdef bint is_known(self, Py_ssize_t k) noexcept nogil
    cdef void notice_repeats(self, double events) noexcept nogil
    cdef void follow_atoms(self, Py_ssize_t j, Py_ssize_t slot) noexcept nogil
