"""Average precision over a window, against scikit-learn and against its definition."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import utils
from sklearn.metrics import average_precision_score

from clipsgd_river.metrics import AveragePrecision

pytestmark = pytest.mark.either_mode

# Few scores, so that many are equal, among the usual ones.
scores = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(-1e300, 1e300)
events = st.lists(st.tuples(st.booleans(), scores), min_size=1, max_size=60)
weighted = st.lists(
    st.tuples(st.booleans(), scores, st.sampled_from([0.0, 0.5, 1.0, 3.0])), max_size=40
)


def by_definition(pairs: list[tuple[bool, float]]) -> float:
    """Sum of precision times growth of recall, over the distinct scores from the highest down."""
    anomalies = sum(y for y, _ in pairs)
    total, before = 0.0, 0.0
    for threshold in sorted({score for _, score in pairs}, reverse=True):
        alerts = [y for y, score in pairs if score >= threshold]
        recall = sum(alerts) / anomalies if anomalies else 0.0
        total += (recall - before) * sum(alerts) / len(alerts)
        before = recall
    return total


def fed(metric: Any, pairs: Any) -> Any:
    for pair in pairs:
        metric.update(*pair)
    return metric


@settings(max_examples=150, deadline=None)
@given(events, st.integers(1, 70))
def test_it_is_that_of_scikit_learn_over_the_window(
    pairs: list[tuple[bool, float]], window: int
) -> None:
    metric = AveragePrecision(window)
    for n, pair in enumerate(pairs, start=1):
        metric.update(*pair)
        inside = pairs[max(0, n - window) : n]
        labels, found = zip(*inside, strict=True)
        # Without an anomaly scikit-learn warns, and says 0 too.
        wanted = average_precision_score(labels, found) if any(labels) else 0.0
        assert metric.get() == wanted
    assert metric.get() == pytest.approx(by_definition(inside), rel=1e-12, abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(weighted)
def test_weights_count_as_in_scikit_learn(triples: list[tuple[bool, float, float]]) -> None:
    metric = fed(AveragePrecision(None), triples)
    if any(y and w for y, _, w in triples):
        labels, found, weights = zip(*triples, strict=True)
        wanted = average_precision_score(labels, found, sample_weight=weights)
        assert metric.get() == pytest.approx(wanted, rel=1e-12)
    else:
        assert metric.get() == 0.0


@settings(max_examples=60, deadline=None)
@given(events, st.integers(1, 20))
def test_windows_of_river_are_the_own_window(pairs: list[tuple[bool, float]], window: int) -> None:
    rolling = utils.Rolling(AveragePrecision, window_size=window, window=None)
    inside = utils.Rolling(AveragePrecision, window_size=window, window=200)
    own = AveragePrecision(window)
    for pair in pairs:
        rolling.update(*pair)
        inside.update(*pair)
        own.update(*pair)
        assert rolling.get() == inside.get() == own.get()


def test_a_long_stream_of_equal_and_distinct_scores() -> None:
    rng = np.random.default_rng(5)
    found = np.where(rng.random(3000) < 0.5, rng.random(3000), np.round(rng.random(3000), 1))
    labels = rng.random(3000) < 0.02 + 0.3 * (found > 0.9)
    metric = fed(AveragePrecision(1000), zip(labels.tolist(), found.tolist(), strict=True))
    assert metric.get() == average_precision_score(labels[-1000:], found[-1000:])
    assert len(metric._scores) <= 1000


def test_a_random_ranking_has_the_share_of_anomalies() -> None:
    rng = np.random.default_rng(6)
    labels = rng.random(5000) < 0.1
    metric = fed(AveragePrecision(None), zip(labels, rng.random(5000), strict=True))
    assert metric.get() == pytest.approx(0.1, abs=0.03)


def test_without_anomalies_it_is_zero() -> None:
    metric = AveragePrecision()
    assert metric.get() == 0.0
    assert fed(metric, [(False, 0.3), (0, 0.4), (None, 0.5)]).get() == 0.0
    assert fed(metric, [(True, 0.1)]).get() == 0.25
    metric.revert(True, 0.1)
    assert metric.get() == 0.0


def test_what_is_no_finite_score_has_its_place() -> None:
    order = [math.nan, -1e308, 0.0, 1e308, math.inf]
    for at, score in enumerate(order):
        others = [(False, other) for other in order if other is not score]
        metric = fed(AveragePrecision(), [*others, (True, score)])
        assert metric.get() == 1.0 / (len(order) - at)
        metric.revert(True, score)
        assert metric.get() == 0.0


def test_verdicts_and_probabilities_are_scores() -> None:
    verdicts = [(True, True), (False, False), (True, False), (False, True)]
    shares = [(y, {True: float(verdict), False: 1.0 - verdict}) for y, verdict in verdicts]
    assert fed(AveragePrecision(), verdicts).get() == by_definition(verdicts)
    assert fed(AveragePrecision(), shares).get() == by_definition(verdicts)


def test_what_is_not_there_cannot_be_taken_back() -> None:
    metric = fed(AveragePrecision(3), [(True, 0.5), (False, 0.4)])
    for absent in [(True, 0.4), (True, 0.7)]:
        with pytest.raises(ValueError, match="window=None"):
            metric.revert(*absent)
    assert metric.get() == 1.0
    fed(metric, [(False, 0.3), (False, 0.2)])
    with pytest.raises(ValueError, match="window=None"):
        metric.revert(False, 0.4)
    with pytest.raises(ValueError, match="window=None"):
        AveragePrecision(None).revert(True, 0.5)


@pytest.mark.parametrize(("window", "error"), [(0, ValueError), (-3, ValueError), (1.5, TypeError)])
def test_windows_are_checked(window: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="window"):
        AveragePrecision(window)


def test_a_wrong_score_changes_nothing() -> None:
    metric = fed(AveragePrecision(), [(True, 0.5), (False, 0.6)])
    with pytest.raises((TypeError, ValueError)):
        metric.update(True, "high")
    assert metric.get() == 0.5
