"""The time column of a stream, read as it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from clipsgd_river.cli.input.columns.times import Times
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.terminal.errors import DataError
from clipsgd_river.cli.terminal.text import is_missing, shown

#: As in 20260131120000, which is no number of seconds.
_DIGITS_OF_DATES: Final = 14


class Moments:
    """Look columns of events up, with written times of the time column as such.

    Numbers, and what is no time, are returned as they are, unless a form was asked for.

    Parameters
    ----------
    column
        The time column.
    times
        Reads it.
    value
        Looks a column of an event up.

    Examples
    --------
    >>> moments = Moments("at", Times(), lambda event, column: event.record[column])
    >>> moments(Event(1, {}, -1, {"at": "01/Jun/2026:13:55:36 +0000"}), "at").year
    2026
    """

    def __init__(self, column: str, times: Times, value: Callable[[Event, str], Any]) -> None:
        self._column = column
        self._times = times
        self._value = value
        self._last: tuple[int, Any] = (0, None)

    def __call__(self, event: Event, name: str) -> Any:
        """Return the value of one column."""
        value = self._value(event, name)
        if name != self._column or not isinstance(value, str | int):
            return value
        row, moment = self._last
        if event.row != row:
            moment = self._read(event.row, str(value).strip())
            self._last = (event.row, moment)
        return value if moment is None else moment

    def _read(self, row: int, text: str) -> Any:
        has_form = self._times.has_form
        if not has_form and _is_number(text):
            return None
        try:
            return self._times.read(text)
        except (ValueError, OverflowError):
            if not has_form or is_missing(text):
                return None
            raise DataError(
                f"row {row:,}: its time is '{shown(text)}', which --time-format does not fit"
            ) from None


def _is_number(text: str) -> bool:
    if len(text) == _DIGITS_OF_DATES and text[:2] in ("19", "20") and text.isdigit():
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True
