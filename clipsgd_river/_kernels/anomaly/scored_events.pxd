from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.buffers cimport doubles, integers
from clipsgd_river._kernels.core.event_loop cimport EventLoop
from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile
from clipsgd_river._kernels.core.score_gate cimport ScoreGate
from clipsgd_river._kernels.core.typical_distance cimport HIGHEST_SCORE

cdef double PRIOR_COUNT

cdef class ScoredEvents(EventLoop):
    cdef readonly RunningQuantile typical
    cdef readonly RunningQuantile limit
    # Where the rows that run now have their answers.
    cdef double* distance_of
    cdef double* score_of
    # Contributions a row that the running call asks for, where they go, and those of one row.
    cdef Py_ssize_t asked
    cdef int* position_of
    cdef double* largest_of
    cdef double* share_of
    cdef ScoreGate gate

    cdef double distance(self) noexcept nogil
    cdef double usual_distance(self) noexcept nogil
    cdef bint notice(self) noexcept nogil
    cdef void step(self) noexcept nogil
    cdef void contribute(self, double* contributions) noexcept nogil
    cdef void explain_row(self, Py_ssize_t row) noexcept nogil
    cdef int exchange_scores(self, Archive archive) except -1
    cdef double score(self, double distance) noexcept nogil
    cdef void learn_at(self, double distance) noexcept nogil

    cpdef double distance_one(self, object event) except? -1.0
    cpdef double score_one(self, object event) except? -1.0
    cpdef double score_learn_one(self, object event) except? -1.0
    cpdef double distance_learn_one(self, object event) except? -1.0
    cpdef tuple learn_one_within(self, object event, double score_limit, double distance_limit, bint own_limit)
    cpdef double score_learn_until(self, object event, ScoreGate gate) except? -1.0
    cpdef object explain_one(self, object event)
    cpdef object run_rows(self, object rows, object names, bint learn, object distances, object scores)
    cpdef Py_ssize_t learn_rows_until(self, object rows, object names, ScoreGate gate, object distances, object scores) except -1
    cpdef object explain_rows(self, object rows, object names, Py_ssize_t asked, object positions, object largest)
    cpdef object set_limit(self, double distance)
