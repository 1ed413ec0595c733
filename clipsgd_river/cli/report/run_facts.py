"""A run in figures, and beside it the runs before from the same state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from clipsgd_river._numbers import short_score
from clipsgd_river.cli.input.labels import Ranking
from clipsgd_river.cli.report.alert_times import AlertTimes, severities
from clipsgd_river.cli.report.raw_events import ends
from clipsgd_river.cli.scoring.clock import Clock
from clipsgd_river.cli.scoring.run_history import PastRun

_MOST_RUNS: Final = 14


@dataclass(frozen=True)
class Run:
    """Plain facts of a run.

    Parameters
    ----------
    source
        Name of what was read.
    detector, rule
        What judged the events, and which were to be alerts, in words.
    ready
        Whether the detector is past its warm-up.
    events, alerts
        How many.
    threshold
        Score above which the next event would be an alert; NaN where there is none.
    first, last
        Time of the first and the last event in seconds; NaN if unknown.
    seconds
        How long the run took; None leaves the rate out.
    ranking
        How well labelled anomalies were ranked, where there are labels.
    notes
        What the reader must not miss.
    alerts_file
        Where all alerts are, if they are anywhere.
    earlier
        Runs before this one with the same state, the oldest first.
    """

    source: str
    detector: str
    rule: str
    ready: bool
    events: int
    alerts: int
    threshold: float
    first: float
    last: float
    seconds: float | None
    ranking: Ranking | None
    notes: tuple[str, ...] = ()
    alerts_file: str | None = None
    earlier: Sequence[PastRun] = field(default_factory=list)


class Fact(NamedTuple):
    """A figure with its name and a word on it."""

    name: str
    value: str
    detail: str = ""
    is_long: bool = False


def runs_of(run: Run, times: AlertTimes, clock: Clock | None) -> list[dict[str, Any]]:
    """Return this run and those before it, the latest first; none where this is the only one."""
    if not run.earlier:
        return []
    now = PastRun(run.source, "", run.events, run.alerts, times.severities, run.first, run.last)
    most = max([now.alerts, *(each.alerts for each in run.earlier)], default=1) or 1
    shown_runs = [now, *reversed(run.earlier[-_MOST_RUNS + 1 :])]
    return [
        {
            "name": ends(each.source, 60),
            "when": _when(each, clock),
            "events": f"{each.events:,}",
            "alerts": f"{each.alerts:,}",
            "parts": [
                (name, each.severities[name], 100 * each.severities[name] / most)
                for name in [*severities(), ""]
                if each.severities.get(name)
            ],
            "words": ", ".join(
                f"{count:,} {name}" for name, count in each.severities.items() if name and count
            ),
            "is_now": each is now,
        }
        for each in shown_runs
    ]


def _when(run: PastRun, clock: Clock | None) -> str:
    if clock is not None and run.first is not None and math.isfinite(run.first):
        return clock.shown(run.first).removesuffix(" UTC")
    return run.ended.replace("T", " ")[:16]


def facts_of(run: Run, clock: Clock | None) -> list[Fact]:
    """Return the figures of a run."""
    facts = [Fact("Events", f"{run.events:,}")]
    if clock is not None and math.isfinite(run.last - run.first):
        facts.append(Fact("Time span", _duration(run.last - run.first)))
    share = f"{run.alerts / run.events:.2%} of events" if run.events else ""
    facts.append(Fact("Alerts", f"{run.alerts:,}", "; ".join(filter(None, (share, run.rule)))))
    known = math.isfinite(run.threshold)
    facts.append(
        Fact("Threshold", short_score(run.threshold), "score at the end")
        if known
        else Fact("Threshold", "none yet")
    )
    facts.append(Fact("Detector", run.detector, is_long=True))
    if run.seconds is not None:
        rate = run.events / max(run.seconds, 1e-9)
        facts.append(Fact("Throughput", f"{rate:,.0f}", "events a second"))
    if run.ranking is not None:
        counts = f"{counted(run.ranking.anomalies, 'labelled anomaly', 'labelled anomalies')}"
        for name, figure in (
            ("ROC AUC", run.ranking.roc_auc),
            ("Average precision", run.ranking.average_precision),
        ):
            facts.append(Fact(name, "unknown" if figure is None else f"{figure:.4f}", counts))
    return facts


def counted(number: int, one: str, many: str = "") -> str:
    """Say how many there are of something.

    Examples
    --------
    >>> counted(1, "alert"), counted(2000, "anomaly", "anomalies")
    ('1 alert', '2,000 anomalies')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def _duration(seconds: float) -> str:
    """Say how long something took, in the unit that suits it.

    Examples
    --------
    >>> _duration(90), _duration(7200), _duration(86400 * 40)
    ('1.5 minutes', '2 hours', '40 days')
    """
    units = (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0))
    name, size = next((unit for unit in units if abs(seconds) >= unit[1]), ("seconds", 1.0))
    return f"{seconds / size:,.3g} {name}"
