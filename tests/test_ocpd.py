"""ClippedOCPD: its formulas, its guarantee, River's contract, hostile events, state files."""

from __future__ import annotations

import copy
import math
import pickle
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from hypothesis import example, given, settings
from hypothesis import strategies as st
from naive_change_points import bounds, curvature, first_alarm, payoff, start
from numpy.typing import NDArray
from river import checks as river_checks
from river import drift, naive_bayes
from river import forest as river_forest

from clipsgd_river import COMPILED
from clipsgd_river.drift import ClippedOCPD

Values = NDArray[np.float64]
KINDS = ["normal", "t(2.1)", "Pareto(2.1)", "Bernoulli(0.1)"]
# Without a compiler a stream of 2,000 events takes a second.
STREAMS = 40 if COMPILED else 1


def noise(kind: str, seed: int, shape: Any) -> Values:
    """Draw from a law with mean 0 and variance 1."""
    rng = np.random.default_rng(seed)
    if kind == "normal":
        return rng.standard_normal(shape)
    if kind == "t(2.1)":
        return rng.standard_t(2.1, shape) / math.sqrt(21)
    if kind == "Pareto(2.1)":
        return (1 + rng.pareto(2.1, shape) - 2.1 / 1.1) / math.sqrt(2.1 / (1.1**2 * 0.1))
    return ((rng.random(shape) < 0.1) - 0.1) / 0.3


def shifted(kind: str, seed: int, shape: Any, at: int, by: float) -> Values:
    values = noise(kind, seed, shape)
    values[at:] += by
    return values


def alarms(ocpd: ClippedOCPD, X: Any) -> list[int]:
    return np.flatnonzero(ocpd.update_many(X)).tolist()


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


def test_it_resets_itself_and_the_next_stretch_starts_at_the_change() -> None:
    values = np.concatenate([noise("normal", 0, 500), noise("normal", 1, 500) + 4])
    ocpd = ClippedOCPD(sigma=1.0)
    states = []
    for x in values.tolist():
        ocpd.update(x)
        states.append((ocpd.drift_detected, ocpd.n_detections, ocpd.change_point))
    (alarm,) = (i for i, (found, _, _) in enumerate(states) if found)
    assert states[alarm - 1] == (False, 0, None)
    assert states[-1][:2] == (False, 1)
    change = states[-1][2]
    assert change is not None
    assert abs(change - 500) <= 3
    assert abs(ocpd.estimate - 4) < ocpd.confidence_radius < 0.5
    # The centre of the new stretch is the median of the latest events after the change.
    again = ClippedOCPD(sigma=1.0)
    for x in values[: alarm + 2].tolist():
        again.update(x)
    assert again.estimate == pytest.approx(np.median(values[max(change, alarm - 7) :][:8]))


def events_of(rows: Values) -> list[dict[str, float]]:
    return [dict(zip("abc", row, strict=True)) for row in rows.tolist()]


@pytest.mark.parametrize("sigma", [1.0, "auto"])
@pytest.mark.parametrize("split", [0, 7, 21, 333])
def test_many_equals_one_by_one(sigma: Any, split: int) -> None:
    rows = shifted("t(2.1)", 0, (500, 3), 300, 2.0)
    rows[::7, 1] = np.nan
    rows[:40, 2] = np.nan
    loop, table, frame = (ClippedOCPD(0.2, sigma=sigma) for _ in range(3))
    found = []
    for event in events_of(rows):
        loop.update(event)
        found.append(loop.drift_detected)
    assert any(found)
    first = table.update_many(pd.DataFrame(rows[:split], columns=list("abc")))
    rest = table.update_many(pl.DataFrame(rows[split:], schema=list("abc")))
    assert np.concatenate([first, rest]).tolist() == found
    assert first.dtype == bool
    assert frame.update_many(pd.DataFrame(rows, columns=list("abc"))).tolist() == found
    assert loop.to_bytes() == table.to_bytes() == frame.to_bytes()


def test_numbers_in_every_kind() -> None:
    values = shifted("normal", 0, 400, 300, 3.0)
    loop, array, series = ClippedOCPD(), ClippedOCPD(), ClippedOCPD()
    mixed = [Decimal(x) if i % 3 else np.float64(x) for i, x in enumerate(values.tolist())]
    found = []
    for x in mixed:
        loop.update(np.array(x) if isinstance(x, np.float64) else x)
        found.append(loop.drift_detected)
    assert array.update_many(values.tolist()).tolist() == found
    assert series.update_many(pd.Series(values)).tolist() == found
    assert loop.to_bytes() == array.to_bytes() == series.to_bytes()
    assert array.update_many([]).shape == (0,)


