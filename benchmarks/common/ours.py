"""The detectors of this package, found by discovery so that a new one competes unasked."""

from __future__ import annotations

import functools
import inspect
import time

import numpy as np

from clipsgd_river import anomaly
from clipsgd_river.anomaly.base import ClippedDetector
from common.contestants import Contestant, Run
from common.data import Event, FloatArray


def detector_classes() -> dict[str, type[ClippedDetector]]:
    """Return every public `ClippedDetector` that can be built without arguments, by its name."""
    public = [getattr(anomaly, name) for name in sorted(anomaly.__all__)]
    return {
        candidate.__name__: candidate
        for candidate in public
        if inspect.isclass(candidate)
        and issubclass(candidate, ClippedDetector)
        and not inspect.isabstract(candidate)
        and candidate is not ClippedDetector
        and _needs_no_argument(candidate)
    }


def contestants(*, with_distances: bool = False) -> dict[str, Contestant]:
    """Return a contestant for each detector class at its defaults, by name.

    With distances the stream is run a second time, event by event, outside the measured time.
    """
    return {
        name: Contestant(name, functools.partial(_run, kind, with_distances))
        for name, kind in detector_classes().items()
    }


def by_distance() -> dict[str, Contestant]:
    """Return the same whose scores are distances, which is what filters of alerts go by.

    `score_one` divides by what distances usually are, and so ranks events of different times
    otherwise.
    """
    return {
        name: Contestant(name, functools.partial(_run_distances, kind))
        for name, kind in detector_classes().items()
    }


def distances(detector: ClippedDetector, rows: FloatArray) -> FloatArray:
    """Return the distance of each row just before `detector` learns it."""
    result = np.empty(len(rows))
    for position, row in enumerate(rows):
        event: Event = dict(enumerate(row.tolist()))
        result[position] = detector.distance_one(event)
        detector.learn_one(event)
    return result


def _run(kind: type[ClippedDetector], with_distances: bool, rows: FloatArray) -> Run:
    detector = kind()
    start = time.process_time()
    scores = detector.score_learn_many(rows)
    seconds = time.process_time() - start
    return Run(scores, seconds, distances(kind(), rows) if with_distances else None)


def _run_distances(kind: type[ClippedDetector], rows: FloatArray) -> Run:
    detector = kind()
    start = time.process_time()
    found = detector.distance_learn_many(rows)
    return Run(found, time.process_time() - start)


def _needs_no_argument(kind: type[ClippedDetector]) -> bool:
    parameters = inspect.signature(kind).parameters.values()
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(p.default is not p.empty or p.kind in optional for p in parameters)
