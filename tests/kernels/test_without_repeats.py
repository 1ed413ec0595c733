"""Where no value comes back, scores are those that were computed before repeats were noticed.

`FROZEN` was written by the kernels that knew of no repeats. What means to change scores of
continuous columns writes new ones with ``python tests/kernels/test_without_repeats.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from clipsgd_river.anomaly import (
    ClippedEnsemble,
    ClippedMahalanobis,
    ClippedSubspace,
    ClippedZScore,
)

FEATURES = 4
EVENTS = 600

FROZEN: dict[str, list[float]] = {
    "ClippedZScore normal": [
        0.47955668930314543,
        293.16951551534396,
        -0.25479905096638894,
        6.100472467964495,
    ],
    "ClippedMahalanobis normal": [
        0.3974887212321674,
        291.74346196152703,
        -0.25479905096638894,
        6.100472467964495,
    ],
    "ClippedSubspace normal": [
        0.4330173153362055,
        288.244219553246,
        -0.14387653003436202,
        6.100472467964495,
    ],
    "ClippedEnsemble normal": [
        0.4120200818968744,
        311.77590838262313,
        -0.25479905096638894,
        6.100472467964495,
    ],
    "ClippedZScore heavy": [
        0.7077605344576637,
        295.0401906417103,
        200.07063539074994,
        6.811187289674695,
    ],
    "ClippedMahalanobis heavy": [
        0.7325216904596715,
        298.0370500353821,
        200.07063539074994,
        6.811187289674695,
    ],
    "ClippedSubspace heavy": [
        0.6662817657219348,
        293.2164629212948,
        200.51608254468061,
        6.811187289674695,
    ],
    "ClippedEnsemble heavy": [
        0.8225163103548541,
        314.37191687999075,
        200.07063539074994,
        6.811187289674695,
    ],
    "ClippedZScore drift": [
        0.6684025974677622,
        290.3849373938135,
        20.461941264294097,
        11.92844216288548,
    ],
    "ClippedMahalanobis drift": [
        0.6899254404544712,
        291.45996318251434,
        20.461941264294097,
        11.92844216288548,
    ],
    "ClippedSubspace drift": [
        0.6583281815372598,
        292.8418617424453,
        20.10674018823809,
        11.92844216288548,
    ],
    "ClippedEnsemble drift": [
        0.762105798605432,
        334.0351814884331,
        20.461941264294097,
        11.92844216288548,
    ],
    "ClippedZScore gaps": [
        0.5398676652328174,
        285.76551161850176,
        -0.021259838081601465,
        4.033123152255208,
    ],
    "ClippedMahalanobis gaps": [
        0.5280464755673483,
        290.22762661478197,
        -0.021259838081601465,
        4.033123152255208,
    ],
    "ClippedSubspace gaps": [
        0.4626796420581781,
        283.4369900912519,
        0.055956867487212125,
        4.033123152255208,
    ],
    "ClippedEnsemble gaps": [
        0.5267312744026831,
        300.28803442135774,
        -0.021259838081601465,
        4.033123152255208,
    ],
}


def streams() -> Iterator[tuple[str, Any]]:
    rng = np.random.default_rng(0)
    yield "normal", rng.normal(size=(EVENTS, FEATURES)) @ (np.eye(FEATURES) + 0.4)
    yield "heavy", 50.0 + rng.standard_t(2, size=(EVENTS, FEATURES))
    drift = rng.normal(size=(EVENTS, FEATURES))
    drift[EVENTS // 2 :] = 3.0 * drift[EVENTS // 2 :] + 5.0
    yield "drift", drift
    gaps = rng.normal(size=(EVENTS, FEATURES))
    # All features start at once.
    gaps[1:][rng.random((EVENTS - 1, FEATURES)) < 0.2] = np.nan
    yield "gaps", gaps


def detectors() -> Iterator[Any]:
    yield ClippedZScore()
    yield ClippedMahalanobis()
    yield ClippedSubspace()
    yield ClippedEnsemble()


def told(detector: Any, rows: Any) -> list[float]:
    """Last score and sum of scores, of locations and of scales."""
    scores = np.asarray(detector.score_learn_many(rows))
    sums = (scores.sum(), detector.location_.sum(), detector.scale_.sum())
    return [float(x) for x in (scores[-1], *sums)]


def found() -> Iterator[tuple[str, list[float]]]:
    for name, rows in streams():
        for detector in detectors():
            yield f"{type(detector).__name__} {name}", told(detector, rows)


def test_scores_without_repeats_have_not_changed() -> None:
    told_now = dict(found())
    assert list(told_now) == list(FROZEN)
    for name, numbers in told_now.items():
        assert numbers == pytest.approx(FROZEN[name], rel=1e-11), name


if __name__ == "__main__":
    for name, numbers in found():
        sys.stdout.write(f'    "{name}": {numbers},\n')