def test_answers_come_in_the_kind_of_the_events() -> None:
    numbers, arrays, dicts = ClippedOCPD(), ClippedOCPD(), ClippedOCPD()
    assert (numbers.estimate, numbers.confidence_radius) == (0.0, math.inf)
    rows = noise("normal", 0, (200, 3))
    numbers.update_many(rows[:, 0])
    for row in rows:
        arrays.update(row)
    for event in events_of(rows):
        dicts.update(event)
    assert isinstance(numbers.estimate, float)
    assert arrays.estimate.shape == arrays.confidence_radius.shape == (3,)
    assert list(dicts.estimate) == list(dicts.confidence_radius) == list("abc")
    assert list(dicts.estimate.values()) == arrays.estimate.tolist()
    assert (np.abs(arrays.estimate) < arrays.confidence_radius).all()


def test_missing_values_tell_nothing() -> None:
    plain, gaps = ClippedOCPD(sigma=1.0), ClippedOCPD(sigma=1.0)
    for x in noise("normal", 0, 200).tolist():
        plain.update(x)
        gaps.update(x)
        gaps.update(None)
        gaps.update(math.nan)
    assert plain.estimate == gaps.estimate
    lone = ClippedOCPD()
    lone.update({})
    lone.update({"a": None})
    assert lone.n_detections == 0
    assert not lone.drift_detected


def test_features_may_come_later() -> None:
    rows = noise("normal", 0, (600, 2))
    rows[500:, 1] += 4
    ocpd = ClippedOCPD()
    found = []
    for t, (a, b) in enumerate(rows.tolist()):
        ocpd.update({"a": a} if t < 200 else {"b": b, "a": a})
        found += [t] * ocpd.drift_detected
    assert len(found) == 1
    assert 500 < found[0] < 530


@pytest.mark.parametrize(
    ("x", "error", "word"),
    [
        ("a", TypeError, "not a number"),
        ({"a": "b"}, ValueError, "of its own"),
        ([[1.0]], ValueError, "update_many"),
        ([1.0, 2.0], ValueError, "of its own"),
        (object(), TypeError, "not a number"),
    ],
)
def test_what_is_no_event_is_refused_and_changes_nothing(x: Any, error: Any, word: str) -> None:
    ocpd = ClippedOCPD()
    ocpd.update_many(noise("normal", 0, 50))
    before = ocpd.to_bytes()
    with pytest.raises(error, match=word):
        ocpd.update(x)
    assert ocpd.to_bytes() == before


def test_wrong_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        ClippedOCPD().update_many(np.zeros((2, 2, 2)))
    with pytest.raises(TypeError, match="numbers"):
        ClippedOCPD().update_many(np.array(["a", "b"]))
    ocpd = ClippedOCPD(max_features=2)
    with pytest.raises(ValueError, match="max_features"):
        ocpd.update_many(np.zeros((4, 3)))
    named = ClippedOCPD()
    named.update({"a": 1.0})
    with pytest.raises(ValueError, match="a number"):
        named.update(1.0)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"delta": 0}, ValueError),
        ({"delta": 1.0}, ValueError),
        ({"delta": "a"}, TypeError),
        ({"delta": 0.1, "expected_run_length": 100}, ValueError),
        ({"expected_run_length": 1}, ValueError),
        ({"sigma": 0.0}, ValueError),
        ({"sigma": math.inf}, ValueError),
        ({"sigma": "automatic"}, ValueError),
        ({"sigma": None}, TypeError),
        ({"warm_up": 0}, ValueError),
        ({"max_features": 1.5}, TypeError),
    ],
)
def test_wrong_parameters_are_named(options: dict[str, Any], error: Any) -> None:
    with pytest.raises(error, match=next(reversed(options))):
        ClippedOCPD(**options).update(1.0)


def test_river_checks() -> None:
    """Those that River's own ADWIN passes too; `check_tags` is for estimators."""
    for check in river_checks.yield_checks(ClippedOCPD()):
        if check.__name__ != "check_tags":
            check(ClippedOCPD())


@pytest.mark.parametrize("sigma", [1.0, "auto"])
@pytest.mark.parametrize("features", [1, 3])
@pytest.mark.parametrize("seen", [0, 5, 30, 330, 420])
def test_copies_go_on_alike(seen: int, features: int, sigma: Any) -> None:
    rows = shifted("normal", 4, (500, features), 300, 3.0)
    ocpd = ClippedOCPD(sigma=sigma)
    ocpd.update_many(rows[:seen])
    copies = [
        pickle.loads(pickle.dumps(ocpd)),
        copy.deepcopy(ocpd),
        ClippedOCPD.from_bytes(ocpd.to_bytes()),
    ]
    wanted = alarms(ocpd, rows[seen:])
    for other in copies:
        assert alarms(other, rows[seen:]) == wanted
        assert other.to_bytes() == ocpd.to_bytes()
    for clone in (ocpd.clone(), sklearn.clone(ocpd)):
        assert clone.n_detections == 0
        assert alarms(clone, rows) == alarms(ClippedOCPD(sigma=sigma), rows)


