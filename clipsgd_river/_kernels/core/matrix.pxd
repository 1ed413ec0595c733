from libc.math cimport sqrt

cdef double dot(double* left, Py_ssize_t start, double* right, Py_ssize_t other, Py_ssize_t count) noexcept nogil
cdef void rows_times(double* matrix, Py_ssize_t rows, Py_ssize_t width, double* vector, double* out) noexcept nogil
cdef void add_rows(double* matrix, Py_ssize_t rows, Py_ssize_t width, double* weights, double* out) noexcept nogil
cdef void spread_over_rows(double* matrix, Py_ssize_t rows, Py_ssize_t width, double* weights, double* vector) noexcept nogil
cdef void rotate_rows(double* matrix, Py_ssize_t width, Py_ssize_t count, Py_ssize_t a, Py_ssize_t b, double cosine, double sine) noexcept nogil
cdef Py_ssize_t decompose_rows(double* matrix, Py_ssize_t rows, Py_ssize_t width, double* factor, Py_ssize_t most, double shortest) noexcept nogil
cdef void rotate_form(double* form, Py_ssize_t stride, Py_ssize_t side, Py_ssize_t a, Py_ssize_t b, double cosine, double sine) noexcept nogil
cdef void transform_form(double* form, Py_ssize_t side, Py_ssize_t stride, double* factor, Py_ssize_t width, double* out) noexcept nogil
cdef void orthonormalise_rows(double* matrix, Py_ssize_t width, Py_ssize_t a, Py_ssize_t b) noexcept nogil
cdef void factorise(double* matrix, Py_ssize_t side, Py_ssize_t stride, double ridge, double* factor) noexcept nogil
cdef void solve(double* factor, Py_ssize_t side, Py_ssize_t stride, double* vector, double* out) noexcept nogil
