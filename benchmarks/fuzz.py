"""A million hostile events for every detector, and hostile files for the command line."""

from __future__ import annotations

import argparse
import itertools
import math
import reprlib
import statistics
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from common import options, ours
from common.data import Event, FloatArray
from common.hostile import FEATURES, Source
from common.hostile_files import fuzz_files
from common.report import Cell, Table, progress, publish

from clipsgd_river.anomaly.base import ClippedDetector

INSPECTION_PERIOD = 5_000
BLOCK_ROWS = 20
RECOVERY = 5_000
MAX_FEATURES = 40
MOST_VIOLATIONS = 100
SHOWN = 10


@dataclass
class Verdict:
    """What the fuzzing of one detector found; no violation is a pass."""

    detector: str
    seen: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    violations: list[str] = field(default_factory=list)
    ordinary_score: float = math.nan
    outlier_score: float = math.nan

    def require(self, holds: bool, evidence: str) -> None:
        """Note a violation, with its evidence, unless the requirement holds."""
        if not holds:
            self.violations.append(evidence)

    def row(self) -> list[Cell]:
        """Return the verdict as a table row."""
        return [
            self.detector,
            self.seen.total(),
            self.refused,
            self.ordinary_score,
            self.outlier_score,
            len(self.violations),
            self.violations[0] if self.violations else "",
        ]


def fuzz(detector: ClippedDetector, count: int, seed: int) -> Verdict:
    """Feed `count` mixed events and return the verdict; a hundred violations end it early."""
    verdict, source = Verdict(type(detector).__name__), Source(seed)
    for position, (kind, event) in enumerate(source.mixed(count)):
        _feed(detector, kind, event, position, verdict)
        if len(verdict.violations) >= MOST_VIOLATIONS:
            return verdict
        if position % INSPECTION_PERIOD == 0:
            _feed_block(detector, source, position, verdict)
            _inspect(detector, source.ordinary(), position, verdict)
    _flood_with_keys(detector, verdict)
    _recover(detector, source, verdict)
    return verdict


def _feed(
    detector: ClippedDetector, kind: str, event: Event, position: int, verdict: Verdict
) -> None:
    verdict.seen[kind] += 1
    # The state is only looked at where it must not change: to_bytes costs more than an event.
    before = detector.to_bytes() if kind == "refusable" else b""
    complaint = None
    try:
        if position % 2:
            score = detector.score_learn_one(event)
        else:
            # What must be refused goes straight to `learn_one`, which has to refuse it by itself.
            score = 0.5 if kind == "refusable" else detector.score_one(event)
            detector.learn_one(event)
    except TypeError as error:
        verdict.refused += 1
        if kind not in ("refusable", "undecided"):
            complaint = repr(error)
        elif before and detector.to_bytes() != before:
            complaint = "was refused but changed the state"
    except Exception as error:  # any other exception is the finding itself
        complaint = repr(error)
    else:
        if kind == "refusable":
            complaint = "was accepted"
        elif not _is_score(score):
            complaint = f"scored {score!r}"
    if complaint is not None:
        verdict.violations.append(f"event {position} ({_shown(event)}): {complaint}")


def _feed_block(detector: ClippedDetector, source: Source, position: int, verdict: Verdict) -> None:
    block = source.block(BLOCK_ROWS)
    try:
        scores = detector.score_learn_many(block)
    except Exception as error:  # any exception is the finding itself
        verdict.violations.append(f"block after event {position}: {error!r}")
        return
    verdict.seen["rows of blocks"] += len(block)
    verdict.require(
        scores.shape == (BLOCK_ROWS,) and all(map(_is_score, scores.tolist())),
        f"block after event {position}: scores {scores!r}",
    )


def _inspect(detector: ClippedDetector, event: Event, position: int, verdict: Verdict) -> None:
    where = f"after event {position}"
    try:
        for name, value in _arrays(detector).items():
            verdict.require(bool(np.isfinite(value).all()), f"{where}: {name} is {value!r}")
        distance = detector.distance_one(event)
        verdict.require(0 <= distance < math.inf, f"{where}: distance {distance!r}")
        parts = detector.explain_one(event)
        verdict.require(all(map(math.isfinite, parts.values())), f"{where}: explained {parts!r}")
        bands = detector.expect_one()
        for feature, band in bands.items():
            ordered = all(map(math.isfinite, band)) and list(band) == sorted(band)
            verdict.require(ordered, f"{where}: band of {feature!r} is {band!r}")
        state = detector.to_bytes()
        copy = type(detector).from_bytes(state)
        same = copy.to_bytes() == state and copy.score_one(event) == detector.score_one(event)
        verdict.require(same, f"{where}: a copy from bytes differs")
    except Exception as error:  # any exception is the finding itself
        verdict.violations.append(f"{where}: {error!r}")