def test_damaged_states_are_refused() -> None:
    ocpd = ClippedOCPD()
    ocpd.update_many(shifted("normal", 0, (200, 2), 100, 1.0))
    names, numbers = ocpd._kernel.snapshot()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(200 if COMPILED else 10):
        forged = numbers[:]
        forged[int(rng.integers(len(forged)))] = rng.choice([-1.0, 0.5, 1e17, 1e308, -1e308, 3.0])
        fresh = ClippedOCPD()
        fresh.create_state()
        try:
            fresh._kernel.restore(names, forged)
        except ValueError:
            refused += 1
            continue
        fresh.update_many(noise("normal", 1, (100, 2)))
    assert refused > 0
    fresh = ClippedOCPD()
    fresh.create_state()
    with pytest.raises(ValueError, match="damaged"):
        fresh._kernel.restore(names, numbers[:5])


@settings(max_examples=20 if COMPILED else 3, deadline=None)
@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=60),
    st.sampled_from([1.0, 1e-140, 1e140, "auto"]),
    st.sampled_from([1, 2]),
)
@example([1e308, -1e308, 5e-324, 0.0, math.inf], "auto", 2)
@example([0.0, 5e-324, 1e-320], "auto", 1)
def test_any_doubles_leave_a_finite_state(values: list[float], sigma: Any, features: int) -> None:
    rows = np.tile(np.array(values * 3)[:, None], (1, features))
    ocpd = ClippedOCPD(0.5, sigma=sigma, warm_up=5)
    ocpd.update_many(rows)
    ocpd.update_many(-rows)
    assert all(map(math.isfinite, ocpd._kernel.snapshot()[1]))
    again = ClippedOCPD.from_bytes(ocpd.to_bytes())
    assert again.to_bytes() == ocpd.to_bytes()
    if values:
        assert np.isfinite(ocpd.estimate).all()
        assert not np.isnan(ocpd.confidence_radius).any()


def test_units_do_not_matter() -> None:
    rows = shifted("t(2.1)", 0, (600, 2), 400, 1.0)
    wanted = alarms(ClippedOCPD(sigma=1.0), rows)
    assert wanted
    assert alarms(ClippedOCPD(sigma=1024.0), 1024.0 * rows) == wanted
    assert alarms(ClippedOCPD(), rows) == alarms(ClippedOCPD(), 2.0**-20 * rows * [1, 2**30])
    assert alarms(ClippedOCPD(), rows) == alarms(ClippedOCPD(), -rows)


@pytest.mark.parametrize("train_in_background", [True, False])
def test_it_drops_into_rivers_models(train_in_background: bool) -> None:
    rng = np.random.default_rng(0)
    model = drift.DriftRetrainingClassifier(
        naive_bayes.GaussianNB(), ClippedOCPD(0.05), train_in_background
    )
    plain = naive_bayes.GaussianNB()
    right = np.zeros(2)
    for t in range(1200):
        x = {"a": float(rng.normal()), "b": float(rng.normal())}
        y = bool(x["a"] > 0) == (t < 600)
        for place, learner in enumerate((model, plain)):
            right[place] += t >= 700 and learner.predict_one(x) == y
            learner.learn_one(x, y)
    assert model.drift_detector.n_detections == 1
    assert right[0] > 450 > 400 > right[1]


def test_it_serves_rivers_ensembles() -> None:
    forest = river_forest.ARFClassifier(
        3, seed=0, drift_detector=ClippedOCPD(), warning_detector=ClippedOCPD(0.1)
    )
    rng = np.random.default_rng(0)
    right = 0
    for t in range(900):
        x = {"a": float(rng.normal()), "b": float(rng.normal())}
        y = bool(x["a"] > 0) == (t < 400)
        right += t >= 600 and forest.predict_one(x) == y
        forest.learn_one(x, y)
    assert right > 240


def test_a_warning_comes_before_the_alarm() -> None:
    ocpd = ClippedOCPD(1e-6, sigma=1.0)
    history = []
    for x in shifted("normal", 0, 400, 300, 2.0).tolist():
        ocpd.update(x)
        history.append("alarm" if ocpd.drift_detected else "warning" * ocpd.warning_detected)
    alarm = history.index("alarm")
    assert history[alarm - 1] == "warning"
    assert set(history[:300]) == {""}
    assert set(history[alarm + 1 :]) == {""}


def test_memory_does_not_grow_with_the_stream() -> None:
    sizes = []
    for count in (1_000, 20_000 if COMPILED else 1_200):
        ocpd = ClippedOCPD()
        ocpd.update_many(noise("normal", 0, count))
        sizes.append((len(ocpd.to_bytes()), ocpd._kernel.__sizeof__()))
    assert sizes[1][1] == sizes[0][1] < 31_000
    assert sizes[1][0] < 20_000
