"""Handwritten digits under drift: what is normal changes every thousand events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.data import DataError, FloatArray, LabelArray, arrays_of

NORMAL_DIGITS = (0, 1, 2, 3, 4)
STRETCH = 1_000
ANOMALY_SHARE = 0.05
TRAINING_IMAGES = 60_000
SETTLED = 200
"""Events after a change from which a detector should have followed it."""


@dataclass(frozen=True)
class DigitStream:
    """Images in rows, 1 for a digit other than that of the stretch, and where stretches are."""

    rows: FloatArray
    labels: LabelArray
    stretch: int

    def settled(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return which events come late enough after a change."""
        late = min(SETTLED, self.stretch // 5)
        return np.asarray(np.arange(len(self.labels)) % self.stretch >= late)


def load(folder: Path, seed: int, stretch: int = STRETCH) -> DigitStream:
    """Return the stream of a seed: digits 0 to 4 in turn normal, 5 % of events another digit.

    Every image comes once. Pixels are between 0 and 1.

    Raises
    ------
    DataError
        If the file is missing or damaged.
    """
    images, digits = arrays_of(folder / "mnist.npz", ("X", "y"))
    images, digits = images[:TRAINING_IMAGES], digits[:TRAINING_IMAGES]
    if len(np.unique(digits)) < len(NORMAL_DIGITS) + 1:
        raise DataError(f"{folder / 'mnist.npz'} holds too few digits: it is damaged")
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(digits))
    pools = {digit: list(order[digits[order] == digit]) for digit in np.unique(digits).tolist()}
    chosen, labels = [], []
    for normal in NORMAL_DIGITS:
        others = [digit for digit in pools if digit != normal]
        for _ in range(stretch):
            anomalous = rng.random() < ANOMALY_SHARE
            digit = int(rng.choice(others)) if anomalous else normal
            if not pools[digit]:
                raise DataError(f"{folder / 'mnist.npz'} holds too few images of {digit}")
            chosen.append(pools[digit].pop())
            labels.append(anomalous)
    rows = images[chosen].astype(np.float64) / 255.0
    return DigitStream(rows, np.array(labels, dtype=np.int8), stretch)
