"""How far a target is from what a regressor or a forecaster expects."""

from __future__ import annotations

from typing import Any

from river import base
from river.time_series.base import Forecaster

from clipsgd_river._kernels.as_float import as_float
from clipsgd_river._saveable import Saveable
from clipsgd_river.anomaly.z_score import ClippedZScore
from clipsgd_river.linear_model import ClippedLinearRegression


class ResidualDetector(base.SupervisedAnomalyDetector):
    r"""Anomalous targets: y judged by what a model expects of it, given x.

    Choose it where events come with a number that the other features explain: consumption given
    the weather, a latency given the load, a value given its past. An event is anomalous if its
    target is, not if its features are.

    With e = y - f(x) the residual, m and s its clipped location and scale (`ClippedZScore`), the
    distance is

    .. math:: r = \log(1 + z^2 / 3), \qquad z = (e - m) / s.

    Parameters
    ----------
    model
        A River regressor, or a River forecaster (``time_series``), which is asked for the next
        value; ``None``: `ClippedLinearRegression`, whose coefficients anomalous targets do not
        pull far. The model is used as it is and learns with the detector.
    residuals
        The detector that judges residuals; ``None``: `ClippedZScore`.

    Notes
    -----
    A missing target scores 0 and teaches nothing. A prediction that is no finite number, or a
    forecaster that cannot forecast yet, is taken as 0. State: that of both parts.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.anomaly import ResidualDetector
    >>> rng = random.Random(0)
    >>> model = ResidualDetector()
    >>> for _ in range(2000):
    ...     load = rng.gauss(50, 10)
    ...     model.learn_one({"load": load}, 20 + load + rng.gauss(0, 1))
    >>> round(model.score_one({"load": 80}, 100), 1), round(model.score_one({"load": 60}, 100), 2)
    (0.0, 0.97)
    """

    def __init__(
        self,
        model: base.Regressor | Forecaster | None = None,
        residuals: base.AnomalyDetector | None = None,
    ) -> None:
        self.model = model
        self.residuals = residuals
        self._model: Any = ClippedLinearRegression() if model is None else model
        self._residuals: Any = ClippedZScore() if residuals is None else residuals
        for part in (self._model, self._residuals):
            if isinstance(part, Saveable):
                # State exists from now on, so that a first score leaves everything as it is.
                part.create_state()

    def learn_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.Target) -> None:
        """Learn the residual of the event, then let the model learn the event.

        Raises
        ------
        TypeError
            If the target is no number; the event is then not learned at all.
        """
        target = as_float("the target", y)
        if target != target:
            return
        residual = {"residual": target - self.predict_one(x)}
        if isinstance(self._model, Forecaster):
            self._model.learn_one(target, x or None)
        else:
            self._model.learn_one(x, target)
        self._residuals.learn_one(residual)

    def score_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.Target) -> float:
        """Score of the target in [0, 1), higher = more anomalous. Changes nothing."""
        score: float = self._residuals.score_one(self._residual(x, y))
        return score

    def distance_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.Target) -> float:
        """Distance behind the score, of a residual detector that has one. Changes nothing."""
        distance: float = self._residuals.distance_one(self._residual(x, y))
        return distance

    def predict_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Target that the model expects. Changes nothing."""
        if isinstance(self._model, Forecaster):
            try:
                found = self._model.forecast(1, [x] if x else None)[0]
            except (IndexError, AttributeError, TypeError, ValueError, ZeroDivisionError):
                # River's forecasters fail in ways of their own before they have seen enough.
                return 0.0
        else:
            found = self._model.predict_one(x)
        value = as_float("the prediction", found)
        return value if value - value == 0.0 else 0.0

    def _residual(self, x: dict[Any, Any], y: Any) -> dict[str, float]:
        return {"residual": as_float("the target", y) - self.predict_one(x)}
