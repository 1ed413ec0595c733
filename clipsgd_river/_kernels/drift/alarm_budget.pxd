from libc.math cimport log

cdef double FIRST_PERIOD
cdef double SLOWNESS
cdef double BOUNDS_SHARE
cdef double RUN_LENGTH_ERROR

cdef class AlarmBudget:
    cdef double delta
    cdef double rest
    cdef double run_length
    cdef readonly double bounds_error
    cdef readonly double spending
    cdef readonly double level
    cdef double period
    cdef double end
    cdef void begin(self) noexcept nogil
    cdef void spend(self, double length) noexcept nogil
    cdef void advance(self, double events) noexcept nogil
