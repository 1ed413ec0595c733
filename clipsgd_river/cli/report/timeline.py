"""A stream of any length as a picture's worth of points, in constant memory."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.input.labels import ANOMALY, UNKNOWN
from clipsgd_river.cli.scoring.clock import Clock
from clipsgd_river.cli.terminal.errors import DataError, UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from clipsgd_river.alerts import Verdict

_MOST_BUCKETS: Final = 4096


@dataclass(slots=True)
class _Range:
    """Neighbouring events of one kind: their lowest and highest score, the alert among them."""

    row: int
    low: float
    high: float
    threshold: float
    is_anomaly: bool
    seconds: float

    def absorb(self, other: _Range) -> None:
        """Take in another range; an alert is never hidden by a higher score that was none."""
        self.low = min(self.low, other.low)
        if (other.is_anomaly, other.high) > (self.is_anomaly, self.high):
            self.row, self.high, self.threshold = other.row, other.high, other.threshold
            self.seconds = other.seconds
        self.is_anomaly |= other.is_anomaly


#: The range of the events without, and of those with, the label of an anomaly.
_Bucket = list[_Range | None]


class Timeline:
    """Scores in order of arrival, in at most 4,096 buckets.

    A bucket stands for one event at first; whenever all are full, neighbours are joined.

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
    2500
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock
        self._buckets: list[_Bucket] = []
        self._width = 1
        self._in_last = 0
        self._has_labels = False

    def __len__(self) -> int:
        return len(self._buckets)

    def add(self, event: Event, verdict: Verdict) -> None:
        """Append one event."""
        label = event.label
        self._has_labels |= label != UNKNOWN
        if self._in_last == self._width or not self._buckets:
            if len(self._buckets) == _MOST_BUCKETS:
                self._join_neighbours()
            self._buckets.append([None, None])
            self._in_last = 0
        self._in_last += 1
        score, bucket, kind = verdict.score, self._buckets[-1], label == ANOMALY
        present = bucket[kind]
        # Most events of a long stream lie within what their bucket already spans.
        if present is None or verdict.is_alert or not present.low <= score <= present.high:
            threshold = drawn_threshold(verdict)
            seconds = math.nan if self.clock is None else self.clock.seconds(event)
            part = _Range(event.row, score, score, threshold, verdict.is_alert, seconds)
            _absorb(bucket, kind, part)

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

        kinds = [
            (part, is_labelled)
            for bucket in self._buckets
            for is_labelled, part in enumerate(bucket)
            if part is not None
        ]
        kinds.sort(key=lambda kind: kind[0].row)
        parts = [part for part, _ in kinds]
        positions: Any = None
        if self.clock is not None:
            positions = self.clock.positions(part.seconds for part in parts)
        if positions is None:
            positions = np.array([part.row for part in parts], dtype=float)
        return plot_scores(
            np.array([part.high for part in parts]),
            lows=np.array([part.low for part in parts]),
            thresholds=np.array([part.threshold for part in parts]),
            alerts=np.array([part.is_anomaly for part in parts], dtype=bool),
            labels=np.array([kind for _, kind in kinds]) if self._has_labels else None,
            positions=positions,
            ax=axes,
        )

    def _join_neighbours(self) -> None:
        buckets = self._buckets
        for first, second in zip(buckets[::2], buckets[1::2], strict=True):
            for kind, part in enumerate(second):
                if part is not None:
                    _absorb(first, kind, part)
        del buckets[1::2]
        self._width *= 2


def _absorb(bucket: _Bucket, kind: int, part: _Range) -> None:
    present = bucket[kind]
    if present is None:
        bucket[kind] = part
    else:
        present.absorb(part)


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
