"""A quantile in constant memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from clipsgd_river import _settings
from clipsgd_river._kernels.stats.pinball import PinballKernel
from clipsgd_river.stats.base import ClippedStatistic

if TYPE_CHECKING:
    from river.optim.base import Scheduler


class ClippedQuantile(ClippedStatistic):
    r"""Quantile by SGD on the pinball loss, whose gradient is bounded by itself.

    Choose it over `river.stats.Quantile` where the quantile moves (that one never forgets), or
    where many quantiles must be cheap to keep and to update from arrays.

    .. math:: \theta \leftarrow \theta + s\,(q - 1\{x < \theta\}), \qquad
              s = \min\Bigl(\eta_t\,\frac{2 h}{r},\; m\Bigr), \qquad r = \min(q, 1 - q),

    h the running r-quantile of the non-zero distances of values from theta, so that r / (2 h) is
    about the density there, and m their running median. theta stays between the lowest and the
    highest value so far. Distances from a frequent value next to theta, on which the quantile may
    lie, shorten neither h nor m, and no step goes beyond it.

    Parameters
    ----------
    q
        Level of the quantile, above 0 and below 1.
    learning_rate
        ``"averaging"`` (default): steps eta = t**(-5/8), and the mean of the iterates theta, which
        forgets nothing. Otherwise theta itself, with eta as in
        `clipsgd_river.anomaly.ClippedZScore`.
    warm_up
        First values, at least 1, of which the exact quantile is taken.

    Notes
    -----
    O(1) per value, some 7 KB, whatever the number of values. NaN and ``None`` teach nothing.

    The root mean squared error, over that of the sample quantile of 10,000 values (normal,
    exponential, Pareto(2.1), Cauchy; ``benchmarks/mean.py``), is 0.95 to 1.3 from level 0.1 to
    0.9, up to 1.4 at 0.99 and 1.8 at 0.999. At a hard edge, such as the lower end of an
    exponential, steps of one length serve badly: 2.2 at level 0.01, 4.8 at 0.001.

    Averaging is due to [1]_; reading the density off the stream is ours.

    References
    ----------
    .. [1] B. T. Polyak and A. B. Juditsky, *Acceleration of stochastic approximation by
       averaging*, SIAM Journal on Control and Optimization 30, 1992.

    Examples
    --------
    >>> from clipsgd_river import stats
    >>> quantile = stats.ClippedQuantile(q=0.9)
    >>> quantile.update_many([(7 * i) % 100 for i in range(5000)])
    >>> round(quantile.get())
    90
    """

    _kernel: PinballKernel
    _kernel_class: ClassVar[type[PinballKernel]] = PinballKernel

    def __init__(
        self,
        *,
        q: float = 0.5,
        learning_rate: str | float | Scheduler = "averaging",
        warm_up: int = 20,
    ) -> None:
        self.q = q
        self._start(learning_rate, warm_up, q=_settings.probability("q", q))

    @property
    def name(self) -> str:
        """Name for `river.feature_extraction.Agg`, with the level."""
        return f"{type(self).__name__.lower()}_{self.q}"

    def get(self) -> float | None:
        """Quantile so far; ``None`` before the first value, as River's quantiles have it."""
        return float(self._kernel.quantile) if self._kernel.count else None
