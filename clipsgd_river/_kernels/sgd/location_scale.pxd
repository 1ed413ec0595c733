from libc.math cimport fabs

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.vector cimport IntegerVector
from clipsgd_river._kernels.sgd.clipped_steps cimport REPEAT_SQUARE, ClippedSteps
from clipsgd_river._kernels.sgd.other_values cimport OtherValues
from clipsgd_river._kernels.sgd.repeated_values cimport ATOM, FAMILIAR, FROZEN, REGULAR, RepeatedValues
from clipsgd_river._kernels.sgd.kept_values cimport KEPT

cdef double KNOWN_SQUARE

cdef class LocationScale(ClippedSteps):
    cdef readonly RepeatedValues repeats
    cdef readonly OtherValues others
    cdef bint owns_repeats
    cdef readonly IntegerVector far
    cdef readonly bint informative
    cdef readonly bint resumed
    # That of the repeated values up to which this one has followed.
    cdef Py_ssize_t changes
    # Likewise, of the atoms.
    cdef Py_ssize_t followed

    cdef int share_repeats(self, RepeatedValues repeats) except -1
    cdef int settle_repeats(self) except -1
    cdef void limit_atoms(self) noexcept nogil
    cdef bint has_atoms(self, Py_ssize_t j) noexcept nogil
    cdef bint is_known(self, Py_ssize_t k) noexcept nogil
    cdef void notice_repeats(self, double events) noexcept nogil
    cdef void begin_other(self, Py_ssize_t k) noexcept nogil
    cdef void follow_all_atoms(self) noexcept nogil
    cdef void combine(self, Py_ssize_t j) noexcept nogil
    cdef void follow_atoms(self, Py_ssize_t j, Py_ssize_t slot) noexcept nogil
