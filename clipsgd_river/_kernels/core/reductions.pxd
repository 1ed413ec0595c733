cdef double total(double* values, Py_ssize_t count) noexcept nogil
cdef double smallest(double* values, Py_ssize_t count) noexcept nogil
