"""Alerts as a table of days by hours, or of weeks by days where there are too many days."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from clipsgd_river.cli.report.alert_times import DAY, HOUR, AlertTimes, Counts, severities

#: Days that have a row of hours each.
_MOST_DAYS: Final = 35
_MOST_WEEKS: Final = 60
_EPOCH: Final = datetime(1970, 1, 1)
#: 1970 began on a Thursday.
_MONDAY: Final = 4 * DAY
_WEEK: Final = 7 * DAY
#: How the times in a cell of an hour and of a day begin.
_FOUND: Final = {HOUR: "%Y-%m-%d %H:", DAY: "%Y-%m-%d"}
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Cell(NamedTuple):
    """Alerts of one hour or day: how many, the worst severity, all in words, how times begin."""

    alerts: int
    severity: str
    words: str
    find: str = ""


class Row(NamedTuple):
    """A day or a week."""

    name: str
    cells: list[Cell]


class Grid(NamedTuple):
    """A table of counts: what a row is, the names of its columns, the rows, what is left out."""

    unit: str
    columns: list[str]
    rows: list[Row]
    note: str = ""


def grid(times: AlertTimes, first: float, last: float, hours: int = 1) -> Grid | None:
    """Return the table of the alerts of a run from a first to a last time, in seconds.

    Parameters
    ----------
    times
        The alerts.
    first, last
        When the run began and ended; None is returned where neither they nor alerts have times.
    hours
        Hours of a column, a divisor of 24.
    """
    known = [each for each in (first, last, *times.span) if math.isfinite(each)]
    if not known:
        return None
    begin, end = min(known), max(known)
    start = math.floor(begin / DAY) * DAY
    days = int((end - start) // DAY) + 1
    if days <= _MOST_DAYS:
        columns = [f"{hour:02}" for hour in range(0, 24, hours)]
        rows = [_row(times, start + at * DAY, hours * HOUR, len(columns)) for at in range(days)]
        return Grid("Day", columns, rows)
    start = math.floor((begin - _MONDAY) / _WEEK) * _WEEK + _MONDAY
    weeks = [start + at * _WEEK for at in range(int((end - start) // _WEEK) + 1)]
    note = ""
    if len(weeks) > _MOST_WEEKS:
        weeks = [week for week in weeks if times.between(week, week + _WEEK)]
        note = "Weeks without alerts are left out."
        if len(weeks) > _MOST_WEEKS:
            note = f"Only the last {_MOST_WEEKS} weeks with alerts are shown."
            weeks = weeks[-_MOST_WEEKS:]
    return Grid("Week of", list(_WEEKDAYS), [_row(times, at, DAY, 7) for at in weeks], note)


def cell(counts: Counts) -> Cell:
    """Return what a cell says of counts.

    Examples
    --------
    >>> cell(Counts({"low": 3, "high": 1}))
    Cell(alerts=4, severity='high', words='1 high, 3 low', find='')
    """
    found = [(name, counts[name]) for name in severities() if counts[name]]
    words = ", ".join(f"{count:,} {name}" for name, count in found)
    return Cell(counts.total(), found[0][0] if found else "", words)


def _row(times: AlertTimes, start: float, step: int, columns: int) -> Row:
    cells = []
    for moment in (start + at * step for at in range(columns)):
        find = _shown(moment, _FOUND[step]) if step in _FOUND else ""
        cells.append(cell(times.between(moment, moment + step))._replace(find=find))
    return Row(_shown(start, "%a {day} %b %Y"), cells)


def _shown(seconds: float, form: str) -> str:
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return "unknown"
    # Times of every language: the names of days and months are English here.
    name = _WEEKDAYS[moment.weekday()]
    form = form.replace("%a", name).replace("%b", _MONTHS[moment.month - 1])
    return moment.strftime(form.replace("{day}", str(moment.day)))
