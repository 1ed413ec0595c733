"""The scores of a stream of any length as a picture, in constant memory."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.input.labels import ANOMALY, UNKNOWN
from clipsgd_river.cli.report.score_counts import ScoreCounts
from clipsgd_river.cli.scoring.clock import Clock
from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.plot.scores import SHARES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from clipsgd_river.alerts import Verdict

#: Streams of no more events are drawn event by event.
_MOST_EVENTS: Final = 1200
#: Spans are joined whenever there are so many.
_MOST_SPANS: Final = 300
_MOST_ALERTS: Final = 4096


class _Point(NamedTuple):
    """One event, or what stands for several: where it is drawn."""

    row: int
    seconds: float
    score: float
    threshold: float
    is_alert: bool = False
    is_labelled: bool = False
    quantiles: tuple[float, ...] = (math.nan,) * len(SHARES)


class _Span:
    """Neighbouring events: their scores, the highest, the last threshold, labelled anomalies."""

    __slots__ = ("counts", "events", "first", "highest", "labelled", "threshold")

    def __init__(self, first: _Point) -> None:
        self.first = first
        self.counts = ScoreCounts()
        self.events = 0
        self.highest = self.threshold = math.nan
        #: The lowest and the highest.
        self.labelled: list[_Point] = []

    def add(self, point: _Point) -> None:
        """Take in one event."""
        self.events += 1
        self.threshold = point.threshold
        if point.is_labelled:
            self.labelled = _ends([*self.labelled, point])
        else:
            self.counts.add(point.score)
            if not self.highest >= point.score:
                self.highest = point.score

    def absorb(self, other: _Span) -> None:
        """Take in the next span."""
        self.events += other.events
        self.threshold = other.threshold
        self.labelled = _ends([*self.labelled, *other.labelled])
        self.counts.absorb(other.counts)
        if not self.highest >= other.highest:
            self.highest = other.highest

    def point(self) -> _Point:
        """Return what is drawn of the events without labelled anomalies."""
        quantiles = (min(each, self.highest) for each in self.counts.quantiles(SHARES))
        return self.first._replace(
            score=self.highest,
            threshold=self.threshold,
            is_alert=False,
            is_labelled=False,
            quantiles=tuple(quantiles),
        )


class Timeline:
    """Scores in order of arrival: of long streams quantiles, and every alert.

    Up to 1,200 events are kept as they are; of more, up to 300 spans of neighbours, which are
    joined two by two whenever there are too many. Of more than 4,096 alerts the higher one of two
    neighbours stays.

    Parameters
    ----------
    clock
        What tells the time of events, where they have one.

    Examples
    --------
    >>> from clipsgd_river.alerts import Verdict
    >>> timeline = Timeline()
    >>> for row in range(1, 10_001):
    ...     timeline.add(Event(row, {}, UNKNOWN, None), Verdict(0.5, 1.0, 0.9))
    >>> len(timeline)
    157
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock
        self._events: list[_Point] = []
        self._spans: list[_Span] = []
        self._alerts: list[_Point] = []
        self._width = 2 * _MOST_EVENTS // _MOST_SPANS
        self._has_labels = False

    def __len__(self) -> int:
        return len(self._spans) or len(self._events)

    def add(self, event: Event, verdict: Verdict) -> None:
        """Append one event."""
        label = event.label
        self._has_labels |= label != UNKNOWN
        seconds = math.nan
        spans, is_alert = self._spans, verdict.is_alert
        begins = not spans or spans[-1].events == self._width
        # Of most events of a long stream nobody asks for the time.
        if self.clock is not None and (begins or is_alert or label == ANOMALY):
            seconds = self.clock.seconds(event)
        threshold = drawn_threshold(verdict)
        point = _Point(event.row, seconds, verdict.score, threshold, is_alert, label == ANOMALY)
        if is_alert:
            self._keep_alert(point)
        if spans:
            self._append(point)
            return
        self._events.append(point)
        if len(self._events) > _MOST_EVENTS:
            for each in self._events:
                self._append(each)
            self._events = []

    def _append(self, point: _Point) -> None:
        spans = self._spans
        if not spans or spans[-1].events == self._width:
            if len(spans) == _MOST_SPANS:
                for first, second in zip(spans[::2], spans[1::2], strict=True):
                    first.absorb(second)
                del spans[1::2]
                self._width *= 2
            spans.append(_Span(point))
        spans[-1].add(point)

    def _keep_alert(self, point: _Point) -> None:
        alerts = self._alerts
        if len(alerts) == _MOST_ALERTS:
            pairs = zip(alerts[::2], alerts[1::2], strict=True)
            self._alerts = alerts = [max(pair, key=_score) for pair in pairs]
        alerts.append(point)

    def draw(self, path: str, title: str) -> None:
        """Save the picture.

        Raises
        ------
        DataError
            If the file cannot be written.
        UsageError
            If matplotlib knows no such kind of picture.
        """
        from matplotlib.figure import Figure

        figure = Figure(figsize=(11, 4.2), layout="constrained")
        axes = self.plot(figure.add_subplot())
        # A dollar sign in a file's name begins no formula.
        axes.set_title(title, loc="left", fontsize=11).set_parse_math(False)
        try:
            figure.savefig(path, dpi=160)
        except OSError as error:
            raise DataError(f"cannot write {path}: {error.strerror}") from None
        except ValueError as error:
            raise UsageError(f"cannot draw {path}: {error}") from None

    def plot(self, axes: Axes) -> Axes:
        """Draw on axes of the caller's."""
        from clipsgd_river.plot import plot_scores

        points = self._points()
        positions: Any = None
        if self.clock is not None:
            positions = self.clock.positions(point.seconds for point in points)
        if positions is None:
            positions = np.array([point.row for point in points], dtype=float)
        return plot_scores(
            np.array([point.score for point in points]),
            quantiles=np.array([point.quantiles for point in points]) if self._spans else None,
            thresholds=np.array([point.threshold for point in points]),
            alerts=np.array([point.is_alert for point in points], dtype=bool),
            labels=np.array([point.is_labelled for point in points]) if self._has_labels else None,
            positions=positions,
            ax=axes,
        )

    def _points(self) -> list[_Point]:
        if not self._spans:
            return self._events
        points = [span.point() for span in self._spans]
        points += [point for span in self._spans for point in span.labelled]
        points += self._alerts
        return sorted(points, key=lambda point: point.row)


