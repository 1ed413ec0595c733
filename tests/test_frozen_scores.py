"""Scores of chosen events of River's Shuttle stream, frozen: a changed score is noticed.

A change that means to change scores writes new ones with

    python tests/test_frozen_scores.py

pastes what it prints over ``FROZEN``, and tells of it in the changelog.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest
from river import datasets

from clipsgd_river.anomaly import ClippedMahalanobis, ClippedZScore

# In the start, at its end and well after it; 4, 18, 50, 98, 255 and 564 are labelled anomalies.
POSITIONS = [1, 4, 18, 19, 20, 50, 98, 255, 564, 999, 1999, 2999]

FROZEN: dict[str, list[float]] = {
    "ClippedZScore": [
        0.0699741630210001,
        0.8250575841939988,
        0.7872583179954981,
        0.48625674380284956,
        0.5084519456741398,
        0.8305556657096055,
        0.8723766602251194,
        0.9112861366612273,
        0.8572568480000868,
        0.38934955236874536,
        0.5861696655072951,
        0.7230136676251947,
    ],
    "ClippedMahalanobis": [
        0.05263157894736842,
        0.8542907846711474,
        0.8390300835754295,
        0.5909308746156859,
        0.5207334414294406,
        0.8322073415122604,
        0.8878176212182517,
        0.8778205856664003,
        0.9233935304543437,
        0.28283653289488386,
        0.6575877703127471,
        0.7636618965635182,
    ],
}


def scores(cls: Any) -> list[float]:
    """Score each event before it is learned; those at the chosen positions, counted from 0."""
    detector = cls()
    stream = datasets.Shuttle().take(max(POSITIONS) + 1)
    every = [detector.score_learn_one(event) for event, _ in stream]
    return [every[position] for position in POSITIONS]


@pytest.mark.parametrize("cls", [ClippedZScore, ClippedMahalanobis])
def test_scores_are_those_of_the_last_release(cls: Any) -> None:
    assert scores(cls) == pytest.approx(FROZEN[cls.__name__], rel=1e-9)


if __name__ == "__main__":
    lines = ["FROZEN: dict[str, list[float]] = {"]
    for detector_class in (ClippedZScore, ClippedMahalanobis):
        lines.append(f'    "{detector_class.__name__}": [')
        lines += [f"        {score!r}," for score in scores(detector_class)]
        lines.append("    ],")
    sys.stdout.write("\n".join([*lines, "}", ""]))
