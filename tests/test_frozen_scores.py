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
        0.9327689703620766,
        0.9554632544230907,
        0.972295723142398,
        0.9598958673585254,
        0.27125788017979585,
        0.7035784755883029,
        0.8433701619558164,
    ],
    "ClippedZScore": [
        0.06997416302100008,
        0.8250575841939987,
        0.787258317995498,
        0.4862567438028496,
        0.5084519456741398,
        0.8310171635395619,
        0.872699915770813,
        0.9116171997361632,
        0.8587940831856901,
        0.3871129142206571,
        0.587809833379748,
        0.724625937608444,
    ],
    "ClippedMahalanobis": [
        0.05263157894736842,
        0.8542907846711474,
        0.8390300835754294,
        0.5909308746156859,
        0.5207334414294406,
        0.832362637704444,
        0.8904620773792729,
        0.8789798398878138,
        0.923899066433306,
        0.28458805672631815,
        0.6580795579634242,
        0.7691416188962337,
    ],
    "ClippedSubspace": [
        0.10964113035059622,
        0.7574021161904346,
        0.765137965243103,
        0.2632313414229386,
        0.5194150197321377,
        0.7139508404520498,
        0.8681055195401632,
        0.915010588627332,
        0.8704544483803999,
        0.31498443900435913,
        0.5303655303523226,
        0.6971339091319634,
    ],
    "ClippedKernelMean": [
        0.27808025000420916,
        0.7771170147982347,
        0.7177589802466249,
        0.568687686260191,
        0.5087199451065441,
        0.7112279375322982,
        0.7778789744897239,
        0.833790115302811,
        0.7294644254149589,
        0.36980919553718444,
        0.5699658800633488,
        0.6420217112352343,
    ],
    "ClippedOneClassSVM": [
        0.3957459003922008,
        0.77630941142427,
        0.7360384541107736,
        0.5725754173780494,
        0.4929796640261087,
        0.7649619915223583,
        0.7851420082288229,
        0.835118262410998,
        0.7454048147164735,
        0.4690438430523649,
        0.537891165081907,
        0.5966331145861135,
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
