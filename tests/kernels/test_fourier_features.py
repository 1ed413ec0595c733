"""Cosines, weights and kernels: how exact they are, and what they depend on."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import clipsgd_river
from clipsgd_river._kernels import KernelLoader
from clipsgd_river._kernels.anomaly import fourier_weights
from clipsgd_river.anomaly import ClippedKernelMean

KERNELS = Path(clipsgd_river.__file__).parent / "_kernels"
NAMES = ["", "cpu", "1", 1, 2.5, -0.5, None, ("a", 1), ("a", "1"), "a\ud800", float("inf"), 1 + 2j]


@pytest.fixture(scope="module")
def circle() -> Any:
    """Return the source run as Python: what is compiled from it gives the same bits."""
    # Its loader does without Cython where that is not installed.
    loader = KernelLoader("circle_source", str(KERNELS / "core" / "circle.py"))
    spec = importlib.util.spec_from_loader("circle_source", loader)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("largest", [1.0, 30.0, 1e3, 1e6])
def test_cosines_and_sines_are_off_by_less_than_stated(circle: Any, largest: float) -> None:
    angles = np.random.default_rng(0).uniform(-largest, largest, 20_000).tolist()
    angles += [0.0, -0.0, 5e-324, *(k * math.pi / 4.0 for k in range(-20, 21)), largest, -largest]
    found = [0.0] * (2 * len(angles))
    circle.turn(angles, 1.0, found, len(angles))
    errors = [
        max(abs(found[k] - math.cos(x)), abs(found[len(angles) + k] - math.sin(x)))
        for k, x in enumerate(angles)
    ]
    assert max(errors) < 1e-13


def test_double_angles(circle: Any) -> None:
    angles = np.random.default_rng(0).uniform(-9.0, 9.0, 500)
    values = np.zeros(2000)
    circle.turn(angles.tolist(), 0.5, values, 500)
    circle.double_angles(values, 0, 500)
    assert values[1000:1500] == pytest.approx(np.cos(angles), abs=1e-12)
    assert values[1500:] == pytest.approx(np.sin(angles), abs=1e-12)


def test_inner_products_of_any_length(circle: Any) -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 30))
    for start in range(5):
        for count in range(20):
            wanted = a[start : start + count] @ b[start : start + count]
            assert circle.inner(a, b, start, count) == pytest.approx(wanted, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("count", [1, 2, 7, 128])
def test_weights_are_a_stratified_normal_sample(count: int) -> None:
    weights = np.array(fourier_weights.frequencies("text cpu", 0, count))
    assert np.mean(weights**2) == pytest.approx(1.0)
    if count > 1:
        ranks = np.argsort(np.argsort(weights))
        quantiles = stats.norm.ppf((ranks + 0.5) / count)
        assert weights / weights.max() == pytest.approx(quantiles / quantiles.max())


def test_weights_of_different_names_and_seeds_are_unrelated() -> None:
    rows = [
        fourier_weights.frequencies(f"text {k}", seed, 128) for k in range(8) for seed in (0, 1)
    ]
    correlations = np.corrcoef(np.array(rows))[~np.eye(16, dtype=bool)]
    assert np.abs(correlations).max() < 0.35  # 4 / sqrt(128)
    assert np.abs(correlations.mean()) < 0.03


def test_equal_names_are_spelled_alike_and_others_apart() -> None:
    for same in ([1, 1.0, True, np.int64(1), np.float32(1.0), Decimal(1)], ["a", np.str_("a")]):
        assert len({fourier_weights.spelled(name) for name in same}) == 1
    assert len({fourier_weights.spelled(name) for name in NAMES}) == len(NAMES)
    assert fourier_weights.spelled(object()) == fourier_weights.spelled(object())


def test_weights_are_the_same_in_another_process() -> None:
    script = (
        "from clipsgd_river._kernels.anomaly.fourier_weights import frequencies, spelled;"
        "print(sum(frequencies(spelled(('cpu', 1)), 3, 64)[:7]).hex())"
    )
    here = sum(fourier_weights.frequencies(fourier_weights.spelled(("cpu", 1)), 3, 64)[:7])
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.strip() == here.hex()


@pytest.mark.either_mode
@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_mean_of_standard_normal_events_is_that_of_a_density(d: int) -> None:
    """The features' inner products against the kernel means that Gaussian integrals give.

    E k(u, v) = (h^2 / (h^2 + 1))^(d/2) exp(-|v|^2 / (2 (h^2 + 1))) at bandwidth h, u ~ N(0, I).
    """
    rng = np.random.default_rng(d)
    detector = ClippedKernelMean(n_components=1024)
    detector.learn_many(rng.normal(size=(1500, d)))
    probes = rng.normal(size=(40, d)) * rng.uniform(0.5, 1.3, size=(40, 1))
    found = -detector.score_samples(probes)
    z = (probes - detector.location_) / detector.scale_ * 1500 / 1503
    square = (np.clip(z, -4, 4) ** 2).sum(axis=1)
    wanted = np.zeros(40)
    for m in (1.0, 2.0, 4.0):
        h2 = d / m**2
        level = (h2 / (h2 + 1)) ** (d / 2) * np.exp(-square / (2 * (h2 + 1)))
        usual = (h2 / (h2 + 2)) ** (d / 2)
        noise = np.sqrt(usual / 2048)
        wanted += np.log1p(usual / np.maximum(level, noise)) / 3
    wanted = wanted * square / (square + 1e-6)
    assert np.corrcoef(found, wanted)[0, 1] > 0.95
    assert found.mean() == pytest.approx(wanted.mean(), rel=0.2)


@pytest.mark.parametrize("d", [1, 3, 20])
def test_distances_of_standard_normal_rows_average_what_is_assumed(d: int) -> None:
    """0.69 to 0.79 by the comment at NORMAL_DISTANCE, and a tenth for chance."""
    rng = np.random.default_rng(d)
    detector = ClippedKernelMean().partial_fit(rng.normal(size=(1500, d)))
    assert 0.62 < -detector.score_samples(rng.normal(size=(1000, d))).mean() < 0.87


def test_more_than_a_gigabyte_of_weights_is_refused() -> None:
    detector = ClippedKernelMean(n_components=4096, max_features=100_000)
    detector.learn_one({"a": 1.0})
    with pytest.raises(ValueError, match="n_components"):
        detector.learn_one(dict.fromkeys(range(33_000), 1.0))
    assert detector.features_ == ["a"]
    detector.learn_one({"a": 2.0})
