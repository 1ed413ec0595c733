"""The score of the Numenta Anomaly Benchmark."""

from __future__ import annotations

from array import array
from math import exp, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsgd_river import _settings
from clipsgd_river.metrics import _alerts

# Worth of a window found at once, cost of an alarm far from any window, cost of a window missed.
PROFILES = {
    "standard": (1.0, 0.11, 1.0),
    "reward_low_FP_rate": (1.0, 0.22, 1.0),
    "reward_low_FN_rate": (1.0, 0.11, 2.0),
}


class NAB(_alerts.AlertMetric):
    """Score of the Numenta Anomaly Benchmark: early alarms are worth more, late ones cost little.

    A window is a run of events with ``y_true`` = 1. The score is 0 for no alarm at all, 100 for one
    alarm on the first event of each window and none elsewhere, and below 0 for what is worse than
    silence; ``docs/alert_metrics.md`` has the formula. 0.0 without a window.

    Choose it to compare with what is published for the benchmark [1]_. Its windows are wide and
    centred on the anomaly, so that an alarm may come early; for labels that begin with the anomaly
    `DetectionDelay` says more.

    Parameters
    ----------
    threshold
        Score from which on an event is an alarm; ``None`` for the one of all thresholds that gives
        the highest score so far, as the benchmark does it.
    profile
        ``"standard"``, ``"reward_low_FP_rate"`` or ``"reward_low_FN_rate"``: A is (tp 1, fp 0.11,
        fn 1), with fp 0.22, or with fn 2.
    skip
        Events at the beginning of the (first) series whose alarms do not count: the benchmark
        skips min(15 %, 750) of them. Neither does a window that ends within them.

    Notes
    -----
    A window that still lasts counts as if it ended now. O(1) per event and O(longest window) in
    memory with a threshold; without one O(n log n) per `get` and 16 bytes per event. There is no
    `revert`: what an alarm is worth depends on all that was before it.

    References
    ----------
    .. [1] A. Lavin and S. Ahmad, *Evaluating real-time anomaly detection algorithms: the Numenta
       Anomaly Benchmark*, ICMLA 2015.

    Examples
    --------
    >>> from clipsgd_river.metrics import NAB
    >>> nab = NAB()
    >>> for i in range(100):
    ...     nab.update(40 <= i < 60, 0.9 if i == 45 else 0.8 if i == 80 else 0.5)
    >>> nab.get(), nab.best_threshold
    (98.3..., 0.9)

    Over several series one threshold holds for all:

    >>> nab.begin_series()
    >>> for i in range(100):
    ...     nab.update(70 <= i < 90, 0.95 if i == 20 else 0.5)
    >>> nab.get()
    46.4...
    """

    _fmt = ",.4f"

    def __init__(
        self, threshold: float | None = None, profile: str = "standard", skip: int = 0
    ) -> None:
        # No super().__init__: nothing is counted in a confusion matrix.
        if profile not in PROFILES:
            raise ValueError(f"profile is one of {', '.join(map(repr, PROFILES))}, not {profile!r}")
        checked: Any = None if threshold is None else _alerts.checked_threshold(threshold)
        self.threshold = checked
        self.profile = profile
        self.skip = skip if skip == 0 else _settings.count("skip", skip)
        self.n_windows = 0
        # Scores, and what the raw score gains as the threshold comes down to them.
        self._levels = array("d")
        self._gains = array("d")
        self._raw = 0.0
        self._skipped = self.skip
        self._highest: float = -inf
        self._restart()

    def begin_series(self, skip: int = 0) -> None:
        """Go on with the first event of another series; the score is that of all together.

        Parameters
        ----------
        skip
            Events at its beginning whose alarms do not count.
        """
        self._close(self._at - 1)
        self._skipped = skip if skip == 0 else _settings.count("skip", skip)
        self._restart()

    def update(self, y_true: Any, y_pred: Any, w: float = 1.0) -> None:
        """Add an event.

        Parameters
        ----------
        y_true
            1 or ``True`` within a window.
        y_pred
            What the model said of the event: a score, a verdict or probabilities.
        w
            Ignored.
        """
        score, at = self._score(y_pred), self._at
        self._at += 1
        if y_true == True:  # noqa: E712
            self._length += 1
            # A later alarm counts only where the earlier ones are below the threshold.
            if at >= self._skipped and score > self._highest:
                self._highest = score
                self._records.append((score, at))
            return
        self._close(at - 1)
        if score > -inf and at >= self._skipped:
            self._credit(score, self._cost(at))

    def revert(self, y_true: Any, y_pred: Any, w: float = 1.0) -> None:
        """Not possible."""
        raise NotImplementedError(
            "what an alarm is worth in the NAB score depends on all that was before it, so that no "
            "event can be taken back; DetectionDelay can roll"
        )

    def get(self) -> float:
        """Score of the benchmark; 0.0 without a window."""
        return self._result()[0]

    @property
    def best_threshold(self) -> float:
        """Threshold that the score holds for; infinite where no alarm at all is best."""
        return self._result()[1]

    @property
    def bigger_is_better(self) -> bool:
        """100 is perfect."""
        return True

    @property
    def works_with_weights(self) -> bool:
        """No: weights are ignored."""
        return False

    def _restart(self) -> None:
        self._at = 0
        # Last event and length of the previous window.
        self._previous: tuple[int, int] | None = None
        self._begin_window()

    def _begin_window(self) -> None:
        self._length = 0
        self._highest = -inf
        self._records: list[tuple[float, int]] = []

    def _score(self, y_pred: Any) -> float:
        """Score of an event; of a verdict or probabilities, beyond or below all thresholds."""
        if isinstance(y_pred, float | np.floating):
            return -inf if y_pred != y_pred else float(y_pred)
        return inf if _alerts.is_alert(y_pred, inf) else -inf

    def _cost(self, at: int) -> float:
        """What an alarm outside windows adds."""
        cost = PROFILES[self.profile][1]
        if self._previous is None:
            return -cost
        last, length = self._previous
        return cost * sigmoid((at - last) / (length - 1) if length > 1 else inf)

    def _credit(self, score: float, gain: float) -> None:
        if self.threshold is None:
            self._levels.append(score)
            self._gains.append(gain)
        elif score >= self.threshold:
            self._raw += gain

    def _close(self, last: int) -> None:
        """End the window, if there is one, with the event ``last``."""
        if self._length:
            for score, gain in self._window_gains(last):
                self._credit(score, gain)
            self.n_windows += last >= self._skipped
            self._previous = last, self._length
            self._begin_window()

    def _window_gains(self, last: int) -> list[tuple[float, float]]:
        """Scores of alarms in a window, and what it is worth more with the threshold down there."""
        worth, _, missed = PROFILES[self.profile]
        found = []
        before = -missed
        for score, at in reversed(self._records):
            value = worth * sigmoid(-(last - at + 1) / self._length) / sigmoid(-1.0)
            found.append((score, value - before))
            before = value
        return found

    def _result(self) -> tuple[float, float]:
        """Score, and the threshold that it holds for."""
        last = self._at - 1
        ongoing = self._window_gains(last) if self._length else []
        count = self.n_windows + (self._length > 0 and last >= self._skipped)
        worth, _, missed = PROFILES[self.profile]
        perfect = (worth + missed) * count
        if self.threshold is None:
            raw, threshold = highest(
                np.array([*self._levels, *(score for score, _ in ongoing)]),
                np.array([*self._gains, *(gain for _, gain in ongoing)]),
            )
        else:
            threshold = self.threshold
            raw = self._raw + sum(gain for score, gain in ongoing if score >= threshold)
        return (100.0 * raw / perfect if count else 0.0), threshold


def highest(scores: NDArray[np.float64], gains: NDArray[np.float64]) -> tuple[float, float]:
    """Highest sum of the gains whose score is at least a threshold, and the threshold.

    0 and infinity where nothing is gained.
    """
    order = np.argsort(-scores, kind="stable")
    scores, sums = scores[order], np.cumsum(gains[order])
    # Equal scores are alarms together: only the sum after the last of them is one.
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)[: len(scores)])
    if not len(ends) or not sums[ends].max() > 0.0:
        return 0.0, inf
    at = ends[np.argmax(sums[ends])]
    return float(sums[at]), float(scores[at])


def sigmoid(p: float) -> float:
    """2 / (1 + exp(5 p)) - 1, from 1 far before the end of a window to -1 far after it."""
    return -1.0 if p > 3.0 else 2.0 / (1.0 + exp(5.0 * p)) - 1.0
