# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What is usual at this time of day, and of the week, and on holidays."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs, floor

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT
    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.sgd.deviations import LARGEST_SCALE
    from clipsgd_river._kernels.sgd.kept_values import same

# Seconds.
A_DAY = 86400.0
# Quarters of an hour of a day; three hours of a week, which begins on a Thursday as 1970 did, and
# of an eighth day, a holiday.
DAY_BINS = 96
OF_A_DAY = 8
SUNDAY = 24
HOLIDAY = 56
WEEK_BINS = 64
# Smallest steps.
RATE = 0.05
WEEK_RATE = 0.02
# Deviations are clipped at so many of their scales; a mean absolute deviation times this is a
# Gaussian's standard deviation.
CLIP = 4.0
GAUSSIAN = 1.2533141373155003
# Visits of an hour of the week that its profile is shrunk by; the week is used where it reduces
# deviations to this share of those from the day, after so many days.
SHRINKAGE = 2.0
GAIN = 0.7
DAYS = 14.0


class CalendarProfile:
    r"""Clipped means by time of day, and what the day of the week adds, for each feature.

    With p the profile of 96 bins of a quarter of an hour, n the visits of a bin, and e = x - p,

    .. math:: p \leftarrow p + \max(0.05, \tfrac{1}{n + 1})\, \mathrm{clip}(e, 4 \sigma),

    sigma a clipped mean of |e|. The week has 56 bins of three hours, which learn what is left of
    the deviations from the day, with steps down to 0.02; shrunk, they are added once they have
    reduced deviations by three tenths. Holidays are an eighth day of the week, held to that by
    themselves; the first one is taken for a Sunday. 2.6 KB a feature, O(1) per event.
    """

    def __init__(self) -> None:
        self.day = Vector()
        self.day_counts = Vector()
        self.week = Vector()
        self.week_counts = Vector()
        self.spread = Vector()
        self.day_error = Vector()
        self.week_error = Vector()
        # Bins of the loaded event; -1 where it has no time.
        self.day_bin = -1
        self.week_bin = -1

    def look_at(self, seconds: float, holiday: cython.bint = False) -> None:
        """Find the bins of a time, in seconds of the calendar; NaN for none."""
        self.day_bin = -1
        self.week_bin = -1
        if seconds != seconds:
            return
        # Whole seconds stay so: what is taken at the beginning of a bin is in it.
        day: cython.double = floor(seconds / A_DAY)
        week: cython.double = floor(seconds / (7.0 * A_DAY))
        of_day: cython.double = (seconds - day * A_DAY) / (A_DAY / DAY_BINS)
        of_week: cython.double = (seconds - week * (7.0 * A_DAY)) / (7.0 * A_DAY / HOLIDAY)
        self.day_bin = min(cython.cast(cython.Py_ssize_t, max(of_day, 0.0)), DAY_BINS - 1)
        self.week_bin = min(cython.cast(cython.Py_ssize_t, max(of_week, 0.0)), HOLIDAY - 1)
        if holiday:
            self.week_bin = HOLIDAY + self.week_bin % OF_A_DAY

    def knows(self, j: cython.Py_ssize_t) -> cython.bint:
        """Whether the feature at position j was there before at this time of day."""
        return self.day_bin >= 0 and self.day_counts.at[j * DAY_BINS + self.day_bin] > 0.0

    def knows_holiday(self, j: cython.Py_ssize_t) -> cython.bint:
        """Whether the event is on no holiday, or was there before on one at this time."""
        return self.week_bin < HOLIDAY or self.week_counts.at[j * WEEK_BINS + self.week_bin] > 0.0

    def error_of(self, j: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Where the errors of such a day are: of holidays, or of the week."""
        return 2 * j + (self.week_bin >= HOLIDAY and self.knows_holiday(j))

    def week_part(self, j: cython.Py_ssize_t) -> float:
        """What the time of the week adds."""
        at: cython.Py_ssize_t = j * WEEK_BINS + self.week_bin
        if not self.knows_holiday(j):
            at = j * WEEK_BINS + SUNDAY + self.week_bin % OF_A_DAY
        visits: cython.double = self.week_counts.at[at]
        return self.week.at[at] * (visits / (visits + SHRINKAGE))

    def expected(self, j: cython.Py_ssize_t) -> float:
        """What is usual at this time, where `knows`."""
        at: cython.Py_ssize_t = j * DAY_BINS + self.day_bin
        errors: cython.Py_ssize_t = self.error_of(j)
        if (
            self.day_counts.at[at] > DAYS
            and self.week_error.at[errors] < GAIN * self.day_error.at[errors]
        ):
            return self.day.at[at] + self.week_part(j)
        return self.day.at[at]

    def deviation(self, j: cython.Py_ssize_t, x: float) -> float:
        """How far a value is from what is usual at this time; 0 within round-off."""
        expected: cython.double = self.expected(j)
        return 0.0 if same(x, expected) else x - expected

    def unit(self, j: cython.Py_ssize_t) -> float:
        """Scale of the deviations."""
        return self.spread.at[j]

    def learn(
        self, j: cython.Py_ssize_t, x: float, first: float, rate: float, least: float
    ) -> None:
        """Take a step on the value of an event with a time.

        Parameters
        ----------
        j
            Position of the feature.
        x
            Its value.
        first
            What to start from if it is the first one of this time of day: the value, clipped.
        rate
            Step of the scale of deviations.
        least
            The smallest such scale to clip at: without one, what hardly ever deviates would at last
            be clipped to nothing.
        """
        at: cython.Py_ssize_t = j * DAY_BINS + self.day_bin
        of_week: cython.Py_ssize_t = j * WEEK_BINS + self.week_bin
        day: cython.p_double = self.day.at
        week: cython.p_double = self.week.at
        days: cython.p_double = self.day_counts.at
        weeks: cython.p_double = self.week_counts.at
        spread: cython.p_double = self.spread.at
        day_error: cython.p_double = self.day_error.at
        week_error: cython.p_double = self.week_error.at
        from_day: cython.double
        from_week: cython.double
        limit: cython.double
        size: cython.double
        if self.day_bin < 0:
            return
        if days[at] == 0.0:
            day[at] = first
            days[at] = 1.0
            return
        size = fabs(self.deviation(j, x))
        from_day = 0.0 if same(x, day[at]) else x - day[at]
        from_week = from_day - week[of_week]
        limit = CLIP * max(spread[j], least)
        if limit == 0.0:
            limit = max(size, fabs(from_day))
        limit = min(limit, LARGEST_SCALE)
        if self.knows_holiday(j):
            errors: cython.Py_ssize_t = self.error_of(j)
            left: cython.double = fabs(from_day - self.week_part(j))
            day_error[errors] += rate * (min(fabs(from_day), limit) - day_error[errors])
            week_error[errors] += rate * (min(left, limit) - week_error[errors])
        week[of_week] += max(WEEK_RATE, 1.0 / (weeks[of_week] + 1.0)) * max(
            -limit, min(from_week, limit)
        )
        day[at] += max(RATE, 1.0 / (days[at] + 1.0)) * max(-limit, min(from_day, limit))
        days[at] = min(days[at] + 1.0, LARGEST_COUNT)
        weeks[of_week] = min(weeks[of_week] + 1.0, LARGEST_COUNT)
        spread[j] += rate * (min(GAUSSIAN * min(size, limit), LARGEST_SCALE) - spread[j])

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.day.grow(size * DAY_BINS)
        self.day_counts.grow(size * DAY_BINS)
        self.week.grow(size * WEEK_BINS)
        self.week_counts.grow(size * WEEK_BINS)
        self.spread.grow(size)
        self.day_error.grow(2 * size)
        return self.week_error.grow(2 * size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j."""
        i: cython.Py_ssize_t
        for i in range(j * DAY_BINS, (j + 1) * DAY_BINS):
            self.day.at[i] = 0.0
            self.day_counts.at[i] = 0.0
        for i in range(j * WEEK_BINS, (j + 1) * WEEK_BINS):
            self.week.at[i] = 0.0
            self.week_counts.at[i] = 0.0
        self.spread.at[j] = 0.0
        for i in range(2 * j, 2 * j + 2):
            self.day_error.at[i] = 0.0
            self.week_error.at[i] = 0.0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Numbers of ``size`` features."""
        return size * (2 * DAY_BINS + 2 * WEEK_BINS + 5)

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        largest: cython.double = LARGEST_SCALE
        self.day.exchange_bounded(
            archive, size * DAY_BINS, -LARGEST_VALUE, LARGEST_VALUE, "profile"
        )
        self.day_counts.exchange_counts(archive, size * DAY_BINS, LARGEST_COUNT, "visit count")
        self.week.exchange_bounded(archive, size * WEEK_BINS, -largest, largest, "profile")
        self.week_counts.exchange_counts(archive, size * WEEK_BINS, LARGEST_COUNT, "visit count")
        self.spread.exchange_bounded(archive, size, 0.0, largest, "scale")
        self.day_error.exchange_bounded(archive, 2 * size, 0.0, largest, "error")
        return self.week_error.exchange_bounded(archive, 2 * size, 0.0, largest, "error")
