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
    ClippedNeighbours,
    ClippedOneClassSVM,
    ClippedProjections,
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
    ClippedNeighbours,
    ClippedProjections,
]
# In the start, at its end and well after it; 4, 18, 50, 98, 255 and 564 are labelled anomalies.
POSITIONS = [1, 4, 18, 19, 20, 50, 98, 255, 564, 999, 1999, 2999]

FROZEN: dict[str, list[float]] = {
    "ClippedEnsemble": [
        0.007443018546228147,
        0.16183102613372768,
        0.8632612878386497,
        0.45893637902316226,
        0.5539305702432712,
        0.9440126691350014,
        0.9677793111269883,
        0.9894047180043604,
        0.9430895437104354,
        0.286743995890619,
        0.6298284754430173,
        0.7694440601761798,
    ],
    "ClippedZScore": [
        0.06997416302100008,
        0.8250575841939987,
        0.787258317995498,
        0.4862567438028496,
        0.5133566918065381,
        0.8004269148410434,
        0.8722771126675826,
        0.9074080472557365,
        0.8512449631889248,
        0.4176541469145449,
        0.5886287524239988,
        0.7542330767610286,
    ],
    "ClippedMahalanobis": [
        0.05263157894736842,
        0.8542907846711474,
        0.8390300835754294,
        0.5909308746156859,
        0.5235645774773201,
        0.8074422712693821,
        0.8715673516186685,
        0.8961103400214218,
        0.9529414925869357,
        0.4984711733579532,
        0.632567627599716,
        0.9004413471575955,
    ],
    "ClippedSubspace": [
        0.10964113035059622,
        0.7574021161904346,
        0.765137965243103,
        0.2632313414229386,
        0.5188014029484287,
        0.7473466732050499,
        0.8646763966721718,
        0.9255688402408391,
        0.8541125700271254,
        0.3259278604057209,
        0.5283583951815123,
        0.6734118473553097,
    ],
    "ClippedKernelMean": [
        0.27808025000420916,
        0.7771170147982347,
        0.7177589802466249,
        0.568687686260191,
        0.5312356833825767,
        0.7030403962301156,
        0.7870668210638636,
        0.8257306261349684,
        0.7057635347167385,
        0.3742527343949008,
        0.5815527550972661,
        0.6660575282353601,
    ],
    "ClippedOneClassSVM": [
        0.3957459003922008,
        0.77630941142427,
        0.7360384541107736,
        0.5725754173780494,
        0.5033693973187083,
        0.7571905095750039,
        0.7761099709248191,
        0.830312584755599,
        0.7217126513462451,
        0.4721117876604207,
        0.5430577820303191,
        0.5831738649518787,
    ],
    "ClippedNeighbours": [
        0.2527561056633745,
        0.6747286015130015,
        0.6565912491461737,
        0.4938742362883706,
        0.5110645722821242,
        0.6190193634643213,
        0.703337645628089,
        0.7924113185037525,
        0.6491897991298368,
        0.4164491308478356,
        0.5342670738947733,
        0.5069193843980901,
    ],
    "ClippedProjections": [
        0.6050609476514056,
        0.8086506438984609,
        0.7829110096783918,
        0.6005129690679184,
        0.4413395309833299,
        0.7141835068557845,
        0.7571096395911061,
        0.870588402283707,
        0.6766175772863755,
        0.3871952629229736,
        0.5409817836242216,
        0.6196472917454214,
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
