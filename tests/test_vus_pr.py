"""`VUSPR` is what its definition says, computed event by event."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from clipsgd_river.metrics import VUSPR

pytestmark = pytest.mark.either_mode


def by_definition(labels: list[bool], scores: list[float], window: int, thresholds: int) -> float:
    n = len(labels)
    runs, joined_areas = [], []
    for i in range(n):
        if labels[i]:
            if i and labels[i - 1]:
                runs[-1][1] = i
            else:
                runs.append([i, i])
    levels = [sorted(scores, reverse=True)[int(k)] for k in np.linspace(0, n - 1, thresholds)]
    for width in range(window + 1):
        weights = [1.0 if label else 0.0 for label in labels]
        for begin, end in runs:
            for i in range(n):
                distance = max(begin - i, i - end)
                if 0 < distance <= width // 2:
                    weights[i] = weights[i] + sqrt(1 - distance / width)
        weights = [min(weight, 1.0) for weight in weights]
        buffers: list[list[int]] = []
        for begin, end in runs:
            first, last = begin - width // 2, end + width // 2
            if buffers and first <= buffers[-1][1]:
                buffers[-1][1] = last
            else:
                buffers.append([first, last])
        area, before = 0.0, 0.0
        for level in levels:
            told = [score >= level for score in scores]
            hit = sum(w for w, t in zip(weights, told, strict=True) if t)
            mass = sum(
                1.0 if label else w * t for w, t, label in zip(weights, told, labels, strict=True)
            )
            found = sum(any(told[max(a, 0) : b + 1]) for a, b in buffers) / len(buffers)
            recall = min(hit / ((sum(labels) + mass) / 2), 1.0) * found
            area += (recall - before) * hit / sum(told)
            before = recall
        joined_areas.append(area)
    return float(np.mean(joined_areas))


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_the_definition_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.random(40) < 0.2, rng.integers(1, 6, 40))
    labels[[0, -1]] = seed % 2
    scores = np.round(0.5 * rng.random(len(labels)) + 0.3 * labels, 2)
    metric = VUSPR(window=9, thresholds=30)
    for label, score in zip(labels.tolist(), scores.tolist(), strict=True):
        metric.update(label, score)
    assert metric.get() == pytest.approx(by_definition(labels.tolist(), scores.tolist(), 9, 30))


def test_a_perfect_ranking_and_a_near_one() -> None:
    perfect, near, far = VUSPR(window=20), VUSPR(window=20), VUSPR(window=20)
    for n in range(300):
        label = 100 <= n < 130
        perfect.update(label, float(label))
        near.update(label, float(105 <= n < 135))
        far.update(label, float(200 <= n < 230))
    assert perfect.get() > near.get() > far.get()
    assert perfect.get() > 0.9
    assert far.get() < 0.2
    assert VUSPR().get() == 0.0


@pytest.mark.parametrize("params", [{"window": 0}, {"thresholds": 0}])
def test_wrong_parameters(params: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(params))):
        VUSPR(**params)
