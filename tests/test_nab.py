"""The NAB score, against its six rules as they are written, and on the benchmark's own labels."""

from __future__ import annotations

import csv
import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipsgd_river.metrics import NAB

pytestmark = pytest.mark.either_mode

COSTS = {
    "standard": (1.0, 0.11, 1.0),
    "reward_low_FP_rate": (1.0, 0.22, 1.0),
    "reward_low_FN_rate": (1.0, 0.11, 2.0),
}
Series = tuple[list[bool], list[float], int]
series = st.integers(0, 30).flatmap(
    lambda n: st.tuples(
        st.lists(st.booleans(), min_size=n, max_size=n),
        st.lists(st.sampled_from([0.1, 0.5, 0.7, 0.9]), min_size=n, max_size=n),
        st.integers(0, 8),
    )
)


def s(p: float) -> float:
    return -1.0 if p > 3 else 2 / (1 + math.exp(5 * p)) - 1


def windows_of(labels: list[bool]) -> list[tuple[int, int]]:
    """First and last event of each run."""
    edges = [0, *map(int, labels), 0]
    starts = [i for i in range(len(labels)) if edges[i + 1] and not edges[i]]
    ends = [i for i in range(len(labels)) if edges[i + 1] and not edges[i + 2]]
    return list(zip(starts, ends, strict=True))


def raw_score(one: Series, threshold: float, profile: str) -> tuple[float, int]:
    """Raw score of one series, and how many windows count."""
    tp, fp, fn = COSTS[profile]
    labels, scores, skip = one
    windows = windows_of(labels)
    counted = [window for window in windows if window[1] >= skip]
    alarms = [i for i, score in enumerate(scores) if score >= threshold and i >= skip]
    raw = 0.0
    for first, last in counted:
        inside = [i for i in alarms if first <= i <= last]
        worths = [tp * s(-(last - i + 1) / (last - first + 1)) / s(-1.0) for i in inside]
        raw += max(worths, default=-fn)
    for i in alarms:
        if labels[i]:
            continue
        before = [window for window in windows if window[1] < i]
        if not before:
            raw -= fp
        else:
            first, last = before[-1]
            raw += fp * (s(abs(last - i) / (last - first)) if last > first else -1.0)
    return raw, len(counted)


def by_the_rules(all_series: list[Series], threshold: float, profile: str) -> float:
    tp, _, fn = COSTS[profile]
    parts = [raw_score(one, threshold, profile) for one in all_series]
    raw, count = sum(part for part, _ in parts), sum(n for _, n in parts)
    null, perfect = -fn * count, tp * count
    return 100.0 * (raw - null) / (perfect - null) if count else 0.0


def fed(metric: NAB, all_series: list[Series]) -> NAB:
    for n, (labels, scores, skip) in enumerate(all_series):
        if n or skip != metric.skip:
            metric.begin_series(skip)
        for label, score in zip(labels, scores, strict=True):
            metric.update(label, score)
    return metric


@settings(max_examples=200, deadline=None)
@given(st.lists(series, min_size=1, max_size=3), st.sampled_from(sorted(COSTS)))
def test_it_follows_the_rules(all_series: list[Series], profile: str) -> None:
    scores = []
    for threshold in (0.05, 0.1, 0.5, 0.6, 0.9, math.inf):
        wanted = by_the_rules(all_series, threshold, profile)
        assert fed(NAB(threshold, profile), all_series).get() == pytest.approx(wanted, abs=1e-9)
        scores.append(wanted)
    best = fed(NAB(profile=profile), all_series)
    assert best.get() == pytest.approx(max(scores), abs=1e-9)
    assert by_the_rules(all_series, best.best_threshold, profile) == pytest.approx(best.get())


@settings(max_examples=60, deadline=None)
@given(series)
def test_it_is_that_of_the_events_so_far(one: Series) -> None:
    labels, scores, skip = one
    metric = NAB(0.6, skip=skip)
    for n, (label, score) in enumerate(zip(labels, scores, strict=True), start=1):
        metric.update(label, score)
        wanted = by_the_rules([(labels[:n], scores[:n], skip)], 0.6, "standard")
        assert metric.get() == pytest.approx(wanted, abs=1e-9)


def test_silence_is_zero_and_perfection_a_hundred() -> None:
    labels = [40 <= i < 60 or 80 <= i < 95 for i in range(120)]
    for profile in COSTS:
        silent, perfect, late = NAB(0.5, profile), NAB(0.5, profile), NAB(0.5, profile)
        for i, label in enumerate(labels):
            silent.update(label, 0.0)
            perfect.update(label, i in (40, 80))
            late.update(label, i in (61, 96))
        assert silent.get() == 0.0
        assert perfect.get() == pytest.approx(100.0)
        assert late.get() < 0.0
    assert repr(silent) == "NAB: 0."


def test_verdicts_are_alarms_at_any_threshold() -> None:
    verdicts, scores = NAB(), NAB()
    for i in range(30):
        verdicts.update(10 <= i < 15, i in (11, 20))
        scores.update(10 <= i < 15, float(i in (11, 20)))
    assert verdicts.get() == pytest.approx(scores.get())
    assert verdicts.best_threshold == math.inf
    quiet = NAB()
    for i in range(30):
        quiet.update(10 <= i < 15, math.nan if i % 2 else False)
    assert quiet.get() == 0.0


def test_windows_of_the_benchmark(data_folder: Path) -> None:
    """All 116 windows count, and one alarm at the beginning of each gives 100."""
    perfect, silent = NAB(), NAB(0.5)
    for path in sorted((data_folder / "nab/data").glob("*/*.csv.gz")):
        with gzip.open(path, "rt") as file:
            labels = [row["window"] == "1" for row in csv.DictReader(file)]
        skip = min(int(0.15 * len(labels)), 750)
        for metric in (perfect, silent):
            metric.begin_series(skip)
        for i, label in enumerate(labels):
            begins = label and (i == 0 or not labels[i - 1])
            perfect.update(label, 0.9 if begins else 0.1)
            silent.update(label, 0.1)
    assert perfect.get() == pytest.approx(100.0)
    assert perfect.best_threshold == 0.9
    assert silent.get() == 0.0
    perfect.begin_series()
    assert perfect.n_windows == 116
    given_costs = json.loads((data_folder / "nab/config/profiles.json").read_text())
    assert {
        name: tuple(costs["CostMatrix"][f"{kind}Weight"] for kind in ("tp", "fp", "fn"))
        for name, costs in given_costs.items()
    } == COSTS


def test_nothing_can_be_taken_back() -> None:
    with pytest.raises(NotImplementedError, match="DetectionDelay"):
        NAB().revert(True, 0.5)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"profile": "strict"}, ValueError, "profile"),
        ({"skip": -1}, ValueError, "skip"),
        ({"skip": 0.15}, TypeError, "skip"),
        ({"threshold": "high"}, TypeError, "threshold"),
    ],
)
def test_parameters_are_checked(parameters: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        NAB(**parameters)
    with pytest.raises(ValueError, match="skip"):
        NAB().begin_series(-2)
