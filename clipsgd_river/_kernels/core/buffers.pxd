cdef void* memory(object owner, char kind) except NULL
cdef double* doubles(object owner) except NULL
cdef int* integers(object owner) except NULL
cdef void** pointers(object owner) except NULL
