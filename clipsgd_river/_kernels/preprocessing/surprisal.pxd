from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.preprocessing.category cimport Category

cdef Py_ssize_t LONGEST

cdef class SurprisalKernel(ArchivedKernel):
    cdef readonly dict columns
    cdef readonly double events
    cdef readonly double memory
    cdef frozenset named
    cdef readonly dict given
    cdef Py_ssize_t max_features
    cdef object key_of(self, object name, object content)
    cdef object given_key(self, object name, dict event)
    cdef Category find_category(self, object name)
    cdef Category start_category(self, object name)
    cpdef object learn_one(self, object event)
    cpdef object transform_one(self, object event)
    cpdef object seen_one(self, object event)
    cdef int exchange(self, Archive archive) except -1
    cpdef tuple snapshot(self)
    cpdef object kept(self)
    cpdef object restore(self, list names, object numbers)
    cpdef object take_kept(self, object kept)
