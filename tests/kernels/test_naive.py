"""The constants the formulas share with the package, and the twin's own building blocks."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from scipy import integrate, stats


def test_trimmed_factor_is_consistent_at_the_gaussian() -> None:
    """0.8 over twice the integral of z phi(z) from 0 to the 0.9 quantile."""
    cut = stats.norm.ppf(0.9)
    formula = 0.8 / (2.0 * (stats.norm.pdf(0.0) - stats.norm.pdf(cut)))
    assert pytest.approx(formula, abs=1e-4) == naive.TRIMMED_FACTOR


def test_normal_distance_is_the_mean_over_a_standard_normal() -> None:
    mean, _ = integrate.quad(lambda z: 2.0 * np.log1p(z * z / 3.0) * stats.norm.pdf(z), 0.0, np.inf)
    assert pytest.approx(mean, abs=1e-4) == naive.NORMAL_DISTANCE


@pytest.mark.parametrize("d", [1, 3, 20])
def test_gaussian_share_is_what_clipping_leaves_of_a_sample(d: int) -> None:
    squares = np.random.default_rng(d).chisquare(d, size=200_000)
    for threshold in (0.5, 2.0, 2.0 * float(stats.chi(d).median())):
        clipped = np.minimum(squares, threshold**2).mean() / d
        assert naive.gaussian_share(d, threshold) == pytest.approx(clipped, rel=0.02)


def test_robust_start_ignores_a_fifth_of_outliers() -> None:
    rng = np.random.default_rng(0)
    sample = [*rng.normal(3.0, 2.0, size=400).tolist(), *[1e9] * 100]
    location, scale = naive.robust_start(sample)
    assert location == pytest.approx(3.0, abs=0.8)
    assert scale < 4.0
