"""A mean that no single value can pull far, with a radius of confidence."""

from __future__ import annotations

from math import inf, log, sqrt
from typing import TYPE_CHECKING, ClassVar

from clipsgd_river import _settings
from clipsgd_river._kernels.stats.moments import MomentsKernel
from clipsgd_river.stats.base import ClippedStatistic

if TYPE_CHECKING:
    from river.optim.base import Scheduler


class ClippedMean(ClippedStatistic):
    r"""Mean by clipped SGD: one value moves it by eta lambda at the most, however large it is.

    Choose it over `river.stats.Mean` where values have heavy tails, or a sensor, a parser or an
    adversary puts in a wild one now and then. By default it averages, and is unbiased in the limit
    for every distribution of finite variance. Where a robust centre is wanted more than the mean,
    or many values are corrupted, take ``clip="auto"``; where the mean moves,
    ``learning_rate="auto"``.

    .. math:: m \leftarrow m + \eta_t\,\mathrm{clip}(x - m, \lambda_t)

    Parameters
    ----------
    learning_rate
        Share eta of a (clipped) deviation by which the mean moves, at least 1/t at the t-th value:
        ``"averaging"``, 1/t, every value counts alike and nothing is forgotten; otherwise as in
        `clipsgd_river.anomaly.ClippedZScore`.
    clip
        Threshold lambda: ``"growing"``, five clipped standard deviations times the fourth root of
        the memory in values; ``"auto"``, twice the running median of absolute deviations, which
        leaves the mean of a skewed variable biased (0.085 standard deviations at Pareto(2.1), 0.14
        at an exponential), but not that of a flag or a count: frequent values are not clipped; a
        number, in standard deviations, likewise; ``None``, no clipping: with ``"averaging"`` the
        sample mean.
    warm_up
        First values, 1 to 10,000, that are clipped together around their median, so that an
        outlier among them does no harm.

    Notes
    -----
    O(1) per value, some 4 KB, or 8 with a threshold that splits frequent values off, whatever the
    number of values. NaN and ``None`` teach nothing.

    One value of any size moves the average by at most 5 s t^(-3/4), s the clipped standard
    deviation, and multiplies the mean square by at most 1 + 25 / sqrt(t). A share of gross outliers
    that stays constant is, to a mean, part of the distribution: a growing threshold reaches it.

    Departs from [1]_ in finding the threshold from the stream, not from a known bound, and in the
    start.

    References
    ----------
    .. [1] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023.

    Examples
    --------
    >>> from clipsgd_river import stats
    >>> mean = stats.ClippedMean()
    >>> for i in range(1000):
    ...     mean.update(1e6 if i == 500 else i % 10)
    >>> round(mean.get(), 2)
    4.57
    >>> round(mean.radius(), 2)
    0.48
    """

    _kernel: MomentsKernel
    _kernel_class: ClassVar[type[MomentsKernel]] = MomentsKernel

    def __init__(
        self,
        *,
        learning_rate: str | float | Scheduler = "averaging",
        clip: str | float | None = "growing",
        warm_up: int = 20,
    ) -> None:
        self.clip = clip
        self._start(learning_rate, warm_up, clip=_settings.clip(clip))

    def get(self) -> float:
        """Mean so far; 0.0 before the first value."""
        return float(self._kernel.location)

    def radius(self, confidence: float = 0.95, sigma: float | None = None) -> float:
        """Distance from the true mean that is exceeded with probability 1 - confidence at most.

        Without drift, at one number of values chosen in advance. ``docs/mean_radius.md`` has the
        theorem, its proof, and what of it is measured rather than proved.

        Parameters
        ----------
        confidence
            Above 0 and below 1.
        sigma
            A bound on the standard deviation, positive, if one is known. Otherwise the clipped
            variance so far is used, which may be too small where most of the variance is in values
            hardly ever seen.

        Returns
        -------
        A number, at least 0; infinite before the second value, unless ``sigma`` is given.
        """
        confidence = _settings.probability("confidence", confidence)
        kernel = self._kernel
        energy = kernel.weight_energy
        if sigma is not None:
            bound = _settings.positive("sigma", sigma)
            variance = bound * bound * (1.0 + energy)
        else:
            variance = kernel.variance()
        if kernel.count == 0 or (sigma is None and kernel.count < 2):
            return inf
        if kernel.settings["clip"] is None:
            return sqrt(variance * energy / (1.0 - confidence))
        deviations = log(2.0 / (1.0 - confidence))
        return (
            sqrt(2.0 * variance * deviations * energy)
            + kernel.largest_influence * deviations / 3.0
            + variance * kernel.inverse_threshold / 4.0
        )
