from libc.math cimport exp, log

from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.vector cimport IntegerVector, Vector

cdef double PRIOR
cdef double CERTAIN
cdef double BITS
cdef unsigned long long LOW_64
cdef unsigned long long GOLDEN
cdef Py_ssize_t ROOT
cdef Py_ssize_t FIRST_CAPACITY
cdef Py_ssize_t ROWS_PER_EVENT
cdef int HALVINGS

cdef class ValueTable:
    cdef readonly double memory
    cdef readonly Py_ssize_t most
    cdef double fading
    cdef double kept_share
    cdef readonly Py_ssize_t size
    cdef readonly double purges
    cdef Py_ssize_t capacity
    cdef readonly list keys
    cdef readonly Vector weights
    cdef readonly Vector stamps
    cdef readonly IntegerVector parents
    cdef readonly IntegerVector codes
    cdef readonly IntegerVector index
    cdef Py_ssize_t mask
    cdef int shift
    cdef unsigned long long odd
    cdef unsigned long long salt
    cdef int code_of(self, object key) except -1
    cdef Py_ssize_t first_slot(self, Py_ssize_t parent, int code) noexcept
    cdef Py_ssize_t find(self, Py_ssize_t parent, object key) except -2
    cdef Py_ssize_t add(self, Py_ssize_t parent, object key, double weight, double stamp) except -1
    cdef int insert(self, Py_ssize_t slot) except -1
    cdef int grow(self, Py_ssize_t capacity) except -1
    cdef int index_all(self) except -1
    cdef double mass(self, Py_ssize_t context) noexcept nogil
    cdef double escape(self, Py_ssize_t context) noexcept nogil
    cdef double count(self, Py_ssize_t slot) noexcept nogil
    cdef double share(self, Py_ssize_t context, object key) except -1.0
    cdef double bits(self, object key, object given) except -1.0
    cdef int learn(self, object key, object given) except -1
    cdef Py_ssize_t observe(self, Py_ssize_t context, object key) except -1
    cdef int ensure_capacity(self) except -1
    cdef int purge(self) except -1
    cdef double middle_count(self) except -1.0
    cdef int keep_marked(self, int* marks, double cut) except -1
    cdef tuple seen(self, object context_key, object key)
    cdef tuple times_seen(self, object key, object given)
    cdef int exchange(self, Archive archive) except -1
    cdef int check_rows(self) except -1
    cdef int restore_keys(self, list keys) except -1
