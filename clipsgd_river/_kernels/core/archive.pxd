cdef double LARGEST_COUNT
cdef double LARGEST_NUMBER

cdef class Archive:
    cdef readonly object numbers
    cdef readonly bint reading
    cdef readonly bint trusted
    cdef Py_ssize_t position
    cdef int rewind(self) except -1
    cdef double number(self, double value) except? -1.0
    cdef double count(self, double value) except? -1.0
    cdef double bounded(self, double value, double low, double high, str what) except? -1.0
    cdef double nonnegative(self, double value, str what) except? -1.0
    cdef int check(self, double value, double low, double high, str what) except -1
    cdef int check_count(self, double value) except -1
    cdef int require(self, Py_ssize_t count) except -1
    cdef object vector(self, object owner, Py_ssize_t length)
