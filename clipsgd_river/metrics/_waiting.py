"""How long after its beginning something came: what delays and times to recover share."""

from __future__ import annotations

import abc
import math
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from clipsgd_river.alerts._event_time import UNITS, seconds_of
from clipsgd_river.metrics import _alerts


@dataclass(slots=True)
class Wait:
    """One wait: since when, how long so far, and how it ended, if it has ended."""

    start: float
    length: float = 0.0
    met: bool = False
    ended: bool = False

    def meet(self, length: float) -> None:
        """End it: what was waited for came."""
        self.length, self.met, self.ended = length, True, True

    def give_up(self, length: float) -> None:
        """End it without."""
        if not self.ended:
            self.length, self.ended = length, True


class WaitingMetric(_alerts.AlertMetric):
    """Base of metrics that measure how long after a beginning something comes.

    A subclass says with `_observe` what begins and what is waited for. Waits that were in vain
    count with the whole of their length: a model cannot improve by missing what is hard.
    """

    _fmt = ",.6f"
    #: Beyond this, what was waited for comes too late.
    _longest = math.inf

    def __init__(self, changes: Sequence[Any] | None, unit: str, threshold: float) -> None:
        # No super().__init__: nothing is counted in a confusion matrix.
        self.threshold = _alerts.checked_threshold(threshold)
        self.unit = _alerts.checked_unit("unit", unit)
        self.changes = changes
        self._changes = _positions(changes, unit)
        self._waits: deque[Wait] = deque()
        self._open: Wait | None = None
        self._n_changes = 0
        self._n_events = 0
        self._n_reverted = 0

    def update(self, y_true: Any, y_pred: Any, w: float = 1.0, time: Any = None) -> None:
        """Add an event.

        Parameters
        ----------
        y_true
            1 or ``True`` for an anomaly.
        y_pred
            What the model said of the event: a score, a verdict or probabilities.
        w
            Ignored.
        time
            A date and time (naive ones count as UTC) or a number of seconds, not before that of
            the last event; only with a unit of time.
        """
        now = float(self._n_events) if self.unit == "event" else _alerts.in_units(self.unit, time)
        self._n_events += 1
        while self._n_changes < len(self._changes) and self._changes[self._n_changes] <= now:
            self._end(self._changes[self._n_changes])
            self._begin(self._changes[self._n_changes])
            self._n_changes += 1
        self._observe(y_true, y_pred, now)

    def revert(self, y_true: Any, y_pred: Any, w: float = 1.0, time: Any = None) -> None:
        """Take back the oldest event, as a window does that it leaves.

        What began with it is forgotten; the rest stays as it was measured.
        """
        then = float(self._n_reverted)
        if self.unit != "event":
            then = _alerts.in_units(self.unit, time)
        self._n_reverted += 1
        while self._waits and self._waits[0].start <= then:
            self._waits.popleft()

    def get(self) -> float:
        """Mean of `lengths`; 0.0 before the first beginning."""
        lengths = [wait.length for wait in self._waits]
        return statistics.fmean(lengths) if lengths else 0.0

    @property
    def bigger_is_better(self) -> bool:
        """Sooner is better."""
        return False

    @property
    def works_with_weights(self) -> bool:
        """No: weights are ignored."""
        return False

    @property
    def delays(self) -> list[float | None]:
        """How long each took, in order; ``None`` where it did not come, or has not yet."""
        return [wait.length if wait.met else None for wait in self._waits]

    @property
    def n_missed(self) -> int:
        """Those where it did not come, or has not yet."""
        return sum(not wait.met for wait in self._waits)

    @property
    def mean(self) -> float | None:
        """Mean of the delays of those where it came; ``None`` if there is none."""
        met = self._met()
        return statistics.fmean(met) if met else None

    @property
    def median(self) -> float | None:
        """Median of the delays of those where it came; ``None`` if there is none."""
        met = self._met()
        return statistics.median(met) if met else None

    @abc.abstractmethod
    def _observe(self, y_true: Any, y_pred: Any, now: float) -> None:
        """Take in an event at ``now``, after the changes up to then have begun."""

    def _met(self) -> list[float]:
        return [wait.length for wait in self._waits if wait.met]

    def _share(self) -> float:
        return len(self._met()) / len(self._waits) if self._waits else 0.0

    def _begin(self, start: float) -> None:
        self._open = Wait(start)
        self._waits.append(self._open)

    def _end(self, now: float) -> None:
        """End the open wait, if there is one, at what came after it."""
        if self._open is not None:
            self._open.give_up(min(now - self._open.start, self._longest))
            self._open = None

    def _so_far(self, wait: Wait, now: float) -> float:
        """Length of a wait in vain up to and with the event at ``now``."""
        return min(now - wait.start + (self.unit == "event"), self._longest)


def _positions(changes: Sequence[Any] | None, unit: str) -> list[float]:
    """Positions of changes among the events, or their times in units."""
    if changes is None:
        return []
    if isinstance(changes, str | bytes) or not hasattr(changes, "__len__"):
        raise TypeError(f"changes is a sequence of positions or times, not {changes!r}")
    per = 1.0 if unit == "event" else UNITS[unit]
    found = [seconds_of("changes", change) / per for change in changes]
    if any(b <= a for a, b in pairwise(found)):
        raise ValueError("changes rise: each is later than the one before")
    if unit == "event" and any(at < 0.0 or at % 1.0 for at in found):
        raise ValueError("changes are positions of events, from 0 on; times need a unit of time")
    return found
