"""When events happened, as far as their time column tells."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from clipsgd_river.cli.input.columns.times import within_calendar
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.terminal.errors import DataError
from clipsgd_river.cli.terminal.text import is_missing, shown

#: Numbers between these are taken for seconds since 1970: the years 2000 to 2100.
_EPOCH_SECONDS: Final = (946_684_800.0, 4_102_444_800.0)
_EPOCH: Final = datetime(1970, 1, 1)
#: No calendar goes back farther, in seconds before 1970.
_YEAR_ONE: Final = -62_135_596_800.0
_DECADE: Final = 315_360_000.0
#: The beginning of the year 9999.
_LAST_YEAR: Final = 253_370_764_800.0


class Clock:
    """Read the time of an event in seconds, and show seconds as the times they stand for.

    Numbers count seconds, from 1e11 on milli-, micro- or nanoseconds since 1970.

    Parameters
    ----------
    column
        Column with the time of an event.
    value
        Looks a column of an event up.

    Examples
    --------
    >>> clock = Clock("at", lambda event, column: event.record[column])
    >>> seconds = clock.seconds(Event(1, {}, -1, {"at": "2026-01-31T12:00:00+01:00"}))
    >>> clock.shown(seconds)
    '2026-01-31 11:00:00 UTC'
    """

    def __init__(self, column: str, value: Callable[[Event, str], Any]) -> None:
        self.column = column
        self._value = value
        self._has_dates = False
        self._has_zone = False

    @property
    def has_dates(self) -> bool:
        """Whether the times read so far are of the calendar."""
        return self._has_dates

    @property
    def zone(self) -> str:
        """Which clock the times shown are of: ``UTC``, or nothing where none was named."""
        return "UTC" if self._has_zone else ""

    def seconds(self, event: Event) -> float:
        """Return the time of an event in seconds; NaN where it has none that can be read."""
        try:
            moment = read_moment(event.row, self._value(event, self.column))
        except DataError:
            return math.nan
        if isinstance(moment, float):
            # Imported here: help and complaints about options shall not wait for it.
            from clipsgd_river.alerts._event_time import seconds_of

            seconds = seconds_of(self.column, moment)
            if _EPOCH_SECONDS[0] <= seconds <= _EPOCH_SECONDS[1]:
                self._has_dates = self._has_zone = True
            return seconds
        self._has_dates = True
        if moment.tzinfo is not None:
            self._has_zone = True
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return float((moment - _EPOCH).total_seconds())

    def moment(self, event: Event) -> datetime | None:
        """Return the time of an event, of the calendar in UTC; None where none can be read."""
        seconds = self.seconds(event)
        try:
            return _EPOCH + timedelta(seconds=seconds)
        except (ValueError, OverflowError):
            return None

    def positions(self, seconds: Iterable[float]) -> list[datetime] | list[float] | None:
        """Return times as `plot` draws them; None where some are unknown or out of order."""
        times = list(seconds)
        if not all(map(math.isfinite, times)) or times != sorted(times):
            return None
        if not self._has_dates:
            return times
        # An axis reaches a little farther than what is drawn.
        margin = max(0.1 * (times[-1] - times[0]), _DECADE) if times else 0.0
        if times and (times[0] - margin < _YEAR_ONE or times[-1] + margin > _LAST_YEAR):
            return None
        zone = UTC if self._has_zone else None
        return [_moment(each).replace(tzinfo=zone) for each in times]

    def shown(self, seconds: float) -> str:
        """Say when it was."""
        if not math.isfinite(seconds) or (self._has_dates and seconds < _YEAR_ONE):
            return "unknown"
        if not self._has_dates:
            return f"{seconds:,.12g} s"
        text = _moment(seconds).isoformat(sep=" ", timespec="seconds")
        return f"{text} UTC" if self._has_zone else text


def _moment(seconds: float) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)


class TimesRead:
    """What is said once of times that a budget goes by.

    Parameters
    ----------
    column
        Column with the time of an event.
    note
        Says it.

    Examples
    --------
    >>> TimesRead("at", print).look(1_780_000_000_000.0)
    times in 'at' are read as milliseconds since 1970
    """

    def __init__(self, column: str, note: Callable[[str], object]) -> None:
        from clipsgd_river.alerts._event_time import unit_of

        self.column = column
        self._note = note
        self._unit_of = unit_of
        self._units = {"seconds"}
        self._turned = False

    def look(self, moment: Any) -> None:
        """Say what a number counts, if not seconds."""
        if isinstance(moment, float):
            unit = self._unit_of(moment)
            if unit not in self._units:
                self._units.add(unit)
                self._note(f"times in '{shown(self.column)}' are read as {unit} since 1970")

    def say_backwards(self) -> None:
        """Say that the stream runs backwards."""
        if not self._turned:
            self._turned = True
            self._note(
                f"times in '{shown(self.column)}' run backwards: events are judged in the order "
                "of the file, the latest first"
            )


def read_moment(row: int, value: Any) -> Any:
    """Return the time in a cell: a date and time, or a number, as `Clock` reads it.

    Raises
    ------
    DataError
        If it is neither.

    Examples
    --------
    >>> read_moment(1, "2026-01-31T12:00:00Z").hour, read_moment(2, "1.5e3"), read_moment(3, 7)
    (12, 1500.0, 7.0)
    """
    if isinstance(value, datetime):
        return value
    text = "" if value is None else str(value).strip()
    if not is_missing(text):
        try:
            seconds = float(text)
        except ValueError:
            pass
        else:
            if math.isfinite(seconds):
                return seconds
        try:
            return within_calendar(datetime.fromisoformat(text))
        except ValueError:
            pass
    raise DataError(
        f"row {row:,}: its time is '{shown(text)}': a number of seconds or a date and time such as "
        "2026-01-31T12:00:00 is expected; --time-format says how others are written"
    )
