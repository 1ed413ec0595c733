"""A distribution of one variable that is right in its tails, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from river.proba.base import ContinuousDistribution

from clipsgd_river import _settings
from clipsgd_river._faces.one_variable import OneVariable
from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._kernels.proba.spliced_pareto import SplicedParetoKernel

if TYPE_CHECKING:
    from river.optim.base import Scheduler

MOST_BINS = 1000


class SplicedBinnedPareto(OneVariable, ContinuousDistribution):
    """Bins for the body, a generalised Pareto tail on either side, all of it drifting along.

    Choose it where probabilities of rare values are wanted, 1 in 10,000 and less, of a variable
    whose law is unknown and whose location and scale move: p-values, alert thresholds, risk. For
    one quantile of the body `clipsgd_river.stats.ClippedQuantile` is enough.
    ``docs/spliced_pareto.md`` has the model, its memory and what one value can do.

    Parameters
    ----------
    tail
        Probability tau beyond either outer edge, above 0 and at most 0.25. Smaller: less bias where
        a tail becomes Pareto only far out; larger: more excesses to learn from.
    bins
        Number of bins, 2 to 1,000.
    learning_rate
        Step size of location and scale: ``"averaging"``, 1/t, and bins and tails forget nothing
        either; otherwise as in `clipsgd_river.anomaly.ClippedZScore`.
    warm_up
        First values, 1 to 10,000, that give location and scale by medians, so that an outlier
        among them does no harm.
    seed
        Of `sample`; a state file keeps it, not how many samples were drawn.

    Notes
    -----
    O(bins) per value; about 4 KB + 8 ``bins`` bytes, whatever the number of values. NaN and
    ``None`` teach nothing. There is no ``revert``: a clipped step cannot be taken back.

    Tails are taken for heavy until seen to be light: tail probabilities are too large for a while,
    rather than too small. Departs from [1]_ in tracking body and tails by clipped SGD instead of a
    neural network.

    References
    ----------
    .. [1] E. Ehrlich, L. Callot and F.-X. Aubet, *Spliced Binned-Pareto Distribution for Robust
       Modeling of Heavy-tailed Time Series*, 2021, arXiv 2106.10952.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river import proba
    >>> rng = random.Random(0)
    >>> p = proba.SplicedBinnedPareto()
    >>> p.update_many([rng.gauss(10, 2) for _ in range(100_000)])
    >>> abs(p.cdf(10) - 0.5) < 0.05, round(p.ppf(0.9), 1)
    (True, 12.6)
    >>> 1e-5 < p.sf(18) < 1e-4  # truly 3.2e-5
    True
    >>> p.update_many([rng.gauss(20, 6) for _ in range(1000)])  # another location and scale
    >>> 1e-5 < p.sf(44) < 1e-3
    True
    """

    def __init__(
        self,
        *,
        tail: float = 0.02,
        bins: int = 20,
        learning_rate: str | float | Scheduler = "auto",
        warm_up: int = 20,
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        self.tail = tail
        self.bins = bins
        self.learning_rate = learning_rate
        self.warm_up = warm_up
        self._kernel = SplicedParetoKernel(
            {**checked(tail, bins, learning_rate, warm_up), "seed": seed}
        )

    def revert(self, x: float) -> None:
        """Not possible: a clipped step cannot be taken back.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError(
            "a clipped step cannot be taken back; older values fade by themselves"
        )

    def __call__(self, x: float) -> float:
        """Density at x; 0.0 while all values are equal."""
        density: float = self._kernel.density(number(x))
        return density

    def cdf(self, x: float) -> float:
        """P(X <= x), accurate where it is small; 0.0 before the first value, NaN for NaN."""
        probability: float = self._kernel.cdf(number(x))
        return probability

    def sf(self, x: float) -> float:
        """P(X >= x), accurate where it is small; 1.0 before the first value, NaN for NaN."""
        probability: float = self._kernel.sf(number(x))
        return probability

    def tail_probability(self, x: float) -> float:
        """Two-sided p-value of x: twice the smaller of `cdf` and `sf`, at most 1."""
        return min(2.0 * min(self.cdf(x), self.sf(x)), 1.0)

    def ppf(self, q: float) -> float:
        """Quantile: the value with probability q below it; 0.0 before the first value.

        Raises
        ------
        ValueError
            If q is not above 0 and below 1.
        """
        quantile: float = self._kernel.ppf(_settings.probability("q", q))
        return quantile

    def isf(self, q: float) -> float:
        """Value with probability q above it, accurate for small q; 0.0 before the first value.

        Raises
        ------
        ValueError
            If q is not above 0 and below 1.
        """
        quantile: float = self._kernel.isf(_settings.probability("q", q))
        return quantile

    def sample(self) -> float:
        """Draw a value."""
        # random() may be 0, whose quantile is infinite.
        return self.ppf(self._rng.random() or 0.5)

    @property
    def n_samples(self) -> int:
        """Values learned so far."""
        return int(self._kernel.count)

    @property
    def mode(self) -> float:
        """Middle of the narrowest bin; 0.0 before the first value."""
        return float(self._kernel.mode())


def number(x: Any) -> float:
    """A value as a float; NaN if it is missing."""
    return x if type(x) is float else as_float("x", x, "value")


def checked(tail: Any, bins: Any, learning_rate: Any, warm_up: Any) -> dict[str, Any]:
    """Settings of the kernel, validated."""
    number_of_bins = _settings.count("bins", bins, MOST_BINS)
    if number_of_bins < 2:
        raise ValueError(f"bins are at least 2, not {bins!r}")
    return {
        "tail": _settings.tail(tail),
        "bins": number_of_bins,
        "learning_rate": _settings.learning_rate(learning_rate, _settings.RULES_OF_MEANS),
        "warm_up": _settings.warm_up(warm_up),
    }
