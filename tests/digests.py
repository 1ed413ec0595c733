"""Print a digest of all that every detector and part on a kernel says and keeps, line by line.

Run by `test_compiled.py` in both modes: the lines must be the same. The argument ``defaults``
leaves it at the parameters that each has by default, ``columns`` also, on columns of every kind.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from river.base import AnomalyFilter

# The environment says that no folder is to be searched of itself.
sys.path.insert(0, str(Path(__file__).parent))

from behaviour.subjects import variants
from conftest import discover_detectors, has_kernel, with_few_components
from parts import Classifier, Part, as_detector, discover_parts

from clipsgd_river import COMPILED
from clipsgd_river.checks import _columns

EXTREMES = [1e308, -1e308, np.inf, -np.inf, 5e-324, 1e150, -0.0, 1e-160]
NAMES = ["b", 1, 3, "load", "late", "x"]


def rows() -> Any:
    """Rows with drift, a constant, a mostly constant, gaps and extremes."""
    rng = np.random.default_rng(0)
    table = rng.standard_t(2, size=(240, 6)) @ (np.eye(6) + 0.3)
    table[80:] *= 3.0
    table[:, 4] = np.where(np.arange(240) > 150, table[:, 4], 7.0)
    table[:, 5] = np.where(rng.random(240) < 0.9, 0.0, table[:, 5])
    table[rng.random(table.shape) < 0.1] = np.nan
    table[::9] = np.where(rng.random((27, 6)) < 0.4, rng.choice(EXTREMES, size=(27, 6)), table[::9])
    return table


def numbers(subject: Any, x: dict[Any, Any]) -> Iterable[float]:
    """Everything a subject says of an event."""
    if isinstance(subject, Part):
        yield from subject.numbers(x)
        return
    yield subject.distance_one(x)
    yield subject.score_one(x)
    yield from subject.explain_one(x).values()
    for band in subject.expect_one(x).values():
        yield from band
    if isinstance(subject, AnomalyFilter):
        yield from (subject.threshold_, subject.alert_rate_)
        yield subject.classify(subject.score_one(x))


def state(subject: Any) -> Any:
    """All numbers that a subject keeps."""
    if isinstance(subject, AnomalyFilter):
        return subject._state()[1]  # type: ignore[attr-defined]  # both of ours have it
    return subject._kernel.snapshot()[1]


def digest(subject: Any) -> str:
    """One hash over a stream of events, then rows."""
    found = hashlib.sha256()
    table = rows()
    for row in table[:100].tolist():
        x = {name: v for name, v in zip(NAMES, row, strict=True) if v == v or name == 3}
        found.update(np.array(list(numbers(subject, x))).tobytes())
        subject.learn_one(x)
    by_rows = subject.clone()
    if hasattr(by_rows, "learn_many"):
        by_rows.learn_many(table)
    else:
        for row in table.tolist():
            by_rows.learn_one(dict(enumerate(row)))
    for row in table[:20].tolist():
        found.update(np.array(list(numbers(by_rows, dict(enumerate(row))))).tobytes())
    if hasattr(by_rows, "score_many"):
        found.update(np.asarray(by_rows.score_many(table)).tobytes())
    for one in (subject, by_rows):
        found.update(state(getattr(one, "part", one)).tobytes())
    return found.hexdigest()


def digest_of_columns(subject: Any) -> str:
    """One hash over rows of flags, counts, mostly zero, rounded and constant columns."""
    rng = np.random.default_rng(0)
    table = np.column_stack([column.draw(rng, 300) for column in _columns.ALL])
    found = hashlib.sha256()
    if hasattr(subject, "score_learn_many"):
        found.update(np.asarray(subject.score_learn_many(table)).tobytes())
    else:
        subject.learn_many(table)
    found.update(state(getattr(subject, "part", subject)).tobytes())
    return found.hexdigest()


def subjects() -> Iterator[Any]:
    """Everything public on a kernel of ours."""
    for found in discover_detectors():
        if has_kernel(found):
            yield with_few_components(found)
    yield from discover_parts()


def main() -> None:
    """Print the mode, then a line for each subject and set of parameters."""
    sys.stdout.write(f"compiled {COMPILED}\n")
    defaults = sys.argv[1:] == ["defaults"]
    if sys.argv[1:] == ["columns"]:
        for subject in subjects():
            if hasattr(subject, "learn_many"):
                sys.stdout.write(f"{type(subject).__name__} {digest_of_columns(subject)}\n")
        return
    for subject in subjects():
        part = subject.part if isinstance(subject, Part) else subject
        for _, params in islice(variants(type(part)), 1 if defaults else None):
            try:
                varied = subject.clone(params)
                varied.learn_one({1: 1.0})
            except ValueError:
                continue  # not a choice of this class
            varied = subject.clone(params)
            name = type(subject).__name__
            sys.stdout.write(f"{name} {params} {digest(varied)}\n")
            if isinstance(varied, Classifier):
                varied = as_detector(varied.part.clone())
                varied.boundaries = (0.0, 2.0)
                sys.stdout.write(f"{name} {params} three classes {digest(varied)}\n")


if __name__ == "__main__":
    main()
