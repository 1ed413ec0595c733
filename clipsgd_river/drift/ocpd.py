"""Change points of a mean, with a bound on false alarms that heavy tails do not break."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from river import base
from sklearn.base import BaseEstimator

from clipsgd_river import _settings
from clipsgd_river._faces.kernel_owner import KernelOwner
from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._kernels.drift.change_point import NUMBER, ChangePointKernel
from clipsgd_river._tables.containers import array_of, is_column
from clipsgd_river._tables.rows import rows_of


def checked_delta(value: Any) -> float | None:
    """A probability of a false alarm."""
    if value is None:
        return None
    probability = _settings.number("delta", value)
    if not 1e-12 <= probability < 1.0:
        raise ValueError(f"delta is a probability, at least 1e-12 and below 1, not {value!r}")
    return probability


def checked_run_length(value: Any) -> float | None:
    """Events between false alarms."""
    if value is None:
        return None
    length = _settings.number("expected_run_length", value)
    if not 10.0 <= length <= 1e12:
        raise ValueError(f"expected_run_length is a number of events, 10 to 1e12, not {value!r}")
    return length


def checked_sigma(value: Any) -> float | str:
    """A bound on standard deviations, or a rule that finds a unit."""
    if isinstance(value, str):
        if value != "auto":
            raise ValueError(f"sigma is 'auto' or a positive number, not {value!r}")
        return value
    sigma = _settings.number("sigma", value)
    if not (1e-140 <= sigma <= 1e140 and isfinite(sigma)):
        raise ValueError(f"sigma is 'auto' or a number from 1e-140 to 1e140, not {value!r}")
    return sigma


def checked_warm_up(value: Any) -> int | None:
    """Events of a start."""
    return None if value is None else _settings.warm_up(value)


class ClippedOCPD(KernelOwner, BaseEstimator, base.DriftAndWarningDetector):  # type: ignore[misc]
    """Change points of the mean of a stream, of one or of many features, with few false alarms.

    Choose it over `river.drift.ADWIN` where a false alarm is expensive, where values have heavy
    tails or no known range, where events have several features, or where the time of the change
    matters. It looks for a change of the mean and for nothing else.

    A drift detector of River: `update`, then read `drift_detected`; it resets itself on the first
    update after an alarm, and the new stretch starts from the estimated change point.

    Parameters
    ----------
    delta
        Probability, from 1e-12 to below 1, of any false alarm in a stretch without change, however
        long it is. ``None`` means 0.01, unless ``expected_run_length`` is given.
    sigma
        A bound on the standard deviation along every direction: of a number, of each feature and
        of each combination of features with weights of unit length (the square root of the largest
        eigenvalue of the covariance). ``"auto"`` finds the spread of each feature from the stream.
    expected_run_length
        In place of ``delta``: events between false alarms, on average, at least; 10 to 1e12.
    warm_up
        Events of each feature at the beginning of a stretch that give it a centre (and a unit),
        1 to 10,000. There are no alarms during it. ``None`` means 20, and 8 with ``sigma`` given.
    max_features
        Once there are so many, a new one takes the place of a feature unseen for 10,000 events; if
        there is none, it raises a ``ValueError``.

    Notes
    -----
    Let the events of a stretch have, given the events before each, one mean and a covariance whose
    eigenvalues are at most sigma squared. Then the probability of any alarm during the stretch is
    at most ``delta``, for every such distribution, any length and any number of features.
    ``docs/change_points.md`` proves it and gives delays: at delta = 0.05 a shift of one standard
    deviation after 1,000 Gaussian events is found after some 40.

    With ``sigma="auto"`` the limits are a normal approximation: measured, not proved. Inertia and
    trends then make alarms rarer; with ``sigma`` given they break the guarantee.

    Costs O(d log t) an event. In memory 9 KB, and 22 KB + 16 ``warm_up`` bytes a feature. Departs
    from [1]_ in one test for each window of a geometric grid, from clipped payoffs.

    References
    ----------
    .. [1] A. Sankararaman and B. Narayanaswamy, *Online heavy-tailed change-point detection*, UAI
       2023, arXiv 2306.09548.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.drift import ClippedOCPD
    >>> student = lambda: random.gauss(0, 1) / random.gammavariate(1.05, 1 / 1.05) ** 0.5
    >>> random.seed(1)
    >>> ocpd = ClippedOCPD(delta=0.01)
    >>> for t in range(3000):  # Student's t with 2.1 degrees of freedom; a shift at event 2,000
    ...     ocpd.update(student() + 3 * (t >= 2000))
    ...     if ocpd.drift_detected:
    ...         print("alarm at", t, "for a change at", ocpd.change_point)
    alarm at 2012 for a change at 2002
    >>> round(ocpd.estimate, 1)
    3.0
    """

    _kernel: ChangePointKernel
    _kernel_class: ClassVar[type[ChangePointKernel]] = ChangePointKernel
    _checks: ClassVar[Any] = {
        "delta": checked_delta,
        "sigma": checked_sigma,
        "expected_run_length": checked_run_length,
        "warm_up": checked_warm_up,
        "max_features": _settings.max_features,
    }

    def __init__(
        self,
        delta: float | None = None,
        *,
        sigma: float | str = "auto",
        expected_run_length: float | None = None,
        warm_up: int | None = None,
        max_features: int = 10_000,
    ) -> None:
        self.delta = delta
        self.sigma = sigma
        self.expected_run_length = expected_run_length
        self.warm_up = warm_up
        self.max_features = max_features

    @classmethod
    def _check_together(cls, settings: dict[str, Any]) -> None:
        if settings["delta"] is not None and settings["expected_run_length"] is not None:
            raise ValueError(
                "delta and expected_run_length both say how rare false alarms are; give one of them"
            )

    def update(self, x: Any) -> None:
        """Take one event, and say in `drift_detected` whether it raises an alarm.

        Parameters
        ----------
        x
            A number; a dict of feature -> number; or an array, list or tuple of shape (d,), its
            positions the features 0..d-1. Missing values (no key, ``None``, NaN) teach nothing,
            infinite ones count as huge.

        Raises
        ------
        TypeError
            If a value is not a number; nothing of the event is then learned.
        ValueError
            If a number follows events with features, or the other way round; if an array is not
            one-dimensional; if a new feature would exceed ``max_features``.
        """
        kernel = self._kernel
        if type(x) is not float:
            if isinstance(x, Mapping):
                self._take(x)
                return
            if isinstance(x, np.ndarray | list | tuple) and np.ndim(x) != 0:
                if np.ndim(x) != 1:
                    raise ValueError(
                        f"an event has shape (d,), not {np.shape(x)}; for rows call update_many"
                    )
                self._take(dict(enumerate(x.tolist() if isinstance(x, np.ndarray) else x)))
                return
            x = as_float("x", x.item() if isinstance(x, np.ndarray) else x, "value")
        if not kernel.learn_number(x):
            self._refuse_mixture([NUMBER])
            kernel.learn_one({NUMBER: x})

    def update_many(self, X: Any) -> NDArray[np.bool_]:
        """Take rows in order, as `update` takes each, in one call.

        Parameters
        ----------
        X
            Numbers, shape (n,): an array, a list or a Series. Or rows of events: a pandas, polars
            or pyarrow frame with named columns, a list of events, or an array of shape (n, d),
            whose columns are the features 0..d-1.

        Returns
        -------
        ndarray of bool, shape (n,)
            Where an alarm was raised.

        Raises
        ------
        TypeError, ValueError
            If it holds something other than numbers, or has another shape.
        """
        numbers = is_column(X)
        rows = rows_of(array_of(X).reshape(-1, 1) if numbers else X)
        if not numbers:
            self._refuse_reserved_name(rows.names)
        names = [NUMBER] if numbers else rows.names
        self._refuse_mixture(names)
        if not numbers:
            self._to_learn(rows)
        alarms = np.empty(len(rows.values))
        for part, flat in rows.chunks():
            self._kernel.run_rows(flat, names, alarms[part])
        return alarms.astype(np.bool_)

    @property
    def drift_detected(self) -> bool:
        """Whether the last event raised an alarm."""
        return self._started and bool(self._kernel.alarm)

    @property
    def warning_detected(self) -> bool:
        """Whether the evidence has lately been enough for an alarm at a hundred times ``delta``.

        For models of River that then start to train a successor. It lasts for 20 events, and ends
        with the alarm.
        """
        return self._started and bool(self._kernel.warning())

    @property
    def change_point(self) -> int | None:
        """Estimated index of the first event after the last change found; ``None`` before any.

        Events count from 0 at the start of the stream. The estimate is where two levels, one
        before and one after, fit the stretch best, lone outliers cut; it is known to a sixth of its
        age, since older events are remembered in groups. If only the features together changed, it
        is the middle of the block of events that gave the direction of the change.
        """
        if not self._started or self._kernel.change < 0.0:
            return None
        return int(self._kernel.change)

    @property
    def n_detections(self) -> int:
        """Alarms so far."""
        return int(self._kernel.detections) if self._started else 0

    @property
    def estimate(self) -> Any:
        """Mean of the current stretch: a number, a dict or an array, as the events are.

        The middle of the bounds that hold at all times at once; during the warm-up a median. At an
        alarm still that of the stretch which ends.
        """
        return self._of_each_feature(0)

    @property
    def confidence_radius(self) -> Any:
        """Distance of `estimate` from the true mean, at most: a number, a dict or an array.

        With ``sigma`` given, it holds for all features at all times of a stretch without change
        at once with a probability of 1 - delta / 10 (0.995 with ``expected_run_length``). Infinite
        until there are events enough.
        """
        return self._of_each_feature(1)

    @property
    def events_until_ready(self) -> int:
        """Events still to be learned until it is ``ready``."""
        return max(int(self._kernel.warm_up - self._kernel.events), 0)

    @property
    def _started(self) -> bool:
        return "_kernel" in self.__dict__

    def _reset(self) -> None:
        """Forget the stream, as River's detectors do with this method."""
        self._forget()

    def _take(self, event: Any) -> None:
        self._refuse_reserved_name(event)
        self._refuse_mixture(event)
        self._kernel.learn_one(event)

    def _refuse_reserved_name(self, names: Any) -> None:
        if NUMBER in names:
            raise ValueError(
                f"a feature cannot have the name {NUMBER!r}, which stands for a stream of numbers; "
                "give it another name"
            )

    def _refuse_mixture(self, names: Any) -> None:
        """Numbers and events with features are different streams."""
        known = self._kernel.features.names
        numbers = known == [NUMBER]
        if known and numbers != (list(names) == [NUMBER]):
            raise ValueError(
                "this detector has taken "
                + ("numbers" if numbers else f"events with the features {known[:5]}")
                + f", and now comes {'an event with features' if numbers else 'a number'}; give "
                "each kind of stream a detector of its own"
            )

    def _of_each_feature(self, which: int) -> Any:
        names = list(self._kernel.features.names) if self._started else []
        values = [self._kernel.interval(j)[which] for j in range(len(names))]
        if not names or names == [NUMBER]:
            return values[0] if values else (0.0, float("inf"))[which]
        found = dict(zip(names, values, strict=True))
        if found.keys() == set(range(len(names))):
            return np.array([found[index] for index in range(len(names))])
        return found
