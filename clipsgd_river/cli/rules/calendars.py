"""The calendar in a file of rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from functools import partial
from typing import Any, Final, NamedTuple

from clipsgd_river.cli.rules.toml_file import Path_, TomlFile

INSIDE: Final = ("profile", "mute")
_MOMENTS: Final = '["2026-03-01 22:00", "2026-03-02 06:00"]'


class _Form(NamedTuple):
    """How a window is written: its class, an example, and what may stand beside."""

    name: str
    example: str
    beside: tuple[str, ...] = ()


_FORMS: Final = {
    "once": _Form("Once", _MOMENTS),
    "daily": _Form("Daily", '["22:00", "02:00"]', ("days",)),
    "weekly": _Form("Weekly", '["friday 18:00", "sunday"]'),
    "monthly": _Form("Monthly", "[-2, 1]"),
    "yearly": _Form("Yearly", '["12-24", "12-26"]'),
    "weekday": _Form("NthWeekday", '[4, "thursday"]', ("month", "shift", "days")),
}
_HOLIDAYS: Final = "holidays"


class CalendarRule(NamedTuple):
    """Known times, and what becomes of events in them."""

    calendar: Any
    inside: str = "profile"
    share: float = 0.1


def read_calendar(file: TomlFile, path: Path_, table: Any) -> CalendarRule:
    """Return the calendar that a table describes; `UsageError` with the line if it is none."""
    from clipsgd_river.alerts.rules import Calendar

    known = ("time_zone", "inside", "share", "holidays", "windows")
    table = file.check_keys(path, table, known)
    windows = file.take((*path, "windows"), table.get("windows", {}), dict, "a table of windows")
    events: dict[str, Any] = {}
    if _HOLIDAYS in table:
        if _HOLIDAYS in windows:
            file.refuse((*path, _HOLIDAYS), "holidays are named twice, here and as a window")
        # The first name counts where times overlap: a holiday is no ordinary weekend.
        events[_HOLIDAYS] = _holidays(file, (*path, _HOLIDAYS), table[_HOLIDAYS])
    for name, given in windows.items():
        at = (*path, "windows", name)
        each = given if isinstance(given, list) else [given]
        events[name] = [found for one in each for found in _windows(file, at, one)]
    if not events:
        file.refuse(path, "the calendar has no times: add [calendar.windows] or holidays")
    zone = file.take(
        (*path, "time_zone"), table.get("time_zone", "UTC"), str, 'a name such as "Europe/Berlin"'
    )
    inside = table.get("inside", "profile")
    if inside not in INSIDE:
        file.refuse((*path, "inside"), f'inside is "profile" or "mute", not \'{inside}\'')
    share = file.take((*path, "share"), table.get("share", 0.1), (int, float), "a number")
    if not 0.0 < share <= 1.0:
        file.refuse((*path, "share"), f"share is above 0 and at most 1, not {share}")
    found = _made(file, (*path, "time_zone"), partial(Calendar, events, zone))
    return CalendarRule(found, inside, float(share))


def _windows(file: TomlFile, path: Path_, given: Any) -> list[Any]:
    """Windows that a table describes, of which holidays may be several."""
    from clipsgd_river.alerts import rules

    kinds = [kind for kind in (*_FORMS, _HOLIDAYS) if isinstance(given, dict) and kind in given]
    if len(kinds) != 1:
        forms = ", ".join((*_FORMS, _HOLIDAYS))
        file.refuse(
            path,
            f"the window '{path[-1]}' is a table such as "
            f"{{ daily = {_FORMS['daily'].example} }}, with one of {forms}",
        )
    (kind,) = kinds
    if kind == _HOLIDAYS:
        file.check_keys(path, given, (_HOLIDAYS,))
        return _holidays(file, path, given[_HOLIDAYS])
    form = _FORMS[kind]
    file.check_keys(path, given, (kind, *form.beside))
    pair = given[kind]
    if not isinstance(pair, list) or len(pair) != 2:
        file.refuse(path, f"{kind} is a pair such as {form.example}")
    beside = {name: given[name] for name in form.beside if name in given}
    window = getattr(rules, form.name)
    return [_made(file, path, partial(window, *map(_plain, pair), **beside))]


def _holidays(file: TomlFile, path: Path_, given: Any) -> list[Any]:
    """Holidays of one place or several, as in ``["DE-BY", "US"]``."""
    from clipsgd_river.alerts.rules import Holidays

    places = given if isinstance(given, list) else [given]
    what = 'a place such as "DE" or "DE-BY", or a list of them'
    found = []
    for place in places:
        country, _, part = file.take(path, place, str, what).partition("-")
        found.append(_made(file, path, partial(Holidays, country, part or None)))
    return found


def _made(file: TomlFile, path: Path_, make: Callable[[], Any]) -> Any:
    """What a call makes; what it refuses is told with its line."""
    try:
        return make()
    except (AttributeError, ImportError, TypeError, ValueError) as error:
        file.refuse(path, str(error))


def _plain(value: Any) -> Any:
    """Times and dates of TOML as text."""
    return value.isoformat() if isinstance(value, date | time) else value
