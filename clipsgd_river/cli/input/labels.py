"""Known labels of a stream: read beside it, never shown to the detector, judged at the end."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from clipsgd_river.cli.terminal.text import is_missing, listed

NORMAL: Final = 0
ANOMALY: Final = 1
UNKNOWN: Final = -1

_ANOMALY_WORDS: Final = frozenset(
    {"1", "true", "yes", "anomaly", "anomalous", "abnormal", "outlier", "attack", "fraud"}
)
#: Labels are few; a column of something else must not fill the memory.
_MOST_WORDS: Final = 1000
_NORMAL_WORDS: Final = frozenset({"0", "false", "no", "normal", "benign", "inlier", "ok"})


class LabelRule:
    """Which values of the label column mean an anomaly.

    Without named values ``0``, ``false`` and the usual words for normal (normal, benign, ...) mean
    a normal event, and any other label an anomaly: there are many names of attacks.

    Parameters
    ----------
    column
        Name of the label column.
    anomaly_values
        The values that mean an anomaly, every other meaning a normal event.
    normal_values
        The values that mean a normal event, every other meaning an anomaly. An empty one among
        them stands for a missing label, which otherwise does not count.

    Examples
    --------
    >>> LabelRule("y").parse("true"), LabelRule("y").parse(0), LabelRule("y").parse(None)
    (1, 0, -1)
    >>> LabelRule("class", ["4"]).parse("4.0"), LabelRule("class", ["4"]).parse("2")
    (1, 0)
    >>> rule = LabelRule("attack", normal_values=["-"])
    >>> rule.parse("-"), rule.parse("teardrop"), rule.told()
    (0, 1, "labels 'teardrop' counted as anomalies, '-' as normal")
    """

    def __init__(
        self, column: str, anomaly_values: Iterable[str] = (), normal_values: Iterable[str] = ()
    ) -> None:
        self.column = column
        self._anomalies = frozenset(map(_canonical, anomaly_values))
        normal = list(normal_values)
        self._missing = NORMAL if any(map(is_missing, normal)) else UNKNOWN
        self._normals = frozenset(map(_canonical, normal))
        self._words: dict[str, int] = {}
        #: Whether a label was taken for an anomaly that neither was named nor says it.
        self.guesses = False

    def parse(self, value: object) -> int:
        """Return `ANOMALY`, `NORMAL`, or `UNKNOWN` for a missing label."""
        if value is None:
            return self._missing
        word = str(value)
        label = self._words.get(word)
        if label is None:
            label = self._interpret(word)
            if len(self._words) < _MOST_WORDS:
                self._words[word] = label
        return label

    def told(self) -> str:
        """Say which labels counted as what."""
        found = {
            kind: [word for word, label in self._words.items() if label == kind and word.strip()]
            for kind in (ANOMALY, NORMAL)
        }
        anomalies, normals = found[ANOMALY], found[NORMAL]
        if not anomalies:
            return f"labels {listed(normals)} counted as normal" if normals else ""
        also = f", {listed(normals)} as normal" if normals else ""
        return f"labels {listed(anomalies)} counted as anomalies{also}"

    def _interpret(self, value: str) -> int:
        if is_missing(value):
            return self._missing
        word = _canonical(value)
        if self._anomalies:
            return ANOMALY if word in self._anomalies else NORMAL
        if self._normals:
            return NORMAL if word in self._normals else ANOMALY
        if word in _NORMAL_WORDS:
            return NORMAL
        self.guesses = self.guesses or word not in _ANOMALY_WORDS
        return ANOMALY


class Ranking(NamedTuple):
    """How well distances rank the labelled anomalies first; figures are None without both kinds."""

    anomalies: int
    normals: int
    roc_auc: float | None
    average_precision: float | None


class LabelledDistances:
    """Distances beside labels, nine bytes an event, and scikit-learn's exact figures on them.

    Examples
    --------
    >>> judged = LabelledDistances()
    >>> for distance, label in [(0.1, 0), (0.4, 0), (0.35, 1), (0.8, 1)]:
    ...     judged.add(distance, label)
    >>> judged.ranking().roc_auc
    0.75
    """

    def __init__(self) -> None:
        self._distances = array("d")
        self._labels = array("b")

    def add(self, distance: float, label: int) -> None:
        """Keep one event; events without a known label do not count."""
        if label != UNKNOWN:
            self._distances.append(distance)
            self._labels.append(label)

    def ranking(self) -> Ranking:
        """Return the figures over all events so far."""
        return rank(np.frombuffer(self._labels, dtype=np.int8), np.frombuffer(self._distances))


def rank(labels: npt.NDArray[np.int8], distances: npt.NDArray[np.float64]) -> Ranking:
    """Return ROC AUC and average precision of distances against labels of 0 and 1."""
    anomalies = int(np.count_nonzero(labels))
    normals = len(labels) - anomalies
    if not anomalies or not normals:
        return Ranking(anomalies, normals, None, None)
    # A second to import, and most runs have no labels.
    from sklearn.metrics import average_precision_score, roc_auc_score

    return Ranking(
        anomalies,
        normals,
        float(roc_auc_score(labels, distances)),
        float(average_precision_score(labels, distances)),
    )


def _canonical(value: str) -> str:
    word = value.strip().lower()
    try:
        number = float(word)
    except ValueError:
        return word
    return str(int(number)) if number.is_integer() else str(number)
