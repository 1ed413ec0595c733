from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.archived cimport ArchivedKernel
from clipsgd_river._kernels.core.buffers cimport doubles, integers
from clipsgd_river._kernels.core.features cimport FeatureTable
from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile

cdef double HIGHEST_SCORE
cdef double PRIOR_COUNT

cdef class DetectorKernel(ArchivedKernel):
    cdef readonly FeatureTable features
    cdef readonly RunningQuantile typical
    cdef readonly RunningQuantile limit
    cdef readonly double events
    cdef bint busy
    cdef bint scheduled
    # Where the rows that run now have their answers.
    cdef double* distance_of
    cdef double* score_of

    cdef double distance(self) noexcept nogil
    cdef double usual_distance(self) noexcept nogil
    cdef void step(self) noexcept nogil
    cdef void contribute(self, double* contributions) noexcept nogil
    cdef int prepare(self) except -1
    cdef int reserve(self, Py_ssize_t size) except -1

    cdef double score(self, double distance) noexcept nogil
    cdef void learn(self, double distance) noexcept nogil
    cdef int load(self, object event, bint learn) except -1
    cdef int claim(self) except -1
    cdef int start_features(self, list names) except -1
    cdef Py_ssize_t least_numbers(self, Py_ssize_t size)
    cdef Py_ssize_t start_columns(self, double* rows, object names, Py_ssize_t start, Py_ssize_t count) except -1

    cpdef double distance_one(self, object event) except? -1.0
    cpdef double score_one(self, object event) except? -1.0
    cpdef object learn_one(self, object event)
    cpdef double score_learn_one(self, object event) except? -1.0
    cpdef double distance_learn_one(self, object event) except? -1.0
    cpdef tuple learn_one_within(self, object event, double score_limit, double distance_limit, bint own_limit)
    cpdef object explain_one(self, object event)
    cpdef object expect_one(self, object event)
    cdef void run_row(self, Py_ssize_t row, bint learn) noexcept nogil
    cdef int each_row(self, object rows, object names, Py_ssize_t count, bint learn) except -1
    cpdef object run_rows(self, object rows, object names, bint learn, object distances, object scores)
    cpdef object set_limit(self, double distance)
    cpdef object imitate(self, DetectorKernel other)
