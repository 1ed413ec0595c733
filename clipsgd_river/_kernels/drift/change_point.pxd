from libc.math cimport fabs, log, sqrt

from clipsgd_river._kernels.core.archive cimport LARGEST_NUMBER, Archive
from clipsgd_river._kernels.core.buffers cimport doubles
from clipsgd_river._kernels.core.event_loop cimport EventLoop
from clipsgd_river._kernels.core.features cimport LARGEST_VALUE
from clipsgd_river._kernels.core.robust_start cimport RobustStart
from clipsgd_river._kernels.core.vector cimport Vector
from clipsgd_river._kernels.drift.alarm_budget cimport AlarmBudget
from clipsgd_river._kernels.drift.direction_tests cimport DirectionTests
from clipsgd_river._kernels.drift.level_history cimport LevelHistory
from clipsgd_river._kernels.drift.mean_bounds cimport SCALES, UNKNOWN, MeanBounds
from clipsgd_river._kernels.drift.serial_dependence cimport SerialDependence
from clipsgd_river._kernels.drift.shift_tests cimport ShiftTests
from clipsgd_river._kernels.sgd.kept_values cimport same

cdef double LARGEST_DEVIATION
cdef Py_ssize_t FEW_EVENTS
cdef Py_ssize_t MANY_EVENTS
cdef double MISSING
cdef double LOG_2
cdef double WARNING_EVENTS
cdef Py_ssize_t BOUNDS_EVERY
cdef Py_ssize_t BOUNDS_FIRST

cdef class ChangePointKernel(EventLoop):
    cdef bint sigma_known
    cdef readonly Py_ssize_t warm_up
    cdef double sigma
    cdef readonly AlarmBudget budget
    cdef readonly MeanBounds bounds
    cdef readonly ShiftTests shifts
    cdef readonly DirectionTests directions
    cdef readonly SerialDependence dependence
    cdef readonly LevelHistory history
    cdef readonly RobustStart start
    cdef readonly bint alarm
    cdef readonly double stretch
    cdef readonly double change
    cdef readonly double detections
    cdef double warned_at
    cdef double feature_level
    # Output of the rows that run now.
    cdef double* alarm_of
    cdef readonly Vector seen
    cdef readonly Vector tested
    cdef readonly Vector center
    cdef readonly Vector unit
    cdef readonly Vector radius
    cdef readonly Vector latest
    cpdef object run_rows(self, object rows, object names, object alarms)
    cpdef bint learn_number(self, double value) except -1
    cdef void remember(self, double index) noexcept nogil
    cdef bint test_event(self, double index) noexcept nogil
    cdef bint test_feature(self, Py_ssize_t j, double index, double level) noexcept nogil
    cdef double standardised(self, Py_ssize_t j, double value) noexcept nogil
    cdef bint observe(self, Py_ssize_t j, double value, double index) noexcept nogil
    cdef void observe_start(self, Py_ssize_t j, double end) noexcept nogil
    cdef double inflation(self, Py_ssize_t j) noexcept nogil
    cdef double bounds_level(self) noexcept nogil
    cdef void add_to_start(self, Py_ssize_t j, double value) noexcept nogil
    cdef void clear(self, Py_ssize_t j) noexcept nogil
    cdef void restart(self) noexcept nogil
    cpdef bint warning(self)
    cpdef tuple interval(self, Py_ssize_t j)
