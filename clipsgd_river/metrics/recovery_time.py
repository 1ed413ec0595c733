"""How soon after a change everything is as before."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from river import base

from clipsgd_river import _settings
from clipsgd_river.metrics import _alerts
from clipsgd_river.metrics._waiting import WaitingMetric
from clipsgd_river.metrics.regret import distance


class RecoveryTime(WaitingMetric):
    """Mean time from a change until alerts, scores or errors are as before it.

    A change is recovered from at the first window of events whose mean exceeds that of the window
    before the change by ``tolerance`` at most. A change that is not recovered from counts
    with the whole time up to the next one, or up to now. ``docs/alert_metrics.md`` has the formula.

    Choose it to compare how fast models adapt to what is new for good; `DetectionDelay` measures
    how fast they notice it.

    Parameters
    ----------
    changes, unit, threshold
        As in `DetectionDelay`.
    of
        ``"alert"``: the share of alerts; ``"score"``: the scores, or probabilities; ``"error"``:
        how far an estimate is from the truth, numbers, arrays or dicts, or one minus the
        probability of the true class.
    window
        Events whose mean is compared, at least 1. The rarer alerts are, the longer.
    tolerance
        How much above the level from before still counts as recovered, as a share of it; 0 or
        more.

    Attributes
    ----------
    delays
        Time of each change in order, ``None`` where it is not recovered from (yet).

    Notes
    -----
    O(1) per event, O(m) while a recovery is waited for; `get` takes O(n), n the changes so far.
    m + n events' worth of memory, some 100 bytes each. A value of NaN is as bad as can be.
    `revert` takes back the oldest event, as `river.utils.Rolling` does: a change is in the window
    if its beginning is.

    Examples
    --------
    >>> import random
    >>> from river import evaluate
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> from clipsgd_river.metrics import RecoveryTime
    >>> rng = random.Random(0)
    >>> stream = [({"load": rng.gauss(50 if t < 1000 else 150, 10)}, None) for t in range(2000)]
    >>> recovery = RecoveryTime(changes=[1000], of="score", window=50)
    >>> found = evaluate.progressive_val_score(stream, ClippedZScore(), recovery)
    >>> 0 < found.get() < 100
    True
    """

    def __init__(
        self,
        changes: Sequence[Any] | None = None,
        of: str = "alert",
        window: int = 100,
        tolerance: float = 0.1,
        unit: str = "event",
        threshold: float = _alerts.THRESHOLD,
    ) -> None:
        super().__init__(changes, unit, threshold)
        if of not in ("alert", "score", "error"):
            raise ValueError(f"of is 'alert', 'score' or 'error', not {of!r}")
        self.of = of
        self.window = _settings.count("window", window)
        self.tolerance = _settings.number("tolerance", tolerance)
        if not 0.0 <= self.tolerance < math.inf:
            raise ValueError(f"tolerance is at least 0 and finite, not {tolerance!r}")
        self._limit = math.nan
        self._calm = True
        # Positions and values of the latest events since the last change.
        self._latest: deque[tuple[float, float]] = deque(maxlen=self.window)

    @property
    def share_recovered(self) -> float:
        """Share of the changes that were recovered from; 0.0 before the first."""
        return self._share()

    def works_with(self, model: Any) -> bool:
        """Detectors, alert filters, classifiers, pipelines of them; for errors, regressors too."""
        return super().works_with(model) or (
            self.of == "error" and isinstance(model, base.Regressor)
        )

    def _begin(self, start: float) -> None:
        if self._calm and self._latest:
            before = self._mean()
            self._limit = before + (self.tolerance * abs(before) if self.tolerance else 0.0)
        self._latest.clear()
        if self._limit == self._limit:
            super()._begin(start)
            self._calm = False

    def _observe(self, y_true: Any, y_pred: Any, now: float) -> None:
        self._latest.append((now, self._value(y_true, y_pred)))
        wait = self._open
        if wait is None or wait.ended:
            return
        if len(self._latest) == self.window and self._mean() <= self._limit:
            wait.meet(self._latest[0][0] - wait.start)
            self._calm = True
        else:
            wait.length = self._so_far(wait, now)

    def _mean(self) -> float:
        return fmean(value for _, value in self._latest)

    def _value(self, y_true: Any, y_pred: Any) -> float:
        if self.of == "alert":
            return float(_alerts.is_alert(y_pred, self.threshold))
        if isinstance(y_pred, Mapping) and not isinstance(y_true, Mapping):
            # Probabilities of classes.
            wrong = 1.0 - y_pred.get(y_true, 0.0)
            found = wrong if self.of == "error" else y_pred.get(True, 0.0)
        else:
            found = distance(y_true, y_pred) if self.of == "error" else y_pred
        return math.inf if found != found else float(found)
