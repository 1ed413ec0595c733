"""Incidents found at a price are counted right, and plants have the faults they should."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from conftest import Load

pytestmark = pytest.mark.either_mode


def groups_of(alarms: list[int], within: int) -> int:
    """Group alarms one by one."""
    opened: list[int] = []
    for alarm in alarms:
        if not opened or alarm - opened[-1] >= within:
            opened.append(alarm)
    return len(opened)


def test_the_threshold_is_the_lowest_that_its_price_allows(script: Load) -> None:
    incidents = script("common.incidents")
    rng = np.random.default_rng(3)
    # Few distinct values, so that many events share one.
    scores = np.round(rng.standard_normal(6_000).cumsum() / 20 + rng.standard_normal(6_000), 1)
    labels = np.zeros(6_000, np.int8)
    labels[1_000:1_300] = labels[4_000:4_050] = labels[100:200] = 1
    ordinary = [at for at in range(incidents.START, 6_000) if not labels[at]]
    found = incidents.finds(incidents.Watched("s", scores[:, None], labels), scores)

    def price(level: float) -> int:
        return groups_of([at for at in ordinary if scores[at] > level], incidents.FOLD)

    assert price(found.threshold) == found.false_alarms <= len(ordinary) / 1_000
    below = max(scores[at] for at in ordinary if scores[at] < found.threshold)
    assert price(below) > len(ordinary) / 1_000
    # Of all alarms in one run each twentieth is paid for.
    assert incidents.folded(np.arange(1_000)) == 50


def test_found_is_what_alerts_early(script: Load) -> None:
    incidents = script("common.incidents")
    labels, scores = np.zeros(3_000, np.int8), np.zeros(3_000)
    for begin, at in ((400, 400), (1_000, 1_000), (1_500, 1_599), (2_000, 2_100)):
        labels[begin : begin + 200], scores[at] = 1, 5.0
    # Allowed at one in 1,000; the incident that begins before the 500th event is not judged.
    scores[2_500], scores[2_505] = 9.0, 8.0
    stream = incidents.Watched("s", scores[:, None], labels, ("early", "a", "b", "late"))
    found = incidents.finds(stream, scores)
    assert found.delays.tolist() == [0.0, 99.0, np.inf]
    assert found.kinds == ("a", "b", "late")
    assert found.false_alarms == 1
    with pytest.raises(ValueError, match="1 scores are not finite"):
        incidents.finds(stream, np.where(scores == 9.0, np.nan, scores))
    with pytest.raises(ValueError, match="no ordinary event"):
        incidents.finds(stream.first(500), scores[:500])


def test_faults_are_one_sensors_and_leave_the_rest_alone(script: Load) -> None:
    plants, incidents = script("common.plants"), script("common.incidents")
    stream = plants.draw("all of these", 1)
    spans = incidents.spans(stream.labels)
    assert sorted(stream.kinds) == sorted(list(plants.FAULTS) * plants.EACH)
    assert all(end < begin for (_, end), (begin, _) in itertools.pairwise(spans))
    assert spans[0][0] >= plants.LEAD
    sensors = stream.rows[:, : plants.SENSORS]
    for kind, (begin, end) in zip(stream.kinds, spans, strict=True):
        held = (sensors[begin:end] == sensors[begin - 1]).all(axis=0)
        zeros = (sensors[begin:end] == 0.0).any(axis=0)
        assert held.sum() == (kind == "stuck"), kind
        assert zeros.sum() == (kind == "failing"), kind


def test_every_needle_is_as_far_off(script: Load) -> None:
    needles = script("common.column_needles")
    rows, hit = needles.haystack(np.random.default_rng(0), 400, 20)
    assert hit >= 200
    far = np.argwhere(np.abs(rows) == needles.DEVIATIONS)
    assert far[:, 0].tolist() == [hit]
    assert needles.rank(np.abs(rows).max(axis=1), hit) == 1
    assert needles.rank(-np.abs(rows).max(axis=1), hit) == 400


def test_a_missing_value_is_left_out(script: Load) -> None:
    rows = np.array([[1.0, np.nan], [2.0, 3.0]])
    assert list(script("common.data").as_events(rows)) == [{"f0": 1.0}, {"f0": 2.0, "f1": 3.0}]
