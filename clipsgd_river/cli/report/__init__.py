"""A run as one page of HTML that is complete in itself, from a stream of any length."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from clipsgd_river._state.file_format import write_atomically
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.input.labels import Ranking
from clipsgd_river.cli.report.page import Run, page
from clipsgd_river.cli.report.samples import Samples
from clipsgd_river.cli.report.timeline import (
    Timeline,
    check_folder,
    drawn_threshold,
    require_matplotlib,
)
from clipsgd_river.cli.report.top_alerts import RankedAlert, TopAlerts
from clipsgd_river.cli.scoring.watch import Watch
from clipsgd_river.cli.terminal.errors import DataError, UsageError

if TYPE_CHECKING:
    from clipsgd_river.alerts import Verdict

__all__ = ["Report", "check_report_path"]

_ENDINGS: Final = (".html", ".htm")


class Report:
    """Collect what the page shows, in constant memory.

    Parameters
    ----------
    watch
        What judges the events.
    timeline
        The scores over time, kept by the caller, and the clock.
    """

    def __init__(self, watch: Watch, timeline: Timeline) -> None:
        self._watch = watch
        self._timeline = timeline
        self._events = self._alerts = 0
        self._top = TopAlerts()
        self._samples = Samples()
        self._expected: tuple[Mapping[Hashable, Any], Mapping[Hashable, Any]] | None = None
        self._first: Event | None = None
        self._last: Event | None = None
        self._verdict: Verdict | None = None

    def look(self, event: Event) -> None:
        """See an event before it is judged and learned."""
        wanted = self._samples.wants_next()
        self._expected = self._watch.expected(event) if wanted else None

    def add(self, event: Event, verdict: Verdict) -> None:
        """See an event with its verdict."""
        self._events += 1
        self._first, self._last = self._first or event, event
        self._verdict = verdict
        if self._expected is not None:
            self._samples.add(event.row, self._seconds(event), *self._expected)
        alert = verdict.alert
        if alert is not None:
            self._alerts += 1
            seconds = self._seconds(event)
            self._top.add(RankedAlert(event.row, seconds, alert), verdict.distance)
            self._samples.mark(event.row, seconds, verdict.distance, alert.features)

    def write(
        self,
        path: str,
        source: str,
        *,
        seconds: float | None = None,
        ranking: Ranking | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        """Put the page in its place, in one step.

        Parameters
        ----------
        path
            Where to.
        source
            Name of what was read.
        seconds
            How long the run took; None leaves the rate out.
        ranking
            How well labelled anomalies were ranked, where there are labels.
        notes
            What the reader must not miss.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        run = Run(
            source=source,
            detector=type(self._watch.detector).__name__,
            rule=self._watch.rule,
            events=self._events,
            alerts=self._alerts,
            threshold=math.nan if self._verdict is None else drawn_threshold(self._verdict),
            first=self._seconds(self._first),
            last=self._seconds(self._last),
            seconds=seconds,
            ranking=ranking,
            notes=tuple(notes),
        )
        text = page(run, self._timeline, self._top, self._samples, self._watch.units)
        try:
            write_atomically(path, text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise DataError(
                f"cannot write the report {path}: {error.strerror}: make room or choose another "
                "place with --report"
            ) from None

    def _seconds(self, event: Event | None) -> float:
        clock = self._timeline.clock
        return math.nan if clock is None or event is None else clock.seconds(event)


def check_report_path(path: str) -> None:
    """Refuse a report that could not be written at the end of a long run.

    Raises
    ------
    UsageError
        If the path is of no HTML file, or something that is needed is missing.
    """
    if not path.lower().endswith(_ENDINGS):
        raise UsageError(f"--report writes HTML, not '{path}': let it end in .html")
    if importlib.util.find_spec("jinja2") is None:
        raise UsageError(
            'a report needs Jinja: pip install "clipsgd_river[cli]", or leave --report out'
        )
    require_matplotlib("--report")
    check_folder(path)
