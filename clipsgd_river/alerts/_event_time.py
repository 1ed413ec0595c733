"""The time of an event: a feature that says when, which the detector does not get."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from clipsgd_river import _settings
from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._tables.containers import frame_of

UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "week": 604800.0}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)
#: Numbers below this, in size, are seconds, from here on milliseconds since 1970, from 1,000 times
#: this on microseconds, and so on: 1e11 seconds are 3,170 years, 1e11 milliseconds are in 1973.
LEAST_MILLISECONDS = 1e11
# The farthest time in seconds, which is still read as seconds.
FARTHEST = LEAST_MILLISECONDS - 1.0
EPOCH_UNITS = {
    "seconds": 1.0,
    "milliseconds": 1e3,
    "microseconds": 1e6,
    "nanoseconds": 1e9,
}


def moment_of(x: Mapping[Hashable, Any], name: Hashable) -> Any:
    """Return the time of an event as it was given.

    Raises
    ------
    ValueError
        If the event has no time.
    """
    if name not in x:
        raise ValueError(
            f"the event has no {name!r}, which the parameter time names: give every event its time"
        )
    return x[name]


def split(x: Mapping[Hashable, Any], name: Hashable) -> tuple[Any, dict[Hashable, Any]]:
    """Return the time of an event, and the event without it; raises as `moment_of`."""
    moment = moment_of(x, name)
    return moment, {feature: value for feature, value in x.items() if feature != name}


def seconds_of(name: Hashable, moment: Any) -> float:
    """Return a time in seconds since some moment, the same for all.

    Parameters
    ----------
    name
        The feature, for the error.
    moment
        A date or time (naive ones count as UTC), NumPy's, or a number: of seconds, or from 1e11 on
        of milli-, micro- or nanoseconds since 1970. A time beyond the year 5138 counts as then.

    Raises
    ------
    TypeError
        If it is none of these.
    ValueError
        If it is missing or infinite.
    """
    if isinstance(moment, np.datetime64):
        moment = moment.astype("datetime64[us]").item()
    if isinstance(moment, datetime):
        epoch = _NAIVE_EPOCH if moment.tzinfo is None else _EPOCH
        seconds = (moment - epoch).total_seconds()
    elif isinstance(moment, date):
        seconds = (
            datetime(moment.year, moment.month, moment.day, tzinfo=UTC) - _EPOCH
        ).total_seconds()
    else:
        seconds = as_float(name, moment)
        seconds /= EPOCH_UNITS[unit_of(seconds)]
    if seconds - seconds != 0.0:
        raise ValueError(f"the time {name!r} is {moment!r}: give every event a finite time")
    return min(max(seconds, -FARTHEST), FARTHEST)


def unit_of(number: float) -> str:
    """Return what a number that is a time counts, by its size.

    Examples
    --------
    >>> unit_of(1_780_000_000), unit_of(1_780_000_000_000), unit_of(1.78e15), unit_of(1.78e18)
    ('seconds', 'milliseconds', 'microseconds', 'nanoseconds')
    """
    size = abs(number)
    for unit, in_a_second in EPOCH_UNITS.items():
        if size < LEAST_MILLISECONDS * in_a_second:
            return unit
    return "nanoseconds"


def as_datetime(moment: Any) -> Any:
    """A time as one of the calendar: numbers are seconds since 1970; ``None`` beyond its ends."""
    if isinstance(moment, date | np.datetime64):
        return moment
    try:
        return datetime(1970, 1, 1) + timedelta(seconds=float(moment))
    except OverflowError:
        return None


def split_rows(X: Any, name: Any) -> tuple[NDArray[np.float64], Any]:
    """Return the times of rows in seconds, and a frame of the other columns.

    Raises
    ------
    TypeError
        If ``X`` is no frame: columns of an array have no names.
    ValueError
        If there is no such column, or a time is missing.
    """
    frame = frame_of(X)
    if frame is None:
        raise TypeError(
            f"rows with a time are a data frame with the column {name!r}, not {type(X).__name__}"
        )
    if name not in frame.columns:
        raise ValueError(f"the rows have no column {name!r}, which the parameter time names")
    column = frame.get_column(name)
    if column.dtype in (nw.Datetime, nw.Date):
        times = column.cast(nw.Datetime("us")).dt.timestamp("us").to_numpy() / 1e6
        times = np.clip(times, -FARTHEST, FARTHEST)
    else:
        times = np.array([seconds_of(name, moment) for moment in column.to_list()])
    if not np.isfinite(times).all():
        raise ValueError(f"the time {name!r} is missing in a row: give every row its time")
    return np.require(times, dtype=np.float64, requirements=["C", "W"]), frame.drop(
        name
    ).to_native()


def to_json(moment: Any) -> Any:
    """A time as JSON has it, for `from_json`."""
    if isinstance(moment, np.datetime64):
        moment = moment.astype("datetime64[us]").item()
    if isinstance(moment, datetime):
        return {"datetime": moment.isoformat()}
    if isinstance(moment, date):
        return {"date": moment.isoformat()}
    return None if moment is None else float(moment)


def from_json(value: Any) -> Any:
    """The time that `to_json` was given; ``ValueError`` if it is none."""
    if value is None or (isinstance(value, float | int) and not isinstance(value, bool)):
        return value
    if isinstance(value, dict) and len(value) == 1:
        (kind, text), *_ = value.items()
        if isinstance(text, str) and kind in ("datetime", "date"):
            return (datetime if kind == "datetime" else date).fromisoformat(text)
    raise ValueError("the state has a time that is none: it is damaged")


def count_per_unit(name: str, value: Any) -> tuple[float, float]:
    """Check a parameter such as ``(10, "day")``; returns the number and the seconds of the unit."""
    try:
        count, unit = value
    except (TypeError, ValueError):
        raise TypeError(f'{name} is a pair such as (10, "day"), not {value!r}') from None
    count = _settings.number(f"the number of {name}", count)
    if not (count > 0.0 and isfinite(count)):
        raise ValueError(f"{name} asks for a positive number of alerts, not {count!r}")
    if not isinstance(unit, str) or unit not in UNITS:
        known = ", ".join(map(repr, UNITS))
        raise ValueError(f"the unit of {name} is one of {known}, not {unit!r}")
    return count, UNITS[unit]