def _flood_with_keys(detector: ClippedDetector, verdict: Verdict) -> None:
    """Offer more features than allowed: refused by name, and nothing of the event is kept."""
    flood: Event = {f"flood {number}": 1.0 for number in range(MAX_FEATURES + 1)}
    before = detector.to_bytes()
    try:
        detector.learn_one(flood)
        verdict.violations.append("more keys than max_features were accepted")
    except ValueError as error:
        verdict.require("max_features" in str(error), f"flood of keys: {error!r}")
    verdict.require(detector.to_bytes() == before, "a refused event changed the state")


def _recover(detector: ClippedDetector, source: Source, verdict: Verdict) -> None:
    """Require that ordinary events, back for good, soon score as ordinary again."""
    scores = [detector.score_learn_one(source.ordinary()) for _ in range(RECOVERY)]
    late = scores[RECOVERY * 4 // 5 :]
    verdict.ordinary_score = statistics.median(late)
    verdict.outlier_score = detector.score_one(source.outlier())
    verdict.require(0.35 <= verdict.ordinary_score <= 0.65, f"median {verdict.ordinary_score}")
    rank = float(np.quantile(late, 0.99))
    verdict.require(verdict.outlier_score > rank, f"outlier {verdict.outlier_score} <= {rank}")


def _arrays(detector: ClippedDetector) -> dict[str, FloatArray]:
    """Return the estimated arrays: public attributes whose name ends in an underscore."""
    names = [n for n in dir(detector) if n.endswith("_") and not n.startswith("_")]
    values = {name: getattr(detector, name, None) for name in names}
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
    }


def _shown(event: Event) -> str:
    return ", ".join(f"{key!r}: {reprlib.repr(value)}" for key, value in event.items())


def _is_score(value: float) -> bool:
    return isinstance(value, float) and 0.0 <= value < 1.0


def _fuzz_files(count: int, arguments: argparse.Namespace) -> None:
    """Publish what the command line made of altered files of every format."""
    verdicts = fuzz_files(count, arguments.seed)
    for verdict in verdicts:
        for violation in itertools.islice(verdict.violations, SHOWN):
            progress(f"  {verdict.name}: {violation}")
    rows: list[list[Cell]] = [
        [verdict.name, *(verdict.codes[code] for code in (0, 1, 2)), len(verdict.violations)]
        for verdict in verdicts
    ]
    columns = ("file", "exit 0", "exit 1", "exit 2", "violations")
    publish([Table("Hostile files", columns, rows)], arguments.out)
    if any(verdict.violations for verdict in verdicts):
        raise SystemExit(1)


def main() -> None:
    """Read the options, run, publish; fail when any detector broke a promise."""
    parser = options.parser(__doc__ or "")
    parser.add_argument("--seed", type=int, default=0)
    options.add_detectors(parser)
    parser.add_argument("--files", action="store_true", help="the command line, not the detectors")
    arguments = parser.parse_args()
    if arguments.files:
        _fuzz_files(50 if arguments.quick else 20_000, arguments)
        return
    count = 20_000 if arguments.quick else 1_000_000
    verdicts = []
    for kind in options.chosen(parser, ours.detector_classes(), arguments.detectors):
        progress(f"{kind.__name__}: {count:,} events on {FEATURES} features")
        verdicts.append(fuzz(kind(max_features=MAX_FEATURES), count, arguments.seed))
        for violation in itertools.islice(verdicts[-1].violations, SHOWN):
            progress(f"  {violation}")
    columns = (
        "detector",
        "events",
        "refused",
        "median score, ordinary",
        "score, outlier",
        "violations",
        "first",
    )
    publish([Table("Hostile events", columns, [v.row() for v in verdicts])], arguments.out)
    if any(verdict.violations for verdict in verdicts):
        raise SystemExit(1)


if __name__ == "__main__":
    options.run(main)
