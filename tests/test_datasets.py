"""Streams of known truth: what is fixed beforehand stays fixed, and says what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from river import datasets
from scipy import stats

from clipsgd_river.datasets import (
    AbruptDrift,
    Constant,
    Corrupted,
    Corruption,
    DriftingDigits,
    FarCluster,
    LinearDrift,
    ObliviousAdversary,
    PeriodicDrift,
    RandomWalk,
    Replay,
    RotatedDigits,
    SignFlip,
)

pytestmark = pytest.mark.either_mode

STREAMS: list[Any] = [
    ObliviousAdversary(n_samples=50, n_features=3),
    ObliviousAdversary("pareto", RandomWalk(), Corruption(5), n_samples=50),
    Corrupted(list(datasets.Phishing().take(50)), Corruption(3)),
    DriftingDigits(digits=(1, 2), stretch=25),
    RotatedDigits(digits=(1, 2), stretch=25),
]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: type(stream).__name__)
def test_a_stream_repeats_and_keeps_its_length(stream: Any) -> None:
    first, again = list(stream), list(stream)
    assert first == again
    assert len(first) == stream.n_samples == 50
    assert list(stream.take(7)) == first[:7]
    assert type(stream).__name__ in repr(stream)


def test_another_seed_is_another_stream() -> None:
    one, two = (ObliviousAdversary(n_samples=5, seed=seed).drawn.events for seed in (1, 2))
    assert not np.array_equal(one, two)


@pytest.mark.parametrize("base", ["normal", "bernoulli"])
def test_named_noise_is_centred_and_of_unit_variance(base: str) -> None:
    events = ObliviousAdversary(base, n_samples=20_000, n_features=2).drawn.events
    assert np.abs(events.mean(axis=0)).max() < 0.03
    assert np.abs(events.var(axis=0) - 1.0).max() < 0.05


@pytest.mark.parametrize(
    ("base", "frozen"),
    [
        ("student", stats.t(2.1, scale=np.sqrt(0.1 / 2.1))),
        ("pareto", stats.pareto(2.1, loc=-21 / 11, scale=1.0)),
    ],
)
def test_heavy_tails_are_those_they_are_called_after(base: str, frozen: Any) -> None:
    events = ObliviousAdversary(base, n_samples=20_000).drawn.events[:, 0]
    if base == "pareto":
        deviation = stats.pareto(2.1).std()
        frozen = stats.pareto(2.1, loc=-21 / 11 / deviation, scale=1.0 / deviation)
    assert frozen.mean() == pytest.approx(0.0, abs=1e-9)
    assert frozen.std() == pytest.approx(1.0)
    assert stats.kstest(events, frozen.cdf).pvalue > 1e-3


def test_a_clean_stream_and_its_corrupted_twin_share_truth_and_noise() -> None:
    clean = ObliviousAdversary("normal", RandomWalk(), n_samples=300, n_features=2).drawn
    twin = ObliviousAdversary("normal", RandomWalk(), Corruption(30), 300, 2).drawn
    assert np.array_equal(clean.truth, twin.truth)
    assert np.array_equal(clean.events[~twin.corrupted], twin.events[~twin.corrupted])
    assert twin.corrupted.sum() == 30
    assert (twin.events[twin.corrupted] > 14.0).all()


def test_frozen_distributions_and_rows_bring_their_mean_into_the_truth() -> None:
    exponential = ObliviousAdversary(stats.expon(scale=4.0), n_samples=5000).drawn
    assert exponential.truth[0, 0] == 4.0
    assert abs(exponential.events.mean() - 4.0) < 0.3
    rows = [[0.0, 10.0], [2.0, 30.0]]
    drawn = ObliviousAdversary(rows, n_samples=200).drawn
    assert drawn.truth[0].tolist() == [1.0, 20.0]
    assert {tuple(event) for event in drawn.events.tolist()} == {(0.0, 10.0), (2.0, 30.0)}


def test_path_length_is_the_way_of_the_truth() -> None:
    assert ObliviousAdversary(n_samples=10).path_length == 0.0
    linear = ObliviousAdversary(drift=LinearDrift(6.0), n_samples=100, n_features=4)
    assert linear.path_length == pytest.approx(12.0)
    abrupt = ObliviousAdversary(drift=AbruptDrift((5,), size=2.0), n_samples=10, n_features=1)
    assert abrupt.path_length == pytest.approx(abs(abrupt.drawn.truth[-1, 0]))
    periodic = ObliviousAdversary(drift=PeriodicDrift(4, 2.0), n_samples=5).drawn.truth
    assert periodic.ravel() == pytest.approx([0.0, 2.0, 0.0, -2.0, 0.0], abs=1e-12)


@pytest.mark.parametrize(
    ("how", "value"),
    [(Constant(3.0), 3.0), (SignFlip(), -1.0), (FarCluster(9.0, 0.0), 9.0), (Replay([[4.0]]), 4.0)],
)
def test_every_corruption_replaces_what_it_hits_and_nothing_else(how: Any, value: float) -> None:
    stream = [({"a": 1.0, "b": "text"}, 0)] * 20
    events = list(Corrupted(stream, Corruption(when=[3, 7], how=how)))
    assert [i for i, (_, hit) in enumerate(events) if hit] == [3, 7]
    assert all(x == {"a": value if hit else 1.0, "b": "text"} for x, hit in events)
    assert stream[3][0] == {"a": 1.0, "b": "text"}


def test_a_burst_is_one_run_and_labels_can_be_kept() -> None:
    burst = Corruption(10, when="burst").events(np.random.default_rng(0), 100)
    runs = np.flatnonzero(np.diff(np.concatenate([[0], burst.astype(int), [0]])))
    assert burst.sum() == 10
    assert len(runs) == 2
    kept = Corrupted(datasets.Phishing(), Corruption(0.1), keep_labels=True)
    assert [y for _, y in kept] == [y for _, y in datasets.Phishing()]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ObliviousAdversary("gauss").drawn, "no base 'gauss'"),
        (lambda: ObliviousAdversary(stats.cauchy()).drawn, "the mean nan"),
        (lambda: ObliviousAdversary(n_samples=0), "at least 1"),
        (lambda: ObliviousAdversary(drift=AbruptDrift((5, 3))).drawn, "increasing"),
        (lambda: ObliviousAdversary(drift=PeriodicDrift(0)).drawn, "period"),
        (lambda: ObliviousAdversary(corruption=Corruption(2.5)).drawn, "amount"),
        (lambda: ObliviousAdversary(corruption=Corruption(when="often")).drawn, "'scattered'"),
        (lambda: ObliviousAdversary(corruption=Corruption(when=[-1])).drawn, "outside"),
        (lambda: ObliviousAdversary(corruption=Corruption(how=Replay([[1, 2]]))).drawn, "replay"),
        (lambda: Replay([]), "at least one"),
        (lambda: Corrupted(iter([]), Corruption()), "length"),
        (lambda: DriftingDigits(digits=(11,)), "0 to 9"),
        (lambda: DriftingDigits(stretch=0), "stretch"),
    ],
)
def test_senseless_settings_are_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_digits_drift_abruptly_and_anomalies_show_another_numeral() -> None:
    stream = DriftingDigits(digits=(3, 8), stretch=400, anomaly_rate=0.1)
    drawn = stream.drawn
    ordinary = np.repeat([3, 8], 400)
    assert np.array_equal(drawn.anomalies, drawn.digits != ordinary)
    assert 40 <= drawn.anomalies.sum() <= 120
    assert stream.change_points == [400]
    assert 0.0 <= drawn.images.min() < drawn.images.max() <= 1.0


def test_no_image_comes_twice_before_all_were_shown() -> None:
    images = DriftingDigits(digits=(5,), stretch=150, anomaly_rate=0.0).drawn.images
    assert len(np.unique(images, axis=0)) == 150


def test_rotated_digits_are_quarter_turns_of_the_same_images() -> None:
    upright = DriftingDigits(digits=(7,), stretch=60).drawn.images.reshape(-1, 8, 8)
    turned = RotatedDigits(digits=(7,), stretch=60).drawn.images.reshape(-1, 8, 8)
    quarters = [
        [k for k in range(4) if np.array_equal(np.rot90(a, k), b)]
        for a, b in zip(upright, turned, strict=True)
    ]
    assert all(quarters)
    assert {k for found in quarters for k in found} == {0, 1, 2, 3}


def test_images_come_from_a_file_too(tmp_path: Path) -> None:
    pixels = np.zeros((20, 4), dtype=np.uint8)
    pixels[:, 0] = 255
    np.savez(tmp_path / "images.npz", X=pixels, y=np.arange(20) % 10)
    stream = DriftingDigits(digits=(1,), stretch=5, images=tmp_path / "images.npz")
    assert stream.image_shape == (2, 2)
    assert stream.drawn.images[0].tolist() == [1.0, 0.0, 0.0, 0.0]
    np.savez(tmp_path / "oblong.npz", X=pixels[:, :3], y=np.arange(20) % 10)
    with pytest.raises(ValueError, match="not a square number"):
        DriftingDigits(images=tmp_path / "oblong.npz").drawn  # noqa: B018 (it is drawn on access)
