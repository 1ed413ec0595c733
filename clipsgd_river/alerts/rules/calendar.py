"""Known times in which events are other than usual."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from clipsgd_river._state import file_format
from clipsgd_river._state.header import STATE_VERSION
from clipsgd_river._state.saveable import Saveable
from clipsgd_river.alerts import _event_time
from clipsgd_river.alerts.rules.windows import Window, from_dict


class Calendar(Saveable):
    """Named windows of time, in one time zone.

    Parameters
    ----------
    events
        Name -> a window or several: `Once`, `Daily`, `Weekly`, `Monthly`, `Yearly`, `NthWeekday`.
        Where windows of two names overlap, the first one named counts.
    time_zone
        Name of the IANA database, as ``"Europe/Berlin"``, by whose clock the windows are. Times of
        events without a time zone are UTC, as everywhere in this package.

    Raises
    ------
    ValueError, TypeError
        If there is no such time zone, or a window is none.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from clipsgd_river.alerts.rules import Calendar, Daily, Yearly
    >>> calendar = Calendar(
    ...     {"christmas": Yearly("12-24", "12-26"), "backup": Daily("02:00", "03:00")},
    ...     time_zone="Europe/Berlin",
    ... )
    >>> calendar.at(datetime(2026, 12, 23, 23, 30, tzinfo=UTC))
    'christmas'
    >>> calendar.at(datetime(2026, 6, 1, 0, 30, tzinfo=UTC))
    'backup'
    """

    def __init__(
        self, events: Mapping[str, Window | Iterable[Window]], time_zone: str = "UTC"
    ) -> None:
        self.events = {name: _windows(name, found) for name, found in events.items()}
        self.time_zone = time_zone
        try:
            self._zone = UTC if time_zone == "UTC" else ZoneInfo(time_zone)
        except (AttributeError, OSError, TypeError, ValueError, KeyError):
            raise ValueError(
                f'there is no time zone {time_zone!r} here; names are such as "Europe/Berlin", and '
                "on systems without them the package tzdata brings them"
            ) from None

    def at(self, moment: Any) -> str | None:
        """Name of the window that a time lies in; ``None`` if there is none.

        Parameters
        ----------
        moment
            As the times of events: a `datetime`, NumPy's, or seconds since 1970.
        """
        local = self._local(moment)
        if local is None:
            return None
        clock = local.replace(tzinfo=None)
        for name, windows in self.events.items():
            for window in windows:
                if window.contains(clock if window.by_clock else local):
                    return name
        return None

    def create_state(self) -> None:
        """There is none."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash((self.time_zone, tuple(self.events)))

    def __repr__(self) -> str:
        shown = {name: w[0] if len(w) == 1 else list(w) for name, w in self.events.items()}
        return f"Calendar({shown!r}, time_zone={self.time_zone!r})"

    def _local(self, moment: Any) -> datetime | None:
        """A time by the calendar's clock; ``None`` beyond the years that there are."""
        # Raises for what is no time.
        seconds = _event_time.seconds_of("time", moment)
        try:
            return datetime.fromtimestamp(seconds, self._zone)
        except (OverflowError, OSError, ValueError):
            return None

    def _fields(self) -> dict[str, Any]:
        return {
            "time_zone": self.time_zone,
            "events": [[name, [w.to_dict() for w in found]] for name, found in self.events.items()],
        }

    def _state(self) -> tuple[bytes, array[float]]:
        fields = {"detector": "Calendar", "state_version": STATE_VERSION, **self._fields()}
        return file_format.make_header(fields), array("d")

    @classmethod
    def _from_state(cls, fields: dict[str, Any], numbers: array[float]) -> Self:
        try:
            if numbers:
                raise TypeError("a calendar has no numbers")
            events = {name: [from_dict(w) for w in found] for name, found in fields["events"]}
            return cls(events, fields["time_zone"])
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"the state's calendar is damaged: {error}") from error


def _windows(name: Any, found: Any) -> tuple[Window, ...]:
    """Windows of a name as a tuple."""
    if not isinstance(name, str):
        raise TypeError(f"windows are named by strings, not by {name!r}")
    windows = (found,) if isinstance(found, Window) else tuple(found)
    for window in windows:
        if not isinstance(window, Window):
            raise TypeError(
                f"{name!r} is a window such as Yearly('12-24', '12-26'), or several, not {window!r}"
            )
    return windows
