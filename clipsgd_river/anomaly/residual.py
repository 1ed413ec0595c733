"""How far a target is from what a regressor or a forecaster expects."""

from __future__ import annotations

from array import array
from math import isfinite, nan
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from river import base
from river.time_series.base import Forecaster

from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._tables.rows import Rows
from clipsgd_river.anomaly._supervised import SupervisedDetector
from clipsgd_river.anomaly.base import ClippedDetector
from clipsgd_river.anomaly.z_score import ClippedZScore
from clipsgd_river.linear_model import ClippedLinearRegression

# Two weeks of minutes: no season is longer that a forecaster must see whole before it can forecast.
LONGEST_WAIT = 20_160


class ResidualDetector(SupervisedDetector):
    r"""Anomalous targets: y scored by how far it is from what a model expects, given x.

    Choose it where events come with a number that the other features explain: consumption given
    the weather, a latency given the load, a value given its past. An event is anomalous if its
    target is, not if its features are.

    With e = y - f(x) the residual, m and s its clipped location and scale (`ClippedZScore`), the
    distance is

    .. math:: r = \log(1 + z^2 / 3), \qquad z = (e - m) / s.

    Parameters
    ----------
    model
        A River regressor, or a River forecaster (``time_series``), which forecasts the next value;
        ``None``: `ClippedLinearRegression`, whose coefficients anomalous targets do not pull far.
        The model is used as it is and learns with the detector.
    residuals
        The detector that scores residuals; ``None``: `ClippedZScore`.

    Notes
    -----
    A missing target scores 0 and teaches nothing. A prediction that is not finite counts as 0.
    Features are as the model has them.

    River's forecasters raise ``IndexError`` until they have seen enough, a season for instance.
    Until then targets score 0 and only the forecaster learns. It is an error of the forecaster, and
    raised, if it comes after a first forecast or after 20,160 targets (two weeks of minutes); any
    other exception always is.

    State: that of both parts and 8 bytes; a state file takes parts of clipsgd_river, any other
    needs pickle.

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

    _part_kinds: ClassVar[dict[str, Any]] = {
        "model": base.Regressor | Forecaster,
        "residuals": base.AnomalyDetector,
    }

    def __init__(
        self,
        model: base.Regressor | Forecaster | None = None,
        residuals: base.AnomalyDetector | None = None,
    ) -> None:
        self.model = model
        self.residuals = residuals
        self._model: Any = ClippedLinearRegression() if model is None else model
        self._residuals: Any = ClippedZScore() if residuals is None else residuals
        # State exists from now on, so that a first score leaves everything as it is.
        self.create_state()
        # Targets that a forecaster may still learn before it must forecast.
        self._patience = LONGEST_WAIT

    def learn_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.Target) -> None:
        """Learn the residual of the event, then let the model learn the event.

        Raises
        ------
        TypeError
            If the target is not a number; nothing of the event is then learned.
        """
        target = as_float("y", y, "the target")
        if target != target:
            return
        residual = target - self._expect(x)
        if isinstance(self._model, Forecaster):
            self._model.learn_one(target, x or None)
            self._patience = 0 if residual == residual else self._patience - 1
        else:
            self._model.learn_one(x, target)
        if residual == residual:
            self._residuals.learn_one({"residual": residual})

    def score_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.Target) -> float:
        """Score of the target in [0, 1), higher = more anomalous. Changes nothing."""
        return self._of_residual("score_one", x, y)

    def distance_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.Target) -> float:
        """Distance behind the score, of a residual detector that has one. Changes nothing."""
        return self._of_residual("distance_one", x, y)

    def predict_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Target that the model expects, 0.0 while it cannot say. Changes nothing."""
        expected = self._expect(x)
        return expected if expected == expected else 0.0

    def _of_residual(self, method: str, x: dict[Any, Any], y: Any) -> float:
        """What a method says of the residual; 0.0 where the target or the forecast is missing."""
        residual = as_float("y", y, "the target") - self._expect(x)
        if residual != residual:
            return 0.0
        value: float = getattr(self._residuals, method)({"residual": residual})
        return value

    def _expect(self, x: dict[Any, Any]) -> float:
        """Target that the model expects; NaN while a forecaster has not seen enough."""
        if not isinstance(self._model, Forecaster):
            found = self._model.predict_one(x)
        else:
            try:
                found = self._model.forecast(1, [x] if x else None)[0]
            except IndexError as error:
                if self._patience > 0:
                    return nan
                error.add_note(f"{type(self._model).__name__} should be able to forecast by now")
                raise
        value = as_float("y", found, "the prediction")
        return value if isfinite(value) else 0.0

    def _learn_rows(self, rows: Rows, targets: list[Any]) -> NDArray[np.float64]:
        if not self._runs_rows():
            return super()._learn_rows(rows, targets)
        numbers = np.array([as_float("y", target, "the target") for target in targets])
        known = ~np.isnan(numbers)
        some = rows.where(known)
        expected = np.zeros(len(some.values))
        for part, flat in some.chunks():
            self._model._kernel.run_targets(flat, some.names, numbers[known][part], expected[part])
        scores = np.zeros(len(numbers))
        scores[known] = self._run_residuals(numbers[known], expected, learn=True)
        return scores

    def _score_rows(self, rows: Rows, targets: list[Any]) -> NDArray[np.float64]:
        if not self._runs_rows():
            return super()._score_rows(rows, targets)
        numbers = np.array([as_float("y", target, "the target") for target in targets])
        return self._run_residuals(numbers, self._model._predict_rows(rows)[:, 0], learn=False)

    def _runs_rows(self) -> bool:
        """Whether both parts are ours, so that rows give bit for bit what the loop gives."""
        return isinstance(self._model, ClippedLinearRegression) and isinstance(
            self._residuals, ClippedDetector
        )

    def _run_residuals(
        self, targets: NDArray[np.float64], expected: NDArray[np.float64], *, learn: bool
    ) -> NDArray[np.float64]:
        expected = np.where(np.isfinite(expected), expected, 0.0)
        with np.errstate(over="ignore"):
            residuals = (targets - expected).reshape(-1, 1)
        scores: NDArray[np.float64]
        _, scores = self._residuals._run(Rows(residuals, ["residual"]), learn=learn)
        return scores

    def _own_numbers(self) -> array[float]:
        return array("d", [self._patience])

    def _take_own_numbers(self, numbers: array[float]) -> None:
        if len(numbers) != 1 or not 0.0 <= numbers[0] <= LONGEST_WAIT or numbers[0] % 1.0:
            raise ValueError("the state holds an impossible wait for a forecast: it is damaged")
        self._patience = int(numbers[0])
