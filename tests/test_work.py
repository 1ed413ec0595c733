"""Work follows what is present: a thousand keys that came once cost later events nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import discover_detectors
from parts import Tabular, discover_parts
from work_counts import NEW_KEYS, events

from clipsgd_river.anomaly import (
    ClippedDetector,
    ClippedEnsemble,
    ClippedKernelMean,
    ClippedMahalanobis,
    ClippedProjections,
    ClippedSubspace,
)

pytestmark = pytest.mark.either_mode

# These do work for all features in every event: FITNESS copies the state of its detector, as one
# block of memory; the change points that a ChangeAwareDetector has tell of any feature.
ALL_FEATURES = {"FITNESS", "ChangeAwareDetector"}
FOLLOWING = [
    ClippedMahalanobis,
    ClippedSubspace,
    ClippedKernelMean,
    ClippedProjections,
    ClippedEnsemble,
]
JUNK = {f"new {k}": 1.0 for k in range(NEW_KEYS)}


def active(detector: ClippedDetector) -> int:
    """How many features the model is laid out for."""
    count: int = detector._kernel.features.active.count
    return count


def test_events_of_three_features_cost_the_same_after_one_of_a_thousand() -> None:
    finished = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("work_counts.py"))],
        env={**os.environ, "CLIPSGD_PURE_PYTHON": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    found = [line.split() for line in finished.stdout.splitlines()]
    wanted = {type(part).__name__ for part in discover_parts() if isinstance(part, Tabular)}
    wanted |= {type(d).__name__ for d in discover_detectors() if isinstance(d, ClippedDetector)}
    assert wanted <= {name for name, _, _ in found}
    dearer = {name for name, before, after in found if int(after) > 1.5 * int(before)}
    assert dearer <= ALL_FEATURES


@pytest.mark.parametrize("kind", FOLLOWING)
@pytest.mark.parametrize("warm_up", [1, 20])
def test_a_model_is_as_wide_as_what_is_in_use(kind: type[ClippedDetector], warm_up: int) -> None:
    """With a ``warm_up`` of 1 a feature has started after one event, and must leave again."""
    detector = kind(warm_up=warm_up)
    for x in events(100, 0):
        detector.learn_one(x)
    detector.learn_one({**events(1, 1)[0], **JUNK})
    for x in events(1000, 2):
        detector.learn_one(x)
    assert active(detector) == 3
    assert len(detector.features_) == 3 + NEW_KEYS


@pytest.mark.parametrize("kind", FOLLOWING)
def test_junk_among_the_first_events_fades(kind: type[ClippedDetector]) -> None:
    detector, plain = kind(), kind()
    for n, x in enumerate(events(1400, 0)):
        plain.learn_one(x)
        detector.learn_one({**x, **JUNK} if n == 3 else x)
    assert active(detector) == active(plain) == 3
    stream = events(300, 1)
    found = [detector.score_learn_one(x) for x in stream]
    wanted = [plain.score_learn_one(x) for x in stream]
    # Samples of past events are others.
    assert np.corrcoef(found, wanted)[0, 1] > 0.9


@pytest.mark.parametrize("kind", FOLLOWING)
def test_junk_after_the_start_changes_next_to_nothing(kind: type[ClippedDetector]) -> None:
    detector, plain = kind(), kind()
    for n, x in enumerate(events(1000, 0)):
        plain.learn_one(x)
        detector.learn_one({**x, **JUNK} if n == 500 else x)
    stream = events(300, 1)
    found = [detector.score_learn_one(x) for x in stream]
    wanted = [plain.score_learn_one(x) for x in stream]
    assert np.max(np.abs(np.array(found) - wanted)) < 0.1


@pytest.mark.parametrize("kind", FOLLOWING)
def test_a_feature_that_comes_back_is_taken_up_again(kind: type[ClippedDetector]) -> None:
    """It keeps its location and scale, and the answers go on identically through a state file."""
    detector = kind()
    stream = [{**x, "d": x["a"] + 50.0} for x in events(100, 0)]
    for x in stream:
        detector.learn_one(x)
    assert active(detector) == 4
    location = dict(zip(detector.features_, detector.location_, strict=True))["d"]
    for x in events(6000, 1):
        detector.learn_one(dict(zip("xyz", x.values(), strict=True)))
    assert active(detector) == 3
    assert dict(zip(detector.features_, detector.location_, strict=True))["d"] == location
    again = kind.from_bytes(detector.to_bytes())
    for x in stream[:30]:
        assert detector.score_one(x) == again.score_one(x)
        assert detector.score_learn_one(x) == again.score_learn_one(x)
    assert active(detector) == 7
    assert again.to_bytes() == detector.to_bytes()


@pytest.mark.parametrize("kind", FOLLOWING)
def test_rows_and_events_change_the_model_at_the_same_event(kind: type[ClippedDetector]) -> None:
    """Features start, leave and come back in the midst of rows."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2600, 5))
    rows[:200, 3] = np.nan
    rows[240:2500, 3] = np.nan
    rows[30:1500, 4] = np.nan
    by_rows, by_events = kind(), kind()
    scores = by_rows.score_learn_many(rows)
    for n, row in enumerate(rows.tolist()):
        event = {j: x for j, x in enumerate(row) if x == x}
        assert by_events.score_learn_one(event) == scores[n], n
    assert by_events._kernel.snapshot() == by_rows._kernel.snapshot()
