"""Rivals that take a row at a time: scikit-learn's and, where it is installed, PySAD's.

All of them behind River's running standard scaler, without which a feature of large numbers would
be all that they see. They cost a millisecond a row or so, and take the first rows only.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from river import preprocessing
from sklearn.linear_model import SGDOneClassSVM

from common.contestants import Contestant, Run
from common.data import FloatArray, as_events
from common.report import progress

ROWS = 3_000


class RowPeer(Protocol):
    """A rival that scores a row and learns it."""

    def score(self, row: FloatArray) -> float:
        """Higher = more anomalous."""

    def learn(self, row: FloatArray) -> None:
        """Learn a row."""


class SgdOneClassSvm:
    """scikit-learn's linear one-class machine, one row to a `partial_fit`."""

    def __init__(self) -> None:
        self.model = SGDOneClassSVM(random_state=0)

    def score(self, row: FloatArray) -> float:
        """Minus the decision function; 0 before anything was learned."""
        if not hasattr(self.model, "coef_"):
            return 0.0
        return -float(self.model.decision_function(row[None])[0])

    def learn(self, row: FloatArray) -> None:
        """Learn a row."""
        self.model.partial_fit(row[None])


class Pysad:
    """A detector of PySAD at its defaults, with a seed where it takes one."""

    def __init__(self, name: str, **options: Any) -> None:
        import pysad.models

        self.model = getattr(pysad.models, name)(**options)

    def score(self, row: FloatArray) -> float:
        """Score as it is; NaN, which is no score, counts as 0."""
        return float(np.nan_to_num(float(self.model.score_partial(row)), nan=0.0))

    def learn(self, row: FloatArray) -> None:
        """Learn a row."""
        self.model.fit_partial(row)


def row_peers() -> list[Contestant]:
    """Return scikit-learn's and PySAD's; a word instead of PySAD's where it is not installed.

    Those of PySAD that apply: for rows of several features, in a millisecond or less, without
    being told the range of the features beforehand.
    """
    builders: dict[str, Callable[[], RowPeer]] = {"scikit-learn SGDOneClassSVM": SgdOneClassSvm}
    try:
        import pysad  # noqa: F401
    except ImportError:
        progress("PySAD is not installed: without its detectors (pip install pysad)")
    else:
        builders["PySAD LODA"] = functools.partial(Pysad, "LODA", random_state=0)
        builders["PySAD ExactStorm"] = functools.partial(Pysad, "ExactStorm")
        builders["PySAD KitNet"] = functools.partial(Pysad, "KitNet", random_state=0)
    return [
        Contestant(f"{name} (first {ROWS:,} rows)", functools.partial(_run, build), ROWS)
        for name, build in builders.items()
    ]


def _run(build: Callable[[], RowPeer], rows: FloatArray) -> Run:
    scaler, peer, scores = preprocessing.StandardScaler(), build(), np.empty(len(rows))
    events = list(as_events(rows))
    start = time.process_time()
    for position, event in enumerate(events):
        scaler.learn_one(event)
        row = np.fromiter(scaler.transform_one(event).values(), dtype=float)
        scores[position] = peer.score(row)
        peer.learn(row)
    return Run(scores, time.process_time() - start)
