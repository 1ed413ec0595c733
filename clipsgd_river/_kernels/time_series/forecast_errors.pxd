from libc.math cimport exp, fabs, sqrt

from clipsgd_river._kernels.core.archive cimport LARGEST_COUNT, Archive
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.sgd.deviations cimport LARGEST_SCALE
from clipsgd_river._kernels.time_series.outlooks cimport DEVIATIONS, LAST, NONE, VIEWS, Outlooks

cdef Py_ssize_t HORIZONS
cdef Py_ssize_t LONGEST
cdef Py_ssize_t PLACES
cdef Py_ssize_t COMBINED
cdef Py_ssize_t DEVIATED
cdef double RATE
cdef double SHARE_RATE
cdef double CLIP
cdef double VIEW_CLIP
cdef double SOME
cdef double OUTSIDE
cdef double WIDTH_RATE
cdef double FIRST_WIDTH
cdef double NARROWEST
cdef double WIDEST
cdef double WIDENED
cdef double SMALLEST

cdef class ForecastErrors:
    cdef readonly Vector pending
    cdef readonly Vector made
    cdef readonly Vector errors
    cdef readonly Vector counts
    cdef readonly Vector scale
    cdef readonly Vector seen
    cdef readonly Vector width
    cdef readonly Vector products
    cdef readonly Vector squares
    cdef readonly Vector views
    cdef readonly Vector shares

    cdef void begin(self) noexcept nogil
    cdef Py_ssize_t lower(self, long long h) noexcept nogil
    cdef double beyond(self, long long h, Py_ssize_t k) noexcept nogil
    cdef Py_ssize_t place(self, Py_ssize_t k) noexcept nogil
    cdef double share(self, Py_ssize_t k, Py_ssize_t i) noexcept nogil
    cdef double forecast(self, Outlooks outlooks, long long h, double seconds) noexcept nogil
    cdef double error(self, Py_ssize_t k, double beyond, Py_ssize_t i) noexcept nogil
    cdef double view_error(self, Py_ssize_t k, Py_ssize_t i) noexcept nogil
    cdef double combined(self, Py_ssize_t k, double beyond) noexcept nogil
    cdef double half_width(self, long long h) noexcept nogil
    cdef double at_horizon(self, Py_ssize_t k) noexcept nogil
    cdef double limit(self) noexcept nogil
    cdef void judge(self, Outlooks outlooks, double y, bint known) noexcept nogil
    cdef void judge_views(self, Py_ssize_t k, Py_ssize_t place, double y) noexcept nogil
    cdef void judge_combined(self, Py_ssize_t k, double error) noexcept nogil
    cdef void regress(self, Outlooks outlooks, Py_ssize_t k, Py_ssize_t place) noexcept nogil
    cdef void look_ahead(self, Outlooks outlooks, double seconds, double gap) noexcept nogil
    cdef int exchange(self, Archive archive) except -1
