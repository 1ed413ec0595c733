"""The command ``demo``: a real stream, our detectors beside River's, on the same events."""

from __future__ import annotations

import itertools
import time
from array import array
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from clipsgd_river.cli.input.columns.look import look_at
from clipsgd_river.cli.input.columns.roles import Wishes, all_roles
from clipsgd_river.cli.input.events import ROWS_TO_LOOK_AT, Event
from clipsgd_river.cli.input.labels import LabelledDistances, Ranking, rank
from clipsgd_river.cli.report import Report, check_report_path
from clipsgd_river.cli.report.timeline import Timeline, check_plot_path
from clipsgd_river.cli.reporter import Reporter
from clipsgd_river.cli.scoring.default_detector import Understood, default_detector
from clipsgd_river.cli.scoring.detectors import detector_classes, find_detector
from clipsgd_river.cli.scoring.watch import Watch
from clipsgd_river.cli.summary import Tally, ranking_line, summary_lines
from clipsgd_river.cli.terminal.errors import CommandError, UsageError
from clipsgd_river.cli.terminal.interrupts import Interrupts

_OURS: Final = ("ClippedZScore", "ClippedMahalanobis")
_EVENTS_BETWEEN_LOOKS: Final = 512


class _LabelledEvent(NamedTuple):
    features: dict[Hashable, Any]
    label: int


@dataclass(frozen=True)
class DemoOptions:
    """The options of the command, as they are explained in its help."""

    plot: str = "clipsgd_river_demo.png"
    plot_is_wished: bool = False
    report: str | None = None
    events: int | None = None
    peers: bool = True
    quiet: bool = False


class _Result(NamedTuple):
    name: str
    ranking: Ranking
    seconds: float


class _EndedError(Exception):
    """A signal ended the demo."""


def demo(options: DemoOptions) -> int:
    """Run the command and return its exit code."""
    reporter = Reporter(quiet=options.quiet)
    try:
        with Interrupts() as interrupts:
            with reporter:
                if options.report is not None:
                    check_report_path(options.report)
                drawn = _may_draw(options, reporter)
                watched, tally, results = _run(options, reporter, interrupts)
            _tell(options, reporter, watched, tally, results, drawn=drawn)
    except CommandError as error:
        reporter.error(str(error))
        return error.exit_code
    except (_EndedError, KeyboardInterrupt):
        reporter.note("ended by a signal")
        return 128 + (interrupts.received or 0)
    return 0


def _run(
    options: DemoOptions, reporter: Reporter, interrupts: Interrupts
) -> tuple[Watch, Tally, list[_Result]]:
    stream = _shuttle(options.events)
    counter = _Counter(reporter, interrupts, len(stream))
    understood = _understood(stream)
    reporter.say(understood.line())
    ours = dict.fromkeys([*_OURS, understood.detector])
    results = [_contest(name, find_detector(name)(), stream, counter) for name in ours]
    watch = Watch(find_detector(understood.detector)())
    timeline = Timeline()
    report = None if options.report is None else Report(watch, timeline)
    tally = Tally(LabelledDistances(), timeline, report)
    for row, (features, label) in enumerate(stream, start=1):
        event = Event(row, features, label, None)
        if report is not None:
            report.look(event)
        tally.add(event, watch.judge(event))
    if options.peers:
        for name, build in _peers().items():
            results.append(_contest(name, build(), stream, counter))
    return watch, tally, results


def _understood(stream: Sequence[_LabelledEvent]) -> Understood:
    """Choose a detector as for any other stream."""
    first = [event.features for event in stream[:ROWS_TO_LOOK_AT]]
    looks = {str(name): look_at(str(name), [x.get(name) for x in first]) for name in first[0]}
    columns = all_roles(looks, Wishes())
    return Understood(default_detector(columns, detector_classes(), None), "", columns)


def _tell(
    options: DemoOptions,
    reporter: Reporter,
    watch: Watch,
    tally: Tally,
    results: Sequence[_Result],
    *,
    drawn: bool,
) -> None:
    for line in summary_lines(tally, watch, None):
        reporter.say(line)
    if drawn and tally.timeline is not None and tally.labelled is not None:
        name = type(watch.detector).__name__
        title = f"Shuttle stream, {name}\n{ranking_line(tally.labelled.ranking())}"
        tally.timeline.draw(options.plot, title)
        reporter.say(f"picture: {options.plot}")
    if tally.report is not None and tally.labelled is not None and options.report is not None:
        ranking = tally.labelled.ranking()
        tally.report.write(options.report, "River's Shuttle stream", ranking=ranking)
        reporter.say(f"report: {options.report}")
    Console().print(_table(tally.events, results))


def _contest(name: str, model: Any, stream: Sequence[_LabelledEvent], counter: _Counter) -> _Result:
    """Let a model score, then learn, each event; the clock runs for nothing else."""
    scores = array("d")
    score_one, learn_one, clock = model.score_one, model.learn_one, time.perf_counter
    seconds = 0.0
    for start in range(0, len(stream), _EVENTS_BETWEEN_LOOKS):
        counter.look(name, start)
        began = clock()
        for features, _ in stream[start : start + _EVENTS_BETWEEN_LOOKS]:
            scores.append(score_one(features))
            learn_one(features)
        seconds += clock() - began
    labels = np.array([event.label for event in stream], dtype=np.int8)
    return _Result(name, rank(labels, np.frombuffer(scores)), seconds)


class _Counter:
    """Between blocks of events: show progress, and end if a signal asked for it."""

    def __init__(self, reporter: Reporter, interrupts: Interrupts, events: int) -> None:
        self._reporter = reporter
        self._interrupts = interrupts
        self._events = events

    def look(self, name: str, done: int) -> None:
        if self._interrupts.received is not None:
            raise _EndedError
        if not done:
            self._reporter.restart()
        self._reporter.progress(name, done, done / self._events)


def _shuttle(most: int | None) -> list[_LabelledEvent]:
    from river import datasets

    events = itertools.islice(datasets.Shuttle(), most)
    return [_LabelledEvent(features, int(label)) for features, label in events]


def _peers() -> dict[str, Callable[[], Any]]:
    """Return River's detectors as its documentation sets them up."""
    from river import anomaly, preprocessing

    return {
        "MinMaxScaler | HalfSpaceTrees": lambda: (
            preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(n_trees=25, seed=42)
        ),
        "StandardScaler | OneClassSVM": lambda: (
            preprocessing.StandardScaler() | anomaly.OneClassSVM(nu=0.1)
        ),
    }


def _may_draw(options: DemoOptions, reporter: Reporter) -> bool:
    """Refuse a picture that was asked for and cannot be; leave out one that was not."""
    try:
        check_plot_path(options.plot)
    except UsageError as error:
        if options.plot_is_wished:
            raise
        reporter.note(f"no picture: {error}")
        return False
    return True


def _table(events: int, results: Sequence[_Result]) -> Table:
    table = Table(title=f"River's Shuttle stream, {events:,} events, score then learn")
    table.add_column("detector", no_wrap=True)
    for column in ("ROC AUC", "average precision", "events/s"):
        table.add_column(column, justify="right")
    for name, ranking, seconds in results:
        figures = (ranking.roc_auc, ranking.average_precision)
        shown = ["one kind only" if figure is None else f"{figure:.4f}" for figure in figures]
        table.add_row(name, *shown, f"{events / max(seconds, 1e-9):,.0f}")
    return table
