"""What clipping does to a standard normal vector, once per number of features."""

from __future__ import annotations

from functools import lru_cache
from math import sqrt

from scipy.special import chdtr, chdtri


@lru_cache(maxsize=4096)
def median_norm(dimension: int) -> float:
    """Median norm of a standard normal vector of so many coordinates."""
    return sqrt(float(chdtri(dimension, 0.5)))


@lru_cache(maxsize=4096)
def clipped_second_moment(dimension: int, threshold: float, multiple: float) -> float:
    r"""Second moment per coordinate of a standard normal vector after clipping its norm.

    With R the norm, of chi distribution with d degrees of freedom, and F_d the distribution
    function of its square,

    .. math:: E[\min(R, \lambda)^2] / d = F_{d+2}(\lambda^2) + \lambda^2 (1 - F_d(\lambda^2)) / d

    since r^2 times the chi-square density with d degrees of freedom is d times the density with
    d + 2.

    Parameters
    ----------
    dimension
        Number of features d, at least 1.
    threshold
        The threshold lambda, or 0 for ``multiple`` times the median of R.
    multiple
        Used if ``threshold`` is 0.

    Returns
    -------
    A number in (0, 1].
    """
    limit = min(threshold * threshold, 1e300)
    if threshold == 0.0:
        limit = (multiple * median_norm(dimension)) ** 2
    below = float(chdtr(dimension + 2, limit))
    above = 1.0 - float(chdtr(dimension, limit))
    return max(below + limit * above / dimension, 1e-6)
