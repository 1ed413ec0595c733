"""Times of the clock and days as they are written."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = 86_400


def moment(name: str, given: Any) -> tuple[str, datetime]:
    """A moment as ISO 8601, and as a datetime."""
    text = given.isoformat() if isinstance(given, date) else given
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(
            f'{name} is a date or a time such as "2026-03-01 22:00", not {given!r}'
        ) from None
    return text, found


def time_text(given: Any) -> Any:
    return given.isoformat() if isinstance(given, time) else given


def seconds_of_day(name: str, text: Any) -> int:
    if text == "24:00":
        return DAY
    try:
        found = time.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f'{name} is a time of day such as "22:00", not {text!r}') from None
    if found.tzinfo is not None or found.microsecond:
        raise ValueError(f"{name} has neither an offset nor parts of a second, not {text!r}")
    return found.hour * 3600 + found.minute * 60 + found.second


def weekday(name: Any) -> int:
    if name not in WEEKDAYS:
        raise ValueError(f"a day of the week is one of {', '.join(WEEKDAYS)}, not {name!r}")
    return WEEKDAYS.index(name)


def seconds_of_week(name: str, text: Any, whole_day: int) -> int:
    if not isinstance(text, str):
        raise ValueError(f'{name} is a time of the week such as "friday 18:00", not {text!r}')
    day, _, at = text.partition(" ")
    return weekday(day) * DAY + (seconds_of_day(name, at) if at else whole_day)


def day_of_year(name: str, text: Any) -> tuple[int, int]:
    try:
        found = datetime.strptime(f"2000-{text}", "%Y-%m-%d")
    except ValueError:
        raise ValueError(f'{name} is a day of the year such as "12-24", not {text!r}') from None
    return found.month, found.day


def seconds_shown(moment: datetime) -> float:
    """Seconds that the clock shows."""
    return moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond * 1e-6
