"""Times that come once, or again and again, by the clock on the wall."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = 86_400


class Window:
    """Base of the windows of a `Calendar`.

    A window says of a moment whether it lies within, by the clock of the calendar's time zone. So
    an hour that the clock skips has no moments, and one that it shows twice has them twice.
    """

    #: Class by name, for state files.
    kinds: ClassVar[dict[str, type[Window]]] = {}
    #: Whether what the clock shows is enough to know, without the time zone.
    by_clock: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Window.kinds[cls.__name__] = cls

    def contains(self, moment: datetime) -> bool:
        """Whether a moment, with the calendar's time zone, lies within."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """The window as values that JSON can hold."""
        return {"kind": type(self).__name__, **asdict(self)}  # type: ignore[call-overload]


@dataclass(frozen=True)
class Once(Window):
    """From one moment to another.

    Parameters
    ----------
    start, end
        ISO 8601 or `datetime.datetime`: from ``start`` on, before ``end``; with an offset, a moment
        wherever the calendar is, otherwise by the calendar's clock. Or days, ISO 8601 or
        `datetime.date`, both included. Kept as ISO 8601.

    Examples
    --------
    >>> from datetime import datetime
    >>> from clipsgd_river.alerts.rules import Once
    >>> Once("2026-03-01", "2026-03-02").contains(datetime(2026, 3, 2, 23, 59))
    True
    >>> Once("2026-03-01 22:00", "2026-03-02 06:00").contains(datetime(2026, 3, 2, 6, 0))
    False
    """

    start: str | date
    end: str | date

    def __post_init__(self) -> None:
        found = [_moment(name, getattr(self, name)) for name in ("start", "end")]
        for name, (given, _) in zip(("start", "end"), found, strict=True):
            object.__setattr__(self, name, given)
        (_, first), (given, last) = found
        if len(given) == len("2026-03-01"):
            last += timedelta(days=1)
        if (first.tzinfo is None) != (last.tzinfo is None):
            raise ValueError(f"{self} has an offset at one end only: give both or none")
        if not first < last:
            raise ValueError(f"{self} ends before it starts")
        object.__setattr__(self, "_span", (first, last))
        object.__setattr__(self, "by_clock", first.tzinfo is None)

    def contains(self, moment: datetime) -> bool:
        """Whether a moment, with the calendar's time zone, lies within."""
        first, last = self._span  # type: ignore[attr-defined]  # set above
        if self.by_clock:
            moment = moment.replace(tzinfo=None) if moment.tzinfo is not None else moment
        elif moment.tzinfo is None:
            raise ValueError("a window with an offset needs a moment with a time zone")
        return bool(first <= moment < last)


@dataclass(frozen=True)
class Daily(Window):
    """Hours of every day, or of some days of the week.

    Parameters
    ----------
    start, end
        ``"HH:MM"``, ``"HH:MM:SS"``, ``"24:00"`` or `datetime.time`: from ``start`` on, before
        ``end``; past midnight where ``end`` is earlier.
    days
        Days of the week on which it starts, ``"monday"`` to ``"sunday"``; all by default.

    Examples
    --------
    >>> from datetime import datetime
    >>> from clipsgd_river.alerts.rules import Daily
    >>> nights = Daily("22:00", "02:00", days=["friday"])
    >>> nights.contains(datetime(2026, 5, 1, 23)), nights.contains(datetime(2026, 5, 2, 1))
    (True, True)
    >>> nights.contains(datetime(2026, 5, 1, 1))
    False
    """

    start: str | time
    end: str | time
    days: str | Iterable[str] = WEEKDAYS

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", _time_text(self.start))
        object.__setattr__(self, "end", _time_text(self.end))
        days = (self.days,) if isinstance(self.days, str) else tuple(self.days)
        object.__setattr__(self, "days", days)
        span = [_seconds_of_day(name, getattr(self, name)) for name in ("start", "end")]
        first, last = span
        if first == last:
            raise ValueError(f"{self} is empty: it starts when it ends")
        on = frozenset(_weekday(day) for day in days)
        object.__setattr__(self, "_span", (first, last, on))

    def contains(self, moment: datetime) -> bool:
        """Whether a moment, with the calendar's time zone, lies within."""
        first, last, on = self._span  # type: ignore[attr-defined]  # set above
        at, day = _seconds_shown(moment), moment.weekday()
        if first < last:
            return bool(first <= at < last and day in on)
        return bool((at >= first and day in on) or (at < last and (day - 1) % 7 in on))