def _ends(points: list[_Point]) -> list[_Point]:
    """Return the point with the lowest score and the one with the highest."""
    known = [point for point in points if not math.isnan(point.score)]
    return [min(known, key=_score), max(known, key=_score)] if len(known) > 1 else known


def _score(point: _Point) -> float:
    return -math.inf if math.isnan(point.score) else point.score


def drawn_threshold(verdict: Verdict) -> float:
    """Return the threshold of a verdict as a picture shows it: NaN where no score would alert."""
    return verdict.threshold if 0.0 < verdict.threshold < 1.0 else math.nan


def check_plot_path(path: str) -> None:
    """Refuse a picture that could not be drawn at the end of a long run.

    Raises
    ------
    UsageError
        If matplotlib is missing or knows no such kind of file.
    """
    require_matplotlib("--plot")
    from matplotlib.backend_bases import FigureCanvasBase

    kinds = FigureCanvasBase.get_supported_filetypes()
    ending = path.rpartition(".")[2].lower()
    if "." not in path or ending not in kinds:
        raise UsageError(f"--plot cannot draw '{path}': let it end in .png, .svg or .pdf")
    check_folder(path)


def require_matplotlib(option: str) -> None:
    """Raise `UsageError` if there is no matplotlib."""
    try:
        import matplotlib as mpl  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError(
            f'pictures need matplotlib: pip install "clipsgd_river[plot]", or leave {option} out'
        ) from None


def check_folder(path: str) -> None:
    """Raise `UsageError` if nothing can be written where a path points."""
    folder = Path(path).resolve().parent
    if not os.access(folder, os.W_OK):
        raise UsageError(f"cannot write {path}: {folder} is no folder that can be written to")
