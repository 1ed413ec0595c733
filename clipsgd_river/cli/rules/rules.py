"""Rules for alerts: which side, how much, which values, when, and about whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from clipsgd_river.cli.input.columns.roles import Column, Role
from clipsgd_river.cli.rules.calendars import CalendarRule, read_calendar
from clipsgd_river.cli.rules.toml_file import Path_, TomlFile
from clipsgd_river.cli.terminal.errors import UsageError
from clipsgd_river.cli.terminal.text import near_matches, shown

SIDES: Final = ("above", "below", "both")
_SECTIONS: Final = (
    *("floor", "incidents", "direction", "least_deviation", "never_alert", "calendar", "feedback"),
)
_SIZES: Final = ("absolute", "relative")
_AUTO, _NONE = "auto", "none"


@dataclass(frozen=True)
class Rules:
    """The rules in a file.

    Parameters
    ----------
    file
        Where they stand.
    settings
        Parameters of a filter: some of ``floor``, ``resolved_after``, ``never_mute``.
    key
        Column that says whom an event is about.
    side, absolute, relative, values
        As of `Direction`, `LeastDeviation` and `NeverAlert`; empty where there is no such rule.
    calendar
        Known times.
    """

    file: TomlFile
    settings: Mapping[str, Any]
    key: str | None = None
    side: Any = None
    absolute: Any = None
    relative: Any = None
    values: Mapping[str, list[Any]] | None = None
    calendar: CalendarRule | None = None

    @classmethod
    def read(cls, path: str) -> Rules:
        """Return the rules in a file; `UsageError` with line and cure if it has a mistake."""
        file = TomlFile.read(path)
        table = file.check_keys((), file.values, _SECTIONS)
        incidents = _section(file, "incidents", ("key", "resolved_after"))
        feedback = _section(file, "feedback", ("never_mute",))
        key = incidents.get("key")
        if key is not None:
            file.take(("incidents", "key"), key, str, "the name of a column")
        settings: dict[str, Any] = {}
        if "floor" in table:
            settings["floor"] = _floor(file, table["floor"])
        if "resolved_after" in incidents:
            at = ("incidents", "resolved_after")
            what = "a number of events, or of seconds with --alerts-per-day"
            settings["resolved_after"] = file.take(at, incidents["resolved_after"], _NUMBER, what)
            if not settings["resolved_after"] >= 0.0:
                file.refuse(at, "resolved_after is 0 or more")
        if "never_mute" in feedback:
            settings["never_mute"] = _never_mute(file, feedback["never_mute"])
        absolute, relative = _least(file, table.get("least_deviation"))
        calendar = table.get("calendar")
        return cls(
            file,
            settings,
            key,
            _sides(file, table.get("direction")),
            absolute,
            relative,
            _values(file, table.get("never_alert")),
            None if calendar is None else read_calendar(file, ("calendar",), calendar),
        )

    @property
    def is_empty(self) -> bool:
        """Whether there are none."""
        return not (self.settings or self.key or self.wraps)

    @property
    def wraps(self) -> bool:
        """Whether any of them goes around a filter."""
        several = (self.side, self.absolute, self.relative, self.values, self.calendar)
        return any(each is not None for each in several)

    def check(self, *, time: str | None, risk: bool) -> None:
        """Refuse rules that need another option, or none of these."""
        if self.calendar is not None and time is None:
            self.file.refuse(
                ("calendar",), "a calendar needs --time, the column with the time of an event"
            )
        if risk and "floor" in self.settings:
            self.file.refuse(("floor",), "--tail-risk has no floor: the risk is one")

    def wrap(self, alert_filter: Any, time: str | None = None) -> Any:
        """Return a filter with the rules around it."""
        from clipsgd_river.alerts import rules

        found = alert_filter
        try:
            if self.absolute is not None or self.relative is not None:
                found = rules.LeastDeviation(
                    found, absolute=self.absolute or 0.0, relative=self.relative or 0.0
                )
            if self.side is not None:
                found = rules.Direction(found, self.side)
            if self.values is not None:
                found = rules.NeverAlert(found, self.values)
        except (TypeError, ValueError) as error:
            raise UsageError(f"{shown(self.file.name, 200)}: {error}") from None
        if self.calendar is not None:
            calendar, inside, share = self.calendar
            found = rules.SpecialEvents(found, calendar, inside=inside, share=share, time=time)
        return found

    def check_columns(
        self,
        columns: Mapping[str, Column],
        names: Iterable[str] | None,
        note: Callable[[str], object],
    ) -> None:
        """Refuse names of columns that there are not, or that no rule can be about.

        Parameters
        ----------
        columns
            What becomes of each, as far as they are known.
        names
            Of all columns; ``None`` where further ones may come later.
        note
            Says what may be a mistake.
        """
        for path, is_number in self._named():
            name = path[-1] if path != ("incidents", "key") else str(self.key)
            column = columns.get(name)
            if column is None:
                self._miss(path, name, names, columns, note)
            elif path == ("incidents", "key"):
                continue
            elif column.role is Role.LEFT_OUT:
                self.file.refuse(path, f"column '{shown(name)}' is left out: {column.why}")
            elif is_number and column.role is Role.CATEGORY:
                self.file.refuse(
                    path,
                    f"column '{shown(name)}' has categories, which are neither large nor small: "
                    "[never_alert] names values of theirs",
                )

    def _miss(
        self,
        path: Path_,
        name: str,
        names: Iterable[str] | None,
        columns: Mapping[str, Column],
        note: Callable[[str], object],
    ) -> None:
        """Refuse, or note, a column that is not there."""
        if names is None:
            line = self.file.line(path)
            note(
                f"{shown(self.file.name, 200)}, line {line}: the first events have no "
                f"'{shown(name)}': {near_matches(name, columns)}"
            )
        elif name not in names:
            self.file.refuse(
                path, f"there is no column '{shown(name)}': {near_matches(name, names)}"
            )
        elif path != ("incidents", "key"):
            self.file.refuse(path, f"column '{shown(name)}' is not judged: see --only and --ignore")

    def _named(self) -> Iterator[tuple[Path_, bool]]:
        """Where columns are named, and whether they must have numbers."""
        if self.key is not None:
            yield ("incidents", "key"), False
        for name in self.side if isinstance(self.side, dict) else ():
            yield ("direction", name), True
        sizes = [each for each in (self.absolute, self.relative) if isinstance(each, dict)]
        for name in dict.fromkeys(name for each in sizes for name in each):
            yield ("least_deviation", name), True
        for name in self.values or ():
            yield ("never_alert", name), False


_NUMBER: Final = (int, float)


def _section(file: TomlFile, name: str, known: Iterable[str]) -> dict[str, Any]:
    return file.check_keys((name,), file.values.get(name, {}), known)


def _floor(file: TomlFile, given: Any) -> float | str | None:
    if given in (_AUTO, _NONE):
        return None if given == _NONE else _AUTO
    value = file.take(("floor",), given, _NUMBER, 'a probability, "auto" or "none"')
    if not 0.0 < value <= 1.0:
        file.refuse(("floor",), f"floor is above 0 and at most 1, not {value}")
    return float(value)


def _never_mute(file: TomlFile, given: Any) -> Any:
    from clipsgd_river.alerts._feedback import Never

    try:
        Never.of(given)
    except (TypeError, ValueError) as error:
        file.refuse(("feedback", "never_mute"), str(error))
    return given


def _sides(file: TomlFile, given: Any) -> Any:
    """A side for all features, or of each."""
    if given is None:
        return None
    each = given if isinstance(given, dict) else {None: given}
    for name, side in each.items():
        if side not in SIDES:
            path = ("direction",) if name is None else ("direction", name)
            file.refuse(path, f'a direction is "above", "below" or "both", not {side!r}')
    return given


def _least(file: TomlFile, given: Any) -> tuple[Any, Any]:
    """Absolute and relative least deviations, for all features or of each."""
    if given is None:
        return None, None
    top = ("least_deviation",)
    what = "a table such as { absolute = 5 } or { relative = 0.2 }"
    table = file.take(top, given, dict, what)
    if table and table.keys() <= set(_SIZES) and dict not in map(type, table.values()):
        sizes = file.check_keys(top, table, _SIZES)
        return tuple(_size(file, (*top, name), sizes.get(name)) for name in _SIZES)  # type: ignore[return-value]
    found: dict[str, dict[str, Any]] = {name: {} for name in _SIZES}
    for feature, each in table.items():
        path = (*top, feature)
        for name, size in file.check_keys(path, file.take(path, each, dict, what), _SIZES).items():
            found[name][feature] = _size(file, (*path, name), size)
    return found["absolute"] or None, found["relative"] or None


def _size(file: TomlFile, path: Path_, given: Any) -> float | None:
    if given is None:
        return None
    size = file.take(path, given, _NUMBER, "a number of 0 or more; 0.2 is 20 %")
    if not 0.0 <= size < float("inf"):
        file.refuse(path, f"a least deviation is 0 or more, not {size}")
    return float(size)


def _values(file: TomlFile, given: Any) -> dict[str, list[Any]] | None:
    """Values of each feature that are no reason; numbers as they may have been read, too."""
    if given is None:
        return None
    found = {}
    what = 'a list of values, such as ["backup", "monitoring"]'
    for name, values in file.take(("never_alert",), given, dict, "a table of columns").items():
        path = ("never_alert", name)
        known: list[Any] = []
        for value in file.take(path, values, list, what):
            file.take(path, value, (str, int, float, bool), "a list of text and numbers")
            known += [value, *_as_read(value)]
        found[name] = known
    return found


def _as_read(value: Any) -> list[Any]:
    """The same value as a cell may have been read: 443 and "443"."""
    if isinstance(value, bool):
        return [str(value).lower(), str(value)]
    if not isinstance(value, str):
        return [str(value)]
    try:
        return [float(value)]
    except ValueError:
        return []
