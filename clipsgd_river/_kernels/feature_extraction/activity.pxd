from libc.math cimport fabs, log

from clipsgd_river._kernels.alerts.event_clock cimport EventClock
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.feature_extraction.key_rows cimport KeyRows

cdef long long FACTOR
cdef long long MODULUS
cdef double BITS
cdef double LARGEST_AMOUNT
cdef Py_ssize_t MOST_CODES
cdef double LARGEST_TIME
cdef Py_ssize_t LONGEST
cdef long long WIDEST

cdef class Group:
    cdef readonly tuple columns
    cdef readonly list distinct
    cdef readonly list sums
    cdef readonly list names
    cdef bint single
    cdef readonly KeyRows rows

    cdef object key_of(self, dict event)
    cdef dict seen(self, bint logarithms)
    cdef dict described(self, object key)
    cdef dict taught(self, bint logarithms)

cdef class ActivityKernel(ArchivedKernel):
    cdef readonly double events
    cdef readonly double now
    cdef readonly long long chance
    cdef bint logarithms
    cdef bint once_per_window
    cdef object seed
    cdef readonly EventClock clock
    cdef EventClock asked
    cdef readonly list groups
    cdef readonly list kinds
    cdef readonly list seconds
    cdef dict codes
    cdef object lesson
    cdef object learned

    cpdef object learn_one(self, object event, double stamp)
    cpdef object transform_one(self, object event, double stamp)
    cpdef object describe_one(self, object event, double stamp)
    cdef dict ask(self, object event, double stamp, bint describe)
    cdef tuple arguments(self)
    cdef int pass_time(self, EventClock clock, double stamp) except -1
    cdef list load_all(self, dict event)
    cdef int load(self, Group group, object codes, object amounts) except -1
    cdef object code(self, dict event, object name)
    cdef int exchange(self, Archive archive) except -1
    cpdef tuple snapshot(self)
    cpdef object kept(self)
    cpdef object restore(self, list names, object numbers)
    cpdef object take_kept(self, object kept)

cdef double as_feature(double value, bint logarithms) noexcept
cdef object plain_key(dict event, object name)
cdef double amount_of(dict event, object name) except? -1.0
cdef object as_event(object event)
