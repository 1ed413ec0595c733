from clipsgd_river._kernels.anomaly.category_news cimport CategoryNews
from clipsgd_river._kernels.anomaly.frequent_values cimport BITS
from clipsgd_river._kernels.anomaly.joined_bits cimport JoinedBits
from clipsgd_river._kernels.anomaly.number_bits cimport NumberBits
from clipsgd_river._kernels.anomaly.scored_events cimport ScoredEvents
from clipsgd_river._kernels.anomaly.shared_bits cimport SharedBits
from clipsgd_river._kernels.core.archive cimport Archive
from clipsgd_river._kernels.core.event_loop cimport EventLoop
from clipsgd_river._kernels.core.running_quantile cimport RunningQuantile
from clipsgd_river._kernels.core.vector cimport Vector

cdef double MOST_BITS
cdef double CONDITIONAL

cdef class SurprisalDetectorKernel(NumberBits):
    cdef readonly JoinedBits joined
    cdef readonly SharedBits shared
    cdef readonly Vector bits
    cdef readonly dict news
    cdef double total
    cdef double largest
    cdef list heard
    cdef readonly dict given
    cdef readonly frozenset named

    cdef dict with_news(self, dict event)
    cdef object key_of(self, object name, object content)
    cdef object context_of(self, object name, dict event)
    cdef double news_of(self, CategoryNews known, object key, object context) except -1.0
    cdef CategoryNews new_news(self)
    cdef CategoryNews news_at(self, Py_ssize_t j)
    cdef double bits_of(self, Py_ssize_t k, Py_ssize_t j) noexcept nogil
    cdef double part_of(self, Py_ssize_t k) noexcept nogil
    cdef bint shares(self, Py_ssize_t j) noexcept nogil
    cdef double extra(self) noexcept nogil
    cdef bint hears(self) noexcept nogil
    cdef int learn_news(self, CategoryNews known, object key, object context) except -1
    cdef object times_seen(self, CategoryNews known, object key, object context)

    cpdef object expect_one(self, object event)
    cpdef dict bits_one(self, object event)
    cpdef dict encode_one(self, object event)
    cpdef dict seen_one(self, object event)
    cpdef object refuse_text(self, object name, object content)
    cpdef object kept(self)
    cpdef object take_kept(self, object kept)