@dataclass(frozen=True)
class Weekly(Window):
    """From a time in the week to another, past the weekend if need be.

    Parameters
    ----------
    start, end
        ``"friday 18:00"``: from ``start`` on, before ``end``, which may be in the next week. A day
        alone is the whole of it: from its beginning, to its end.

    Examples
    --------
    >>> from datetime import datetime
    >>> from clipsgd_river.alerts.rules import Weekly
    >>> Weekly("friday 18:00", "sunday").contains(datetime(2026, 5, 3, 23, 59))
    True
    """

    start: str
    end: str

    def __post_init__(self) -> None:
        first = _seconds_of_week("start", self.start, 0)
        last = _seconds_of_week("end", self.end, DAY)
        if first == last:
            raise ValueError(f"{self} is empty: it starts when it ends")
        object.__setattr__(self, "_span", (first, last))

    def contains(self, moment: datetime) -> bool:
        """Whether a moment, with the calendar's time zone, lies within."""
        first, last = self._span  # type: ignore[attr-defined]  # set above
        at = moment.weekday() * DAY + _seconds_shown(moment)
        return bool(first <= at < last if first < last else at >= first or at < last)


@dataclass(frozen=True)
class Monthly(Window):
    """Days of every month, both included.

    Parameters
    ----------
    first, last
        1 to 31, or -1 to -31 counted from the end of the month, -1 being its last day; into the
        next month where ``last`` comes before ``first``.

    Examples
    --------
    >>> from datetime import datetime
    >>> from clipsgd_river.alerts.rules import Monthly
    >>> [Monthly(-2, 1).contains(datetime(2026, 2, day)) for day in (26, 27, 28, 1, 2)]
    [False, True, True, True, False]
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        for name in ("first", "last"):
            day = getattr(self, name)
            if type(day) is not int or not 1 <= abs(day) <= 31:
                raise ValueError(f"{name} is a day from 1 to 31, or from -1 to -31, not {day!r}")

    def contains(self, moment: datetime) -> bool:
        """Whether a moment, with the calendar's time zone, lies within."""
        length = calendar.monthrange(moment.year, moment.month)[1]
        first, last = (d if d > 0 else length + 1 + d for d in (self.first, self.last))
        return _within(first, moment.day, last)


@dataclass(frozen=True)
class Yearly(Window):
    """Days of every year, both included.

    Parameters
    ----------
    first, last
        ``"MM-DD"``; past the end of the year where ``last`` is earlier. 29 February is in leap
        years only.

    Examples
    --------
    >>> from datetime import datetime
    >>> from clipsgd_river.alerts.rules import Yearly
    >>> Yearly("12-24", "12-26").contains(datetime(2026, 12, 26, 23, 59))
    True
    """

    first: str
    last: str

    def __post_init__(self) -> None:
        span = tuple(_day_of_year(name, getattr(self, name)) for name in ("first", "last"))
        object.__setattr__(self, "_span", span)

    def contains(self, moment: datetime) -> bool:
        """Whether a moment, with the calendar's time zone, lies within."""
        first, last = self._span  # type: ignore[attr-defined]  # set above
        return _within(first, (moment.month, moment.day), last)


