"""A quantile in constant memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from clipsgd_river import _settings
from clipsgd_river._kernels.pinball import PinballKernel
from clipsgd_river.stats.base import ClippedStatistic

if TYPE_CHECKING:
    from river.optim.base import Scheduler


class ClippedQuantile(ClippedStatistic):
    r"""Quantile by SGD on the pinball loss, whose gradient is bounded by itself.

    Choose it over `river.stats.Quantile` where the quantile moves (that one never forgets), or
    where many quantiles must be cheap to keep and to update from arrays.

    .. math:: \theta \leftarrow \theta + 4\,\eta_t\,s\,(q - 1\{x < \theta\}),

    s the running median of the non-zero distances of values from theta.

    Parameters
    ----------
    q
        Level of the quantile, above 0 and below 1.
    learning_rate
        ``"averaging"`` (default): steps eta = t**(-5/8), and the mean of the iterates theta, which
        forgets nothing. Otherwise theta itself, with eta at least 1/t at the t-th value:
        ``"auto"``, as large as the agreement of recent gradients says, between 0.0005 and 0.3;
        ``"doubling"``, 2**(-2m/3) in the m-th epoch of 2**m values; a number in (0, 1]; a River
        scheduler.
    warm_up
        First values, at least 1, of which the exact quantile is taken.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range or of a wrong type.

    Notes
    -----
    O(1) per value, some 2 KB, whatever the number of values. NaN and ``None`` teach nothing.

    Levels from 0.1 to 0.9 of 10,000 values are met with 1.0 to 1.2 times the error of the sample
    quantile (normal, exponential, Pareto(2.1), Cauchy). Towards the ends of heavy tails steps of
    the size of s take long: the 0.99 quantile of a Cauchy has 5 times the error.

    Averaging is due to [1]_; the step in units of a running spread is ours.

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
        self.learning_rate = learning_rate
        self.warm_up = warm_up
        level = _settings.number("q", q)
        if not 0.0 < level < 1.0:
            raise ValueError(f"q is a level above 0 and below 1, not {q!r}")
        self._start({"q": level, "learning_rate": learning_rate, "warm_up": warm_up})

    @property
    def name(self) -> str:
        """Name for `river.feature_extraction.Agg`, with the level."""
        return f"{type(self).__name__.lower()}_{self.q}"

    def get(self) -> float | None:
        """Quantile so far; ``None`` before the first value, as River's quantiles have it."""
        return float(self._kernel.quantile) if self._kernel.count else None
