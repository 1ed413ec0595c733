"""What a state file remembers of the runs that it went through."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

#: Runs that a state remembers.
MOST_RUNS: Final = 60
_LONGEST: Final = 200
_MOST_SEVERITIES: Final = 8


@dataclass(frozen=True)
class PastRun:
    """A run in figures.

    Parameters
    ----------
    source
        Name of what was read.
    ended
        When it ended, as ISO 8601.
    events, alerts
        How many.
    severities
        Alerts of each severity, where a budget tells it.
    first, last
        Times of its first and last event in seconds, as far as they are known.
    """

    source: str
    ended: str
    events: int
    alerts: int
    severities: Mapping[str, int] = field(default_factory=dict)
    first: float | None = None
    last: float | None = None

    @classmethod
    def from_json(cls, value: Any) -> PastRun | None:
        """Return what `to_json` gave; None for anything else."""
        try:
            severities = {str(name): int(count) for name, count in value["severities"].items()}
            times = [None if value[name] is None else float(value[name]) for name in _TIMES]
            source, ended = str(value["source"])[:_LONGEST], str(value["ended"])[:_LONGEST]
            found = cls(
                source, ended, int(value["events"]), int(value["alerts"]), severities, *times
            )
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            return None
        finite = all(each is None or math.isfinite(each) for each in times)
        return found if finite and len(severities) <= _MOST_SEVERITIES else None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        found = replace(self, source=self.source[:_LONGEST], severities=dict(self.severities))
        return asdict(found)


_TIMES: Final = ("first", "last")


class RunHistory:
    """The runs before this one, the oldest first, and how features were distributed in the last.

    Parameters
    ----------
    fields
        Of a state file.
    """

    def __init__(self, fields: Mapping[str, Any]) -> None:
        runs = fields.get("runs")
        found = [PastRun.from_json(each) for each in runs] if isinstance(runs, list) else []
        self.before = [each for each in found if each is not None][-MOST_RUNS:]
        #: As plain values; what it holds is known to the report.
        self.distributions: Any = fields.get("distributions")
        #: This run, and its distributions if they are known.
        self.now: PastRun | None = None
        self.distributions_now: Any = None

    def fields(self) -> dict[str, Any]:
        """Return what a state file keeps."""
        runs = [*self.before, *([] if self.now is None else [self.now])]
        kept = self.distributions if self.distributions_now is None else self.distributions_now
        found: dict[str, Any] = {"runs": [each.to_json() for each in runs[-MOST_RUNS:]]}
        return found if kept is None else {**found, "distributions": kept}
