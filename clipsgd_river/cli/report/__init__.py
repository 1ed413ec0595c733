"""A run as one page of HTML that is complete in itself, from a stream of any length."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from clipsgd_river._state.file_format import write_atomically
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.input.labels import Ranking
from clipsgd_river.cli.report.alert_times import AlertTimes
from clipsgd_river.cli.report.distributions import from_json, to_json
from clipsgd_river.cli.report.forecast import add_forecast
from clipsgd_river.cli.report.incidents import Incidents
from clipsgd_river.cli.report.page import Collected, page
from clipsgd_river.cli.report.run_facts import Run
from clipsgd_river.cli.report.samples import Samples
from clipsgd_river.cli.report.timeline import (
    Timeline,
    check_folder,
    drawn_threshold,
    require_matplotlib,
)
from clipsgd_river.cli.scoring.run_history import RunHistory
from clipsgd_river.cli.scoring.watch import Watch
from clipsgd_river.cli.terminal.errors import DataError, UsageError

if TYPE_CHECKING:
    from clipsgd_river.alerts import Verdict

__all__ = ["Report", "check_report_path"]

_ENDINGS: Final = (".html", ".htm")
#: Of a single run the last fifth is compared with what was before.
_PARTS: Final = 5


class Report:
    """Collect what the page shows, in constant memory.

    Parameters
    ----------
    watch
        What judges the events.
    timeline
        The scores over time, kept by the caller, and the clock.
    fields
        What was read of an event, by name; its features without.
    """

    def __init__(
        self,
        watch: Watch,
        timeline: Timeline,
        fields: Callable[[Event], Mapping[str, Any]] | None = None,
    ) -> None:
        self._watch = watch
        self._timeline = timeline
        self._events = self._alerts = 0
        self._incidents = Incidents(_features if fields is None else fields)
        self._times = AlertTimes()
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
            self._samples.add(
                event.row, self._seconds(event), *self._expected, dict(event.features)
            )
        alert = verdict.alert
        if alert is not None or verdict.incident is not None:
            seconds = self._seconds(event)
            self._incidents.add(event, verdict, seconds)
            if alert is not None:
                self._alerts += 1
                self._times.add(seconds, alert)
                self._samples.mark(event.row, seconds, verdict.distance, alert.features)

    @property
    def span(self) -> tuple[float | None, float | None]:
        """Times of the first and the last event in seconds, as far as they are known."""
        first, last = self._seconds(self._first), self._seconds(self._last)
        return (first if math.isfinite(first) else None), (last if math.isfinite(last) else None)

    def distributions(self) -> dict[str, Any]:
        """Return how features were distributed, for the report of the next run."""
        return to_json(self._samples.distributions())

    def write(
        self,
        path: str,
        source: str,
        *,
        seconds: float | None = None,
        ranking: Ranking | None = None,
        notes: Sequence[str] = (),
        alerts_file: str | None = None,
        history: RunHistory | None = None,
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
        alerts_file
            Where all alerts are, if they are anywhere.
        history
            The runs before this one with the same state.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        run = Run(
            source=source,
            detector=self._watch.name,
            rule=self._watch.rule,
            ready=self._watch.ready,
            events=self._events,
            alerts=self._alerts,
            threshold=math.nan if self._verdict is None else drawn_threshold(self._verdict),
            first=self._seconds(self._first),
            last=self._seconds(self._last),
            seconds=seconds,
            ranking=ranking,
            notes=tuple(notes),
            alerts_file=alerts_file,
            earlier=[] if history is None else history.before,
        )
        text = page(run, self._collected(history))
        try:
            write_atomically(path, text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise DataError(
                f"cannot write the report {path}: {error.strerror}: make room or choose another "
                "place with --report"
            ) from None

    def _collected(self, history: RunHistory | None) -> Collected:
        samples = self._samples
        before = {} if history is None else from_json(history.distributions)
        if before:
            now, compared = samples.distributions(), ("last run", "this run")
        else:
            first = 0 if self._first is None else self._first.row
            last = first if self._last is None else self._last.row
            turn = last - (last - first) // _PARTS
            before, now = samples.distributions(until=turn), samples.distributions(after=turn)
            compared = ("first four fifths", "last fifth")
        # What is no event is no part of distributions.
        add_forecast(samples, self._watch, self._first, self._last)
        units = self._watch.units
        return Collected(
            *(self._timeline, self._incidents, self._times, samples, units),
            *(before, now, compared),
        )

    def _seconds(self, event: Event | None) -> float:
        clock = self._timeline.clock
        return math.nan if clock is None or event is None else clock.seconds(event)


def _features(event: Event) -> Mapping[str, Any]:
    return {str(name): value for name, value in event.features.items()}


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
