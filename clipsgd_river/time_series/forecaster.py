"""What a series will do next, and how sure that is."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Any, ClassVar

from river.time_series.base import Forecaster

from clipsgd_river import _settings
from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._kernels.time_series.forecaster import ForecasterKernel
from clipsgd_river._kernels.time_series.seconds import is_time, seconds_of
from clipsgd_river._state.saveable import Saveable

if TYPE_CHECKING:
    from river import base

# A start may take so many values, each kept with its time.
LONGEST_START = 1_000
# More forecasts at once are a mistake.
LONGEST_HORIZON = 1_000_000


class ClippedForecaster(Saveable, Forecaster):
    r"""Forecasts of a series, evenly spaced or with times: no period, no order, no step to choose.

    Choose it where nobody tunes a model for each series, and where a wild value or a gap must not
    spoil the forecasts after it. Where period and components are known and the series is clean,
    `river.time_series.HoltWinters` and ``SNARIMAX`` say more of its structure.

    Ten simple views forecast side by side: the last value, a clipped mean, a damped trend, an
    autoregression of 32 lags by clipped SGD, the time of day and week, and what was one season or
    up to three before, with its growth, for a shorter and a longer season that autocorrelations
    find by themselves. Each is held against what comes 1, 2, 4, ... 64 events later. With e the
    clipped mean error of a view near horizon h,

    .. math:: \hat y_{t+h} = \frac{\sum_v e_v^{-3}\, \hat y^{(v)}_{t+h}}{\sum_v e_v^{-3}}.

    The half width of a band is w times the clipped mean error of these forecasts. After each event
    w is multiplied by exp(.05 (1{outside} - .05)), so that in the long run 95 % of values are
    within the band, whatever their distribution [1]_.

    Parameters
    ----------
    timestamp
        Name of the feature of ``x`` that says when a value was, as for
        `clipsgd_river.anomaly.ClippedTimeSeries`: a datetime, date or number of seconds. Without a
        name it is the first feature to hold a datetime. Other features are not looked at. Without a
        time a value comes one typical gap after the last.
    warm_up
        First values, 1 to 1,000, that are clipped together around their median once all are there,
        so that an outlier among them does no harm. There are forecasts from the first value on.

    Notes
    -----
    O(512) per value, some 20 microseconds, and 36 KB, in memory and in a state file. Seasons of up
    to 512 events are found, from their second cycle on.

    A value counts as at most four mean errors from its forecast: what lasts is followed within some
    ten events. A missing one (``None``, NaN), or a gap of up to 512 typical ones, is filled in by
    what was forecast. Where all values so far were on one side of 0, forecasts and bands stay
    there.

    References
    ----------
    .. [1] I. Gibbs and E. Candès, *Adaptive conformal inference under distribution shift*,
       NeurIPS 2021.

    Examples
    --------
    >>> from river import datasets
    >>> from clipsgd_river.time_series import ClippedForecaster
    >>> model = ClippedForecaster()
    >>> for x, y in datasets.AirlinePassengers():
    ...     model.learn_one(y, x)
    >>> [round(y) for y in model.forecast(horizon=3)]
    [442, 421, 469]
    >>> [round(y) for y in model.forecast_bands(horizon=1)[0]]
    [416, 442, 469]
    """

    _kernel: ForecasterKernel
    _kernel_class: ClassVar[type[ForecasterKernel]] = ForecasterKernel

    def __init__(
        self, *, timestamp: base.typing.FeatureName | None = None, warm_up: int = 20
    ) -> None:
        self.timestamp = timestamp
        self.warm_up = warm_up
        self._kernel = self._kernel_class(
            {
                "timestamp": timestamp,
                "warm_up": _settings.count("warm_up", warm_up, LONGEST_START),
            }
        )

    def learn_one(
        self, y: float | None, x: dict[base.typing.FeatureName, Any] | None = None
    ) -> None:
        """Take the next value, and when it was.

        Parameters
        ----------
        y
            The value; ``None`` or NaN if it is missing.
        x
            An event whose time counts, as ``timestamp`` says.

        Raises
        ------
        TypeError
            If the value is not a number, or its time no time. Nothing is then learned.
        """
        value = nan if y is None else as_float("y", y)
        self._kernel.update(value, self._seconds(x))

    def forecast(
        self, horizon: int, xs: list[dict[base.typing.FeatureName, Any]] | None = None
    ) -> list[float]:
        """What is expected of the next ``horizon`` values; 0.0 before the first one.

        Parameters
        ----------
        horizon
            How many values.
        xs
            When each of them will be, as many events as ``horizon`` says; without times they come
            at typical gaps.

        Raises
        ------
        ValueError
            If there are more or fewer ``xs``, or ``horizon`` is no positive number.
        """
        return [middle for _, middle, _ in self.forecast_bands(horizon, xs)]

    def forecast_bands(
        self, horizon: int, xs: list[dict[base.typing.FeatureName, Any]] | None = None
    ) -> list[tuple[float, float, float]]:
        """Band of 95 % of each of the next values: (low, expected, high), as `forecast`.

        95 % is what the bands are calibrated to on the values so far. Before a forecast fell due,
        at the first value, a band has no width.
        """
        horizon = _settings.count("horizon", horizon, LONGEST_HORIZON)
        if xs is not None and len(xs) != horizon:
            raise ValueError(f"xs has {len(xs)} events where horizon={horizon} asks for as many")
        times = [nan] * horizon if xs is None else [self._seconds(x) for x in xs]
        bands: list[tuple[float, float, float]] = self._kernel.bands(times)
        return bands

    def _seconds(self, x: dict[base.typing.FeatureName, Any] | None) -> float:
        """When an event is, NaN if it does not say."""
        if x is None:
            return nan
        if self.timestamp is not None:
            content = x.get(self.timestamp)
            return nan if content is None else seconds_of(self.timestamp, content)
        for name, content in x.items():
            if is_time(content):
                return seconds_of(name, content)
        return nan

    @property
    def n(self) -> int:
        """Values learned so far."""
        return int(self._kernel.seen)
