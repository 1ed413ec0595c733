cdef class Archive:
    cdef readonly object numbers
    cdef readonly bint reading
    cdef bint trusted
    cdef Py_ssize_t position
    cdef int rewind(self) except -1
    cdef double number(self, double value) except? -1.0
    cdef double count(self, double value) except? -1.0
    cdef int check_count(self, double value) except -1
    cdef object vector(self, object owner, Py_ssize_t length)
    cdef int check_gradients(self, object memory) except -1
