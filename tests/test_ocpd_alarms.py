"""ClippedOCPD: where its formulas put an alarm, its guarantee, what it finds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from naive_change_points import bounds, curvature, first_alarm, payoff, start
from shifted_streams import KINDS, STREAMS, alarms, noise, shifted

from clipsgd_river import COMPILED
from clipsgd_river.drift import ClippedOCPD


@pytest.mark.parametrize("sigma", [1.0, None])
@pytest.mark.parametrize(
    ("kind", "by", "at"),
    [
        ("normal", 1.5, 180),
        ("t(2.1)", -1.5, 180),
        ("Pareto(2.1)", 1.0, 180),
        ("normal", -2.5, 33),
        ("normal", 5.0, 21),
    ],
)
def test_first_alarm_is_where_the_formulas_put_it(
    kind: str, by: float, at: int, sigma: float | None
) -> None:
    found = set()
    for seed in range(2 if COMPILED else 1):
        values = shifted(kind, seed, at + 150, at, by)
        wanted = first_alarm(values, 0.05, sigma)
        ocpd = ClippedOCPD(0.05, sigma=sigma or "auto")
        ours = alarms(ocpd, values if wanted is None else values[: wanted[0] + 1])
        assert ours == ([] if wanted is None else [wanted[0]])
        assert ocpd.change_point == (wanted and wanted[1])
        found.add(wanted)
    assert found != {None}


def test_a_trend_is_no_change() -> None:
    """Where sigma is not given; a step on top of noise still is."""
    steep = noise("normal", 0, 600) + np.arange(600) / 30
    assert alarms(ClippedOCPD(), steep) == []
    assert first_alarm(steep[:300], 0.01, None) is None
    # Without the line there would be an alarm.
    assert alarms(ClippedOCPD(sigma=1.0), steep[:300]) != []


def test_a_level_that_shifts_is_no_dependence() -> None:
    """Many shifts of a stream of independent values are found one after another."""
    values = noise("normal", 0, 1500)
    for at in range(150, 1500, 150):
        values[at:] += 3 if at % 300 else -3
    ocpd = ClippedOCPD()
    assert len(alarms(ocpd, values)) == 9


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mean", [-0.4, 0.0, 0.4])
@pytest.mark.parametrize(("n", "k", "past_slope"), [(48, 24, 0.5), (12, 48, 1.0)])
def test_evidence_is_1_at_most_on_average_whatever_the_mean(
    kind: str, mean: float, n: int, k: int, past_slope: float
) -> None:
    """At every event of a window of k after n, the mean d known: the step of the proof."""
    y = noise(kind, 0, (20_000, n + k)) + mean
    slope = math.sqrt(28 / k)
    a, a_past = 1 + slope**2 / 3, 1 + past_slope**2 / 3
    power = k * slope / a * a_past / (n * past_slope)
    past = power * (np.log(payoff(past_slope, -y[:, :n])).sum(axis=1) - n * math.log(a_past))
    past -= power * n * curvature(past_slope, abs(mean))
    window = np.log(payoff(slope, y[:, n:])).cumsum(axis=1)
    taken = np.arange(1, k + 1)
    window -= taken * (math.log(a) + curvature(slope, abs(mean)))
    evidence = past[:, None] + window + (k - taken) * slope / a * mean
    fair = np.exp(evidence / max(power, 1.0))
    error = fair.std(axis=0) / math.sqrt(len(y))
    assert (power > 1) == (k > n)
    assert (fair.mean(axis=0) <= 1 + 4 * error).all()
    # Neither is the bound empty.
    assert (fair.mean(axis=0) > 1e-3).any()


def test_radius_is_the_one_of_its_theorem() -> None:
    values = 2 * noise("normal", 3, 300) + 7
    ocpd = ClippedOCPD(0.05, sigma=2.0)
    ocpd.update_many(values)
    center, _ = start(values[:8])
    low, high = bounds((values[8:] - center) / 2, math.log(2 * 11 / 0.005), known=True)
    assert ocpd.estimate == pytest.approx(center + low + high, rel=1e-9)
    assert ocpd.confidence_radius == pytest.approx(high - low, rel=1e-9)
    assert abs(ocpd.estimate - 7) < ocpd.confidence_radius < 0.8


@pytest.mark.either_mode
@pytest.mark.parametrize("sigma", [1.0, "auto"])
@pytest.mark.parametrize("features", [1, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_no_change_no_alarm(kind: str, features: int, sigma: Any) -> None:
    """At delta = 0.05 more than six of forty streams have probability 0.003."""
    false = sum(
        bool(alarms(ClippedOCPD(0.05, sigma=sigma), noise(kind, seed, (1000, features))))
        for seed in range(STREAMS)
    )
    assert false <= 6


@pytest.mark.either_mode
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("features", "by", "within"), [(1, 1.0, 100), (1, 2.0, 40), (1, 4.0, 20), (20, 1.0, 30)]
)
def test_changes_are_found_and_placed(kind: str, features: int, by: float, within: int) -> None:
    delays, errors = [], []
    for seed in range(9 if COMPILED else 1):
        values = shifted(kind, seed, (700, features), 500, by)
        ocpd = ClippedOCPD(0.05, sigma=1.0)
        found = alarms(ocpd, values)
        ocpd = ClippedOCPD(0.05, sigma=1.0)
        ocpd.update_many(values[: found[0] + 1])
        delays.append(found[0] + 1 - 500)
        errors.append(abs((ocpd.change_point or 0) - 500))
    assert 0 < np.median(delays) <= within
    # The features together tell the time by blocks.
    assert np.median(errors) <= (3 if features == 1 else 12)


@pytest.mark.parametrize(
    ("sigma", "by", "at"), [(1.0, 4.0, 20), (1.0, 2.0, 40), ("auto", 4.0, 40), ("auto", 2.0, 60)]
)
def test_changes_soon_after_the_start_are_found(sigma: Any, by: float, at: int) -> None:
    trials = 20 if COMPILED else 2
    delays = []
    for seed in range(trials):
        found = alarms(ClippedOCPD(0.05, sigma=sigma), shifted("normal", seed, at + 100, at, by))
        delays += [alarm - at for alarm in found[:1]]
    assert len(delays) >= 0.8 * trials
    assert 0 < np.median(delays) <= 40


def test_a_start_is_no_change_however_much_is_allowed() -> None:
    """Most tests on little past are made at first, and the bounds are taken most often then."""
    for kind in KINDS:
        rows = noise(kind, 1, (20 * STREAMS, 120))
        false = sum(bool(alarms(ClippedOCPD(0.5, sigma=1.0), row)) for row in rows)
        # A half would keep the promise; bounds of every kind leave it far below.
        assert false <= 0.05 * len(rows)


def test_a_shift_in_one_feature_of_many_is_found() -> None:
    values = noise("normal", 0, (900, 10))
    values[600:, 7] += 2
    found = alarms(ClippedOCPD(0.01), values)
    assert 600 < found[0] < 640


def test_autocorrelated_streams_do_not_alarm_for_ever() -> None:
    values = noise("normal", 0, 3000)
    for t in range(1, len(values)):
        values[t] += 0.9 * values[t - 1]
    assert alarms(ClippedOCPD(), values) == []


def test_one_outlier_raises_no_alarm_whatever_its_size() -> None:
    for outlier in (1e3, -1e30, 1e308, math.inf):
        values = noise("normal", 1, 600)
        values[[0, 300, 301]] = outlier
        for sigma in (1.0, "auto"):
            assert alarms(ClippedOCPD(0.5, sigma=sigma), values) == []


@pytest.mark.parametrize(
    ("options", "warm_up"), [({}, 20), ({"sigma": 1.0}, 8), ({"sigma": 1.0, "warm_up": 3}, 3)]
)
def test_a_start_is_shorter_where_the_spread_is_known(
    options: dict[str, Any], warm_up: int
) -> None:
    ocpd = ClippedOCPD(**options)
    ocpd.update_many(np.arange(warm_up - 1.0))
    assert not ocpd.ready
    ocpd.update(0.0)
    assert ocpd.ready
    assert ClippedOCPD.from_bytes(ocpd.to_bytes()).get_params() == ocpd.get_params()


def test_a_level_that_was_constant() -> None:
    ocpd = ClippedOCPD()
    ocpd.update_many([5.0] * 300)
    assert (ocpd.estimate, ocpd.confidence_radius) == (5.0, 0.0)
    assert 0 < alarms(ocpd, [6.0] * 40)[0] < 20
    assert ocpd.change_point == 300


def test_expected_run_length_is_the_longer_the_rarer() -> None:
    values = noise("normal", 2, 4000)
    for length in (200, 10_000):
        found = alarms(ClippedOCPD(expected_run_length=length, sigma=1.0), values)
        assert len(found) <= 4000 / length + 2
    quick = alarms(
        ClippedOCPD(expected_run_length=200, sigma=1.0), shifted("normal", 2, 400, 300, 1)
    )
    slow = alarms(
        ClippedOCPD(expected_run_length=1e9, sigma=1.0), shifted("normal", 2, 400, 300, 1)
    )
    assert quick[0] < slow[0]


@pytest.mark.parametrize("level", [0.3, -3e7])
def test_round_off_is_no_change(level: float) -> None:
    beside = float(np.nextafter(level, 1e9))
    rng = np.random.default_rng(0)
    for values in (
        [level] * 300 + [beside] * 300,
        np.where(rng.random(600) < np.linspace(0, 1, 600), level, beside).tolist(),
    ):
        assert not alarms(ClippedOCPD(), values)
        assert alarms(ClippedOCPD(), [*values, *[level + 1e-6 * abs(level)] * 40])


@pytest.mark.either_mode
@pytest.mark.parametrize("share", [0.5, 0.3, 0.1, 0.02, 0.003])
def test_flags_raise_no_alarm_until_their_share_changes(share: float) -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        ocpd = ClippedOCPD(delta=0.05)
        assert not alarms(ocpd, (rng.random(3000) < share).astype(float).tolist())
        assert abs(ocpd.estimate - share) <= ocpd.confidence_radius
        found = alarms(ocpd, (rng.random(3000) < share + 0.2).astype(float).tolist())
        assert found
