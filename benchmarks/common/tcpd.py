"""The Turing Change Point Dataset: its series, and its F1 and covering.

Van den Burg and Williams, *An evaluation of change point detection algorithms*, arXiv 2003.06222.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.change_detectors import Contender
from common.data import DataError, FloatArray

# An alarm is right within so many observations of an annotated point.
MARGIN = 5
SILENT = Contender("never firing", lambda _: None, lambda _: [], 10_000)

# Published methods at their default settings: mean F1 and covering over the series that
# `real_univariate` returns, from the figures of each series in analysis/output/scores/default_f1_
# scores.json and default_cover_scores.json of github.com/alan-turing-institute/TCPDBench (MIT).
# Those of "zero", which never fires, are to equal ours. Only BOCPD, BOCPDMS and RBOCPDMS are
# online; the others see a whole series, its overall spread included, before they say a word.
PUBLISHED = {
    "binary segmentation": (0.6899, 0.6435),
    "BOCPD": (0.6745, 0.5746),
    "PELT": (0.6701, 0.6326),
    "zero": (0.6510, 0.5625),
    "AMOC": (0.6245, 0.6382),
    "segment neighbourhoods": (0.6011, 0.6287),
    "CPNP": (0.5938, 0.4991),
    "ECP": (0.5790, 0.5094),
    "RFPOP": (0.5103, 0.3354),
    "Prophet": (0.5084, 0.5212),
    "BOCPDMS": (0.4931, 0.5556),
    "wild binary segmentation": (0.4407, 0.2898),
    "RBOCPDMS": (0.4319, 0.5826),
    "KCPA": (0.1667, 0.0860),
}


@dataclass(frozen=True)
class Series:
    """One series with what each annotator marked: the first observations of new segments."""

    name: str
    values: FloatArray
    marks: list[list[int]]


def real_univariate(folder: Path) -> list[Series]:
    """Return the real series of one dimension without missing values; quality_control are drawn."""
    path = folder / "tcpd.json.gz"
    try:
        with gzip.open(path, "rt") as file:
            content = json.load(file)
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path}: {error}") from error
    found = []
    for name, entry in content.items():
        raw = entry["series"][0]["raw"]
        if entry["n_dim"] == 1 and None not in raw and not name.startswith("quality_control"):
            marks = [list(points) for points in entry["annotations"].values()]
            found.append(Series(name, np.array(raw, dtype=float), marks))
    return found


def f_measure(series: Series, points: Iterable[int]) -> float:
    """F1: precision against the union of the annotators, recall averaged over them.

    Index 0 always counts as a change point, marked and found.
    """
    marked = [{0, *marks} for marks in series.marks]
    found = {0, *points}
    precision = len(_right(set().union(*marked), found)) / len(found)
    recall = float(np.mean([len(_right(marks, found)) / len(marks) for marks in marked]))
    return 2.0 * precision * recall / (precision + recall)


def covering(series: Series, points: Iterable[int]) -> float:
    """Mean over annotators of the covering of their segments by those found (Jaccard index)."""
    length = len(series.values)
    found = _segments(points, length)
    covers = []
    for marks in series.marks:
        best = [
            (stop - start) * max(_jaccard((start, stop), other) for other in found)
            for start, stop in _segments(marks, length)
        ]
        covers.append(sum(best) / length)
    return float(np.mean(covers))


def _right(marks: set[int], found: set[int]) -> set[int]:
    """Marks with a found point within the margin; each point serves one mark."""
    left, right = set(found), set()
    for mark in sorted(marks):
        near = [(abs(mark - point), point) for point in left if abs(mark - point) <= MARGIN]
        if near:
            left.remove(min(near)[1])
            right.add(mark)
    return right


def _segments(points: Iterable[int], length: int) -> list[tuple[int, int]]:
    inner = sorted({point for point in points if 0 < point < length})
    return list(zip([0, *inner], [*inner, length], strict=True))


def _jaccard(a: tuple[int, int], b: tuple[int, int]) -> float:
    shared = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    return shared / (a[1] - a[0] + b[1] - b[0] - shared)
