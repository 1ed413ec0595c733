"""How unexpected a label is to a classifier."""

from __future__ import annotations

from array import array
from math import log
from typing import Any, ClassVar

from river import base

from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river._kernels.core.typical_distance import TypicalDistance
from clipsgd_river.anomaly._supervised import SupervisedDetector
from clipsgd_river.linear_model import ClippedLogisticRegression

# Probabilities below this count as this: a distance is finite.
SMALLEST_PROBABILITY = 1e-300

# Beyond this a double does not hold every whole number.
LARGEST_COUNT = 2.0**53


class LabelDetector(SupervisedDetector):
    r"""Anomalous labels: y scored by the probability that a classifier gives it, given x.

    Choose it where events come with a category that the features explain: the user of a session,
    the class of a transaction, a label somebody may have got wrong. The distance is

    .. math:: r = -\log p(y \mid x),

    and the score 1 / (1 + q / r) with q the slowly tracked median of r.

    Parameters
    ----------
    model
        A River classifier with ``predict_proba_one``; ``None``: `ClippedLogisticRegression`, which
        wrong labels do not pull far. It is used as it is and learns with the detector.

    Notes
    -----
    A label never seen has the probability 1e-300. A missing label scores 0 and teaches nothing.
    Features are as the classifier has them. State: that of the classifier and 24 bytes; a state
    file takes a classifier of clipsgd_river, any other needs pickle.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.anomaly import LabelDetector
    >>> rng = random.Random(0)
    >>> model = LabelDetector()
    >>> for _ in range(2000):
    ...     load = rng.gauss(50, 10)
    ...     model.learn_one({"load": load}, "busy" if load + rng.gauss(0, 3) > 50 else "idle")
    >>> busy = model.score_one({"load": 65}, "busy"), model.score_one({"load": 65}, "idle")
    >>> busy[0] < 0.6, busy[1] > 0.9
    (True, True)
    """

    _part_kinds: ClassVar[dict[str, Any]] = {"model": base.Classifier}

    def __init__(self, model: base.Classifier | None = None) -> None:
        self.model = model
        self._model: Any = ClippedLogisticRegression() if model is None else model
        # State exists from now on, so that a first score leaves everything as it is.
        self.create_state()
        self._events = 0
        self._typical = TypicalDistance()

    def learn_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.Target) -> None:
        """Let the median follow the event's distance, then let the classifier learn the event."""
        if is_missing(y):
            return
        distance = self.distance_one(x, y)
        self._model.learn_one(x, y)
        if self._events > 0:
            self._typical.observe(distance)
        self._events += 1

    def score_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.Target) -> float:
        """Score of the label in [0, 1), higher = more anomalous. Changes nothing."""
        score: float = self._typical.score(self.distance_one(x, y))
        return score

    def distance_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.Target) -> float:
        """-log p(y | x), 0.0 before anything was learned and for a missing label."""
        found = self._model.predict_proba_one(x)
        if self._events == 0 or is_missing(y):
            return 0.0
        probability = float(found.get(y, 0.0))
        return -log(min(max(probability, SMALLEST_PROBABILITY), 1.0))

    def _own_numbers(self) -> array[float]:
        return array("d", [self._events, *self._typical.snapshot()[1]])

    def _take_own_numbers(self, numbers: array[float]) -> None:
        if not numbers or not (0.0 <= numbers[0] <= LARGEST_COUNT and numbers[0] % 1.0 == 0.0):
            raise ValueError("the state holds no count of events: it is damaged")
        self._events = int(numbers[0])
        self._typical.restore([], numbers[1:])
