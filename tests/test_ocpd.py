"""ClippedOCPD: River's contract, hostile events, state files."""

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
from river import checks as river_checks
from river import drift, naive_bayes
from river import forest as river_forest
from shifted_streams import Values, alarms, noise, shifted

from clipsgd_river import COMPILED
from clipsgd_river.drift import ClippedOCPD


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


def test_the_name_that_stands_for_numbers_is_no_name_of_a_feature() -> None:
    for x in ({(): 1.0}, {(): 1.0, "a": 2.0}):
        ocpd = ClippedOCPD()
        with pytest.raises(ValueError, match=r"cannot have the name \(\)"):
            ocpd.update(x)
        ocpd.update(1.0)
        assert isinstance(ocpd.estimate, float)


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
    assert sizes[1][1] == sizes[0][1] < 32_000
    assert sizes[1][0] < 20_000
