cdef void turn(double* angles, double factor, double* values, Py_ssize_t count) noexcept nogil
cdef void double_angles(double* values, Py_ssize_t start, Py_ssize_t count) noexcept nogil
cdef double inner(double* a, double* b, Py_ssize_t start, Py_ssize_t count) noexcept nogil
