"""Rules around alert filters: which side, how much, which values, when other things are usual.

A rule goes around `AlertBudget`, `TailFilter` or another rule, in any order, and is a filter
itself: ``Direction(LeastDeviation(AlertBudget(detector), relative=0.2), "above")``.
"""

from clipsgd_river.alerts.rules.calendar import Calendar
from clipsgd_river.alerts.rules.direction import Direction
from clipsgd_river.alerts.rules.holidays import Holidays
from clipsgd_river.alerts.rules.least_deviation import LeastDeviation
from clipsgd_river.alerts.rules.never_alert import NeverAlert
from clipsgd_river.alerts.rules.special_events import SpecialEvents
from clipsgd_river.alerts.rules.windows import Daily, Monthly, NthWeekday, Once, Weekly, Yearly

__all__ = [
    "Calendar",
    "Daily",
    "Direction",
    "Holidays",
    "LeastDeviation",
    "Monthly",
    "NeverAlert",
    "NthWeekday",
    "Once",
    "SpecialEvents",
    "Weekly",
    "Yearly",
]
