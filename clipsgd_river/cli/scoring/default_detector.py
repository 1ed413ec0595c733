"""Which detector runs where none is named: a rule on what the columns hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from clipsgd_river.cli.input.columns.kinds import Kind
from clipsgd_river.cli.input.columns.roles import Column, Role
from clipsgd_river.cli.terminal.text import listed

#: The one to start with; it stands in for what does not exist yet.
STAND_IN: Final = "ClippedEnsemble"
#: The one that each value of a key has, where there are but numbers.
OF_KEYS: Final = "ClippedZScore"
#: What `--detector` may name, for the help, which shall not wait for the import of them.
NAMES: Final = (
    "ClippedEnsemble",
    "ClippedKernelMean",
    "ClippedMahalanobis",
    "ClippedNeighbours",
    "ClippedOneClassSVM",
    "ClippedProjections",
    "ClippedSubspace",
    "ClippedSurprisal",
    "ClippedTimeSeries",
    "ClippedZScore",
    "TransformationDetector",
)
RULE: Final = (
    "Where none is named, ClippedTimeSeries runs on a time and one number, ClippedSurprisal where "
    "there is text or at least half of the columns are flags or counts, and otherwise "
    "ClippedEnsemble, or ClippedZScore for each value of --by. "
    "Of the others, all are behind SurprisalEncoder where there is text."
)
_MANY_FEATURES: Final = 200


def default_detector(
    columns: Collection[Column],
    known: Collection[str],
    time: str | None,
    *,
    by_key: bool = False,
) -> str:
    """Return the name of the detector for some columns.

    Parameters
    ----------
    columns
        Those of the stream.
    known
        Names of the detectors that there are.
    time
        The column that was named as the time.
    by_key
        Whether each value of a key has one: many of them, most with a short history.

    Examples
    --------
    >>> default_detector([], known=["ClippedEnsemble"], time=None)
    'ClippedEnsemble'
    """
    wanted = STAND_IN
    kinds = [column.look.kind for column in columns if column.role is not Role.LEFT_OUT]
    has_time = time is not None or any(column.look.kind is Kind.TIME for column in columns)
    discrete = sum(kind in (Kind.FLAG, Kind.COUNT) for kind in kinds)
    has_categories = any(column.role is Role.CATEGORY for column in columns)
    if has_time and len(kinds) == 1 and not has_categories:
        wanted = "ClippedTimeSeries"
    elif has_categories or (kinds and 2 * discrete >= len(kinds)):
        wanted = "ClippedSurprisal"
    if by_key and wanted != "ClippedSurprisal":
        wanted = OF_KEYS
    return wanted if wanted in known else STAND_IN


class Understood(NamedTuple):
    """What a run makes of its columns."""

    detector: str
    #: What is before it; empty where nothing is.
    encoder: str
    columns: Collection[Column]

    def without(self, name: str | None) -> Understood:
        """Leave a column out of what is said of columns, as one of which more is to be said."""
        return self._replace(columns=[each for each in self.columns if each.name != name])

    def line(self) -> str:
        """Say which detector runs on which columns, in one line."""
        found = {
            "numbers": self._names(Role.NUMBER),
            "categories": self._names(Role.CATEGORY),
            "no value yet": self._names(Role.OPEN),
        }
        parts = [f"{what} {listed(names)}" for what, names in found.items() if names]
        left_out = self._names(Role.LEFT_OUT)
        if left_out:
            parts.append(f"left out {listed(left_out)}")
        behind = f" behind {self.encoder}" if self.encoder else ""
        return f"{self.detector}{behind} on " + ("; ".join(parts) or "no column yet")

    def hint(self) -> str | None:
        """Return a word on what may be better: for numbers over time, or where columns are many."""
        features = len(self._names(Role.NUMBER)) + len(self._names(Role.CATEGORY))
        has_time = any(column.look.kind is Kind.TIME for column in self.columns)
        if self.detector == STAND_IN and has_time and features < _MANY_FEATURES:
            return (
                "for values measured over time, --detector timeseries judges each by its own "
                "course: its seasons, values that freeze or do not come"
            )
        if features < _MANY_FEATURES or self.detector == "ClippedZScore":
            return None
        return (
            f"{self.detector} takes time with {features:,} columns: --detector zscore is faster, "
            "and so are fewer columns with --only"
        )

    def _names(self, role: Role) -> list[str]:
        return [column.name for column in self.columns if column.role is role]


def list_of_detectors(names: Iterable[str] = NAMES) -> str:
    """Return the names of detectors as the option takes them.

    Examples
    --------
    >>> list_of_detectors(["ClippedZScore", "TransformationDetector"])
    'zscore, transformationdetector'
    """
    return ", ".join(name.lower().removeprefix("clipped") for name in names)
