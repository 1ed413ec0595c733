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

from clipsgd_river.anomaly import (
    ClippedEnsemble,
    ClippedKernelMean,
    ClippedMahalanobis,
    ClippedOneClassSVM,
    ClippedSubspace,
    ClippedZScore,
)

DETECTORS = [
    ClippedEnsemble,
    ClippedZScore,
    ClippedMahalanobis,
    ClippedSubspace,
    ClippedKernelMean,
    ClippedOneClassSVM,
]
# In the start, at its end and well after it; 4, 18, 50, 98, 255 and 564 are labelled anomalies.
POSITIONS = [1, 4, 18, 19, 20, 50, 98, 255, 564, 999, 1999, 2999]

FROZEN: dict[str, list[float]] = {
    "ClippedEnsemble": [
        0.012855751224330983,
        0.7255419540347403,
        0.8610143123631604,
        0.4617150979784239,
        0.45376400733714395,
        0.9092441177609425,
        0.9517444519767898,
        0.9709622363182102,
        0.9620298058186503,
        0.30681365216754874,
        0.7414247858718686,
        0.9102980736328266,
    ],
    "ClippedZScore": [
        0.06997416302100008,
        0.8250575841939987,
        0.787258317995498,
        0.4862567438028496,
        0.5084519456741398,
        0.8004269148410434,
        0.8716703193397853,
        0.9067795455796122,
        0.8535605780364116,
        0.4139274354188186,
        0.6020427480241631,
        0.7472393570615723,
    ],
    "ClippedMahalanobis": [
        0.05263157894736842,
        0.8542907846711474,
        0.8390300835754294,
        0.5909308746156859,
        0.5207334414294406,
        0.8077462627975479,
        0.8715458808913341,
        0.8984304016450324,
        0.9530105022806621,
        0.47726983927495825,
        0.6479501423003795,
        0.8926026609294484,
    ],
    "ClippedSubspace": [
        0.10964113035059622,
        0.7574021161904346,
        0.765137965243103,
        0.2632313414229386,
        0.5194150197321377,
        0.7507883203443831,
        0.8540197284717789,
        0.9211457328104595,
        0.8489748180193932,
        0.32320381970245965,
        0.5293089628807931,
        0.6770636305556487,
    ],
    "ClippedKernelMean": [
        0.27808025000420916,
        0.7771170147982347,
        0.7177589802466249,
        0.568687686260191,
        0.5087199451065441,
        0.7032770290396375,
        0.7871506072520452,
        0.8252790156425841,
        0.7110779917621881,
        0.374887908863542,
        0.5891481867095572,
        0.6620760012801127,
    ],
    "ClippedOneClassSVM": [
        0.3957459003922008,
        0.77630941142427,
        0.7360384541107736,
        0.5725754173780494,
        0.4929796640261087,
        0.7597342547501096,
        0.7786629828107333,
        0.8323679806608868,
        0.7240662875140091,
        0.47078835616010256,
        0.5492417630616607,
        0.5833592304334424,
    ],
}


def scores(cls: Any) -> list[float]:
    """Score each event before it is learned; those at the chosen positions, counted from 0."""
    detector = cls()
    stream = datasets.Shuttle().take(max(POSITIONS) + 1)
    every = [detector.score_learn_one(event) for event, _ in stream]
    return [every[position] for position in POSITIONS]


@pytest.mark.parametrize("cls", DETECTORS)
def test_scores_are_those_of_the_last_release(cls: Any) -> None:
    assert scores(cls) == pytest.approx(FROZEN[cls.__name__], rel=1e-9)


if __name__ == "__main__":
    lines = ["FROZEN: dict[str, list[float]] = {"]
    for detector_class in DETECTORS:
        lines.append(f'    "{detector_class.__name__}": [')
        lines += [f"        {score!r}," for score in scores(detector_class)]
        lines.append("    ],")
    sys.stdout.write("\n".join([*lines, "}", ""]))
