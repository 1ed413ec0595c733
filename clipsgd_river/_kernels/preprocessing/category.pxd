from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.preprocessing.value_table cimport ValueTable

cdef class Category:
    cdef readonly ValueTable table
    cdef object pending
    cdef object pending_context
    cdef int learn(self, object key, object given) except -1
    cdef double bits(self, object key, object given) except -1.0
    cdef tuple seen(self, object key, object given)
    cdef int exchange(self, Archive archive) except -1
    cdef list kept(self)
    cdef int take_kept(self, list kept) except -1
