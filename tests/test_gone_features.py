"""What is unseen for 10,000 events gives its place to new features once there are too many."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import discover_detectors, name_of
from parts import Tabular, VectorStatistic, discover_parts

from clipsgd_river import COMPILED
from clipsgd_river._kernels.core.event_loop import EventLoop
from clipsgd_river.anomaly import ClippedDetector
from clipsgd_river.drift import ClippedOCPD
from clipsgd_river.linear_model import ClippedLinearRegression, ClippedLogisticRegression

LONGEST_ABSENCE = 10_000
DETECTORS = [
    detector
    for detector in discover_detectors()
    if isinstance(detector, ClippedDetector) and getattr(detector, "detectors", None) is None
]
PARTS = [
    part
    for part in discover_parts()
    if isinstance(part, Tabular | VectorStatistic) and isinstance(part.part._kernel, EventLoop)
]
SUBJECTS = [*DETECTORS, *PARTS]

pytestmark = pytest.mark.skipif(not COMPILED, reason="10,000 events take long uncompiled")


class Changes:
    """Change points, learned by `learn_one`."""

    def __init__(self, part: Any) -> None:
        self.part = part

    def clone(self, params: dict[str, Any]) -> Changes:
        return Changes(self.part.clone(params))

    def learn_one(self, x: dict[Any, float]) -> None:
        self.part.update(x)


def event(n: int, *more: str) -> dict[Any, float]:
    row = np.random.default_rng(n).normal(size=4).tolist()
    return dict(zip(["a", "b", "c", *more], row, strict=False))


EVENTS = [event(n) for n in range(200)]


def kernel(subject: Any) -> Any:
    return getattr(subject, "part", subject)._kernel


def full(subject: Any) -> Any:
    """Four features, which are all there may be, one of them unseen for 9,999 events."""
    subject = subject.clone({"max_features": 4})
    for n in range(60):
        subject.learn_one(event(n, "old"))
    for n in range(LONGEST_ABSENCE - 1):
        subject.learn_one(EVENTS[n % 200])
    return subject


@pytest.fixture(scope="module", params=SUBJECTS, ids=name_of)
def filled(request: pytest.FixtureRequest) -> Any:
    return full(request.param)


def copied(subject: Any) -> Any:
    return pickle.loads(pickle.dumps(subject))


def test_a_place_is_given_back_after_ten_thousand_events_and_not_before(filled: Any) -> None:
    subject = copied(filled)
    before = kernel(subject).snapshot()
    with pytest.raises(ValueError, match="max_features=4"):
        subject.learn_one(event(1, "new"))
    assert kernel(subject).snapshot() == before
    subject.learn_one(EVENTS[0])
    subject.learn_one(event(1, "new"))
    assert kernel(subject).features.names == ["a", "b", "c", "new"]
    with pytest.raises(ValueError, match="max_features=4"):
        subject.learn_one(event(2, "newer"))


def test_what_is_in_the_event_keeps_its_place(filled: Any) -> None:
    subject = copied(filled)
    subject.learn_one(EVENTS[0])
    before = kernel(subject).snapshot()
    with pytest.raises(ValueError, match="max_features=4"):
        subject.learn_one({"new": 1.0, "old": 1.0})
    assert kernel(subject).snapshot() == before


def test_the_next_feature_starts_as_any_other_does(filled: Any) -> None:
    """Whatever the one before it was: huge values of it leave no mark."""
    subject = copied(filled)
    subject.learn_one(EVENTS[0])
    for n in range(100):
        subject.learn_one(event(n, "new"))
    again = copied(subject)
    table = kernel(subject).features
    assert table.names == ["a", "b", "c", "new"]
    standard = getattr(kernel(subject), "standard", getattr(kernel(subject), "inputs", None))
    if standard is not None:
        assert abs(standard.location.memory[3]) < 1.0
        assert 0.5 < standard.scale.memory[3] < 2.0
        assert standard.seen.memory[3] == 100.0
    for n in range(50):
        subject.learn_one(event(n, "new"))
        again.learn_one(event(n, "new"))
    assert kernel(subject).snapshot() == kernel(again).snapshot()


def test_hostile_keys_drive_nothing_out_that_is_in_use(filled: Any) -> None:
    subject = copied(filled)
    subject.learn_one(EVENTS[0])
    taken = 0
    for n in range(200):
        try:
            subject.learn_one({**EVENTS[n], f"hostile {n}": 1e9})
        except ValueError:
            subject.learn_one(EVENTS[n])
        else:
            taken += 1
    assert taken == 1
    assert kernel(subject).features.names == ["a", "b", "c", "hostile 0"]


@pytest.mark.parametrize("detector", DETECTORS, ids=name_of)
def test_rows_give_places_back_as_events_do(detector: Any) -> None:
    """Columns that come late, lose their place within the rows, and come back."""
    rows = np.random.default_rng(0).normal(size=(LONGEST_ABSENCE + 400, 6))
    rows[100:, 3] = np.nan
    rows[-50:, 3] = 1.0
    rows[: LONGEST_ABSENCE + 150, 4] = np.nan
    rows[:, 5] = np.nan
    rows[-50:, 4] = np.nan
    by_rows, by_events = (detector.clone({"max_features": 5}) for _ in range(2))
    frame = pd.DataFrame(rows, columns=list("abcxyz"))
    scores = by_rows.score_learn_many(frame)
    for n, row in enumerate(rows.tolist()):
        x = {name: value for name, value in zip("abcxyz", row, strict=True) if value == value}
        assert by_events.score_learn_one(x) == scores[n], n
    assert by_events._kernel.snapshot() == by_rows._kernel.snapshot()
    narrow = detector.clone({"max_features": 4})
    rows[-50:, 3] = np.nan
    narrow.learn_many(pd.DataFrame(rows, columns=list("abcxyz")))
    assert narrow._kernel.features.names == ["a", "b", "c", "y"]
    again = type(narrow).from_bytes(narrow.to_bytes())
    x = dict(zip("abcy", rows[0].tolist(), strict=False))
    assert again.score_one(x) == narrow.score_one(x)
    assert again.features_ == narrow.features_ == ["a", "b", "c", "y"]


def test_the_header_of_a_state_has_the_names_of_now() -> None:
    detector = full(DETECTORS[-1])
    detector.to_bytes()
    detector.learn_one(EVENTS[0])
    detector.learn_one(event(0, "new"))
    assert type(detector).from_bytes(detector.to_bytes()).features_ == ["a", "b", "c", "new"]


def test_change_points_forget_a_feature_that_is_gone() -> None:
    subject, plain = full(Changes(ClippedOCPD())), ClippedOCPD()
    subject.learn_one(EVENTS[0])
    for n in range(300):
        subject.learn_one(event(n, "new"))
        plain.update(event(n, "new"))
    assert subject.part._kernel.features.names == ["a", "b", "c", "new"]
    assert not subject.part.drift_detected
    assert subject.part._kernel.interval(3) == pytest.approx(plain._kernel.interval(3), abs=0.5)


@pytest.mark.parametrize("model", [ClippedLinearRegression(), ClippedLogisticRegression()])
def test_a_weight_that_is_gone_is_zero_and_changes_no_prediction(model: Any) -> None:
    model = model.clone({"max_features": 4})
    for n in range(300):
        x = event(n, "old")
        model.learn_one(x, x["a"] + 5.0 * x["old"] > 0.0)
    for n in range(LONGEST_ABSENCE):
        model.learn_one(EVENTS[n % 200], EVENTS[n % 200]["a"] > 0.0)
    before = model.predict_one(EVENTS[0])
    units = getattr(model._kernel, "units", None) or [model._kernel.unit]
    assert all(unit.weights.memory[3] != 0.0 for unit in units)
    model.learn_one({"new": 1.0}, float("nan") if len(units) == 0 else True)
    assert model._kernel.features.names[3] == "new"
    assert all(abs(unit.weights.memory[3]) < 1e-6 for unit in units)
    assert model.predict_one({**EVENTS[0], "new": 1.0}) == pytest.approx(before, abs=0.2)
