"""What ranks the events of a firewall's month: ours on events as they come, rivals on numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable
from time import process_time
from typing import Any

import numpy as np

from clipsgd_river import anomaly
from clipsgd_river.preprocessing import SurprisalEncoder
from common import peers
from common.contestants import Run, prequential
from common.data import FloatArray, as_events
from common.firewall import FirewallMonth
from common.total_surprisal import TotalSurprisal

# The detector of mixed columns competes as soon as there is one.
MIXED = "ClippedSurprisal"
GIVEN: dict[Hashable, Hashable] = {"country": "user"}
BEHIND_ENCODER = ("ClippedEnsemble", "ClippedMahalanobis", "ClippedZScore")
# Ports that have a column of their own in what rivals see; the others share one.
COMMON_PORTS = 20
AMOUNTS = ("bytes_in", "bytes_out", "duration", "failed")
NAMES = ("country", "protocol", "action")
# What has few values, or values that are names.
CATEGORIES = (*NAMES, "port", "failed", "admin")


# Scores are unbounded above.
Detector = Callable[[FirewallMonth], Run]


def ours() -> dict[str, Detector]:
    """Return our detectors; they get events without their time, text as text, bytes as bytes."""
    found: dict[str, Detector] = {
        f"SurprisalEncoder | {name}": functools.partial(_run_ours, _behind_encoder(name))
        for name in BEHIND_ENCODER
    }
    found["SurprisalEncoder | sum of bits, names and counts only"] = _sum_of_bits
    if hasattr(anomaly, MIXED):
        mixed = getattr(anomaly, MIXED)
        found[MIXED] = functools.partial(_run_ours, mixed)
        told = functools.partial(mixed, given=GIVEN)
        found[f"{MIXED}, country given user"] = functools.partial(_run_ours, told)
    return found


def rivals() -> dict[str, Detector]:
    """Return River's detectors, and scikit-learn's isolation forest in hindsight."""
    forest = peers.isolation_forest()
    return {
        "River MinMaxScaler | HalfSpaceTrees": functools.partial(_run, peers.half_space_trees),
        "River StandardScaler | OneClassSVM": functools.partial(_run, peers.one_class_svm),
        forest.name: lambda month: forest.run(encoded(month)),
    }


def encoded(month: FirewallMonth) -> FloatArray:
    """Return a month as numbers: logarithms of amounts, and a column for each common name.

    The names are known beforehand, which no stream has. Users have no columns: there are hundreds,
    in which the others would drown.
    """
    drawn = month.drawn
    columns = [np.log1p(getattr(drawn, name).astype(np.float64)) for name in AMOUNTS]
    columns += [drawn.admin.astype(np.float64), month.hours.astype(np.float64)]
    for name in NAMES:
        values = getattr(drawn, name)
        columns += [values == value for value in np.unique(values)]
    ports, counts = np.unique(drawn.port, return_counts=True)
    common = ports[np.argsort(-counts, kind="stable")[:COMMON_PORTS]]
    columns += [drawn.port == port for port in common]
    columns.append(~np.isin(drawn.port, common))
    return np.column_stack(columns).astype(np.float64)


def _behind_encoder(name: str) -> Callable[[], Any]:
    kind = getattr(anomaly, name)
    return lambda: SurprisalEncoder(["port"], given=GIVEN) | kind()


def _sum_of_bits(month: FirewallMonth) -> Run:
    """Run the sum of the bits of all that is no amount."""
    encoder = SurprisalEncoder(["port", "failed", "admin"], given=GIVEN)
    return _timed(encoder | TotalSurprisal(CATEGORIES), _events(month))


def _run_ours(make: Callable[[], Any], month: FirewallMonth) -> Run:
    """Run a detector of ours, whose score s promises the ratio s / (1 - s) of distances."""
    run = _timed(make(), _events(month))
    return Run(run.scores / (1.0 - run.scores), run.seconds)


def _run(make: Callable[[], Any], month: FirewallMonth) -> Run:
    # One event at a time: all of them do not fit into memory.
    return _timed(make(), as_events(encoded(month)))


def _events(month: FirewallMonth) -> list[dict[str, Any]]:
    """Return the events without their time."""
    events = [x for x, _ in month]
    for x in events:
        del x["time"]
    return events


def _timed(model: Any, events: Iterable[Any]) -> Run:
    start = process_time()
    scores = prequential(model, events)
    return Run(scores, process_time() - start)
