"""What a run amounts to, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.input.labels import LabelledDistances, Ranking
from clipsgd_river.cli.report import Report
from clipsgd_river.cli.report.alert_times import severity_of
from clipsgd_river.cli.report.timeline import Timeline
from clipsgd_river.cli.scoring.run_history import PastRun, RunHistory
from clipsgd_river.cli.scoring.watch import Watch

if TYPE_CHECKING:
    from clipsgd_river.alerts import Verdict


@dataclass
class Tally:
    """Counts of a run, and what its figures and its picture need."""

    labelled: LabelledDistances | None = None
    timeline: Timeline | None = None
    report: Report | None = None
    events: int = 0
    alerts: int = 0
    #: Alerts of each severity; those without one count as "".
    severities: Counter[str] = field(default_factory=Counter)

    @property
    def only_counts(self) -> bool:
        """Whether nothing is kept of single events."""
        return self.labelled is None and self.timeline is None and self.report is None

    def add(self, event: Event, verdict: Verdict) -> None:
        """Count one event."""
        self.events += 1
        if verdict.alert is not None:
            self.alerts += 1
            self.severities[severity_of(verdict.alert)] += 1
        if self.labelled is not None:
            self.labelled.add(verdict.distance, event.label)
        if self.timeline is not None:
            self.timeline.add(event, verdict)
        if self.report is not None:
            self.report.add(event, verdict)

    def remember(self, history: RunHistory, source: str) -> None:
        """Have the next run with the same state know of this one."""
        if not self.events:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        first, last = (None, None) if self.report is None else self.report.span
        known = (source, now, self.events, self.alerts, dict(self.severities), first, last)
        history.now = PastRun(*known)
        if self.report is not None:
            history.distributions_now = self.report.distributions()


def summary_lines(tally: Tally, watch: Watch, seconds: float | None) -> Iterator[str]:
    """Yield the lines of the summary.

    Parameters
    ----------
    tally
        What was counted.
    watch
        What judged the events.
    seconds
        How long the run took; None leaves the rate out.
    """
    share = f" ({tally.alerts / tally.events:.2%})" if tally.events else ""
    rate = "" if seconds is None else f", {tally.events / max(seconds, 1e-9):,.0f} events a second"
    yield (f"{watch.name}: {tally.events:,} events, {tally.alerts:,} alerts{share}{rate}")
    if not watch.ready:
        yield "the detector is still warming up: no alerts before that, and distances mean little"
    if tally.labelled is not None:
        yield ranking_line(tally.labelled.ranking())
    yield from watch.lines()


def ranking_line(ranking: Ranking) -> str:
    """Say how well the labelled anomalies were ranked, or why that cannot be told."""
    counts = f"{ranking.anomalies:,} labelled anomalies, {ranking.normals:,} labelled normal"
    if ranking.roc_auc is None or ranking.average_precision is None:
        return f"{counts}: both kinds are needed for ROC AUC and average precision"
    area, precision = ranking.roc_auc, ranking.average_precision
    return f"ROC AUC {area:.4f}, average precision {precision:.4f} ({counts})"