@dataclass(frozen=True)
class NthWeekday(Window):
    """Days around the n-th of some weekday of a month, as in "the first Monday".

    Parameters
    ----------
    n
        1 to 5, or -1 to -5 counted from the end of the month.
    weekday
        ``"monday"`` to ``"sunday"``.
    month
        1 to 12; ``None`` for every month.
    shift
        Days from that weekday to the first day, -31 to 31.
    days
        How many days, 1 to 31.

    Examples
    --------
    >>> from datetime import datetime
    >>> from clipsgd_river.alerts.rules import NthWeekday
    >>> black_friday = NthWeekday(4, "thursday", month=11, shift=1)
    >>> black_friday.contains(datetime(2026, 11, 27, 12))
    True
    """

    n: int
    weekday: str
    month: int | None = None
    shift: int = 0
    days: int = 1

    def __post_init__(self) -> None:
        for name, least, most in (("n", -5, 5), ("shift", -31, 31), ("days", 1, 31)):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most or (name, value) == ("n", 0):
                raise ValueError(f"{name} is from {least} to {most}, not {value!r}")
        if self.month is not None and (type(self.month) is not int or not 1 <= self.month <= 12):
            raise ValueError(f"month is from 1 to 12 or None, not {self.month!r}")
        object.__setattr__(self, "_weekday", _weekday(self.weekday))

    def contains(self, moment: datetime) -> bool:
        """Whether a moment, with the calendar's time zone, lies within."""
        day = moment.date()
        # The weekday that it counts from lies at most 61 days before, and 31 after.
        for months in range(-3, 3):
            place = 12 * day.year + day.month - 1 + months
            anchor = self._anchor(place // 12, place % 12 + 1)
            if anchor is not None:
                offset = day.toordinal() - anchor - self.shift
                if 0 <= offset < self.days:
                    return True
        return False

    def _anchor(self, year: int, month: int) -> int | None:
        """Ordinal of the n-th weekday of a month; ``None`` if it has none."""
        if self.month not in (None, month) or not 1 <= year <= 9999:
            return None
        starts, length = calendar.monthrange(year, month)
        first = 1 + (self._weekday - starts) % 7  # type: ignore[attr-defined]  # set above
        places = range(first, length + 1, 7)
        at = self.n - 1 if self.n > 0 else len(places) + self.n
        return date(year, month, places[at]).toordinal() if 0 <= at < len(places) else None


def from_dict(fields: Any) -> Window:
    """Turn what `Window.to_dict` made back; ``ValueError`` or ``TypeError`` if it is none."""
    if not isinstance(fields, dict) or fields.get("kind") not in Window.kinds:
        raise ValueError(f"there is no such window: {fields!r:.80}")
    return Window.kinds[fields["kind"]](**{k: v for k, v in fields.items() if k != "kind"})


def _within(first: Any, day: Any, last: Any) -> bool:
    """Whether a day lies in a span of days, both included, that may go past the end."""
    return bool(first <= day <= last if first <= last else day >= first or day <= last)


def _moment(name: str, given: Any) -> tuple[str, datetime]:
    """A moment as ISO 8601, and as a datetime."""
    text = given.isoformat() if isinstance(given, date) else given
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(
            f'{name} is a date or a time such as "2026-03-01 22:00", not {given!r}'
        ) from None
    return text, found


def _time_text(given: Any) -> Any:
    return given.isoformat() if isinstance(given, time) else given


def _seconds_of_day(name: str, text: Any) -> int:
    if text == "24:00":
        return DAY
    try:
        found = time.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f'{name} is a time of day such as "22:00", not {text!r}') from None
    if found.tzinfo is not None or found.microsecond:
        raise ValueError(f"{name} has neither an offset nor parts of a second, not {text!r}")
    return found.hour * 3600 + found.minute * 60 + found.second


def _weekday(name: Any) -> int:
    if name not in WEEKDAYS:
        raise ValueError(f"a day of the week is one of {', '.join(WEEKDAYS)}, not {name!r}")
    return WEEKDAYS.index(name)


def _seconds_of_week(name: str, text: Any, whole_day: int) -> int:
    if not isinstance(text, str):
        raise ValueError(f'{name} is a time of the week such as "friday 18:00", not {text!r}')
    day, _, at = text.partition(" ")
    return _weekday(day) * DAY + (_seconds_of_day(name, at) if at else whole_day)


def _day_of_year(name: str, text: Any) -> tuple[int, int]:
    try:
        found = datetime.strptime(f"2000-{text}", "%Y-%m-%d")
    except ValueError:
        raise ValueError(f'{name} is a day of the year such as "12-24", not {text!r}') from None
    return found.month, found.day


def _seconds_shown(moment: datetime) -> float:
    """Seconds that the clock shows."""
    return moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond * 1e-6
