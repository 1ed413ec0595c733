"""The series of the Numenta Anomaly Benchmark, their windows, and what alarms are worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clipsgd_river.metrics import NAB
from common.data import DataError

PROFILES = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")
# What is published: the three profiles, and whether each file's lowest and highest value were
# known beforehand.
PUBLISHED: dict[str, tuple[float, float | None, float | None, str]] = {
    "ARTime": (74.9, 65.2, 80.4, "yes"),
    "Numenta HTM": (70.1, None, None, "yes"),
    "CAD OSE": (69.9, None, None, "yes"),
    "KNN CAD": (58.0, None, None, "not checked"),
    "Random Cut Forest": (51.7, None, None, "not checked"),
}


@dataclass(frozen=True)
class Series:
    """A file of the corpus."""

    name: str
    seconds: NDArray[np.float64]
    values: NDArray[np.float64]
    windows: NDArray[np.int64]

    @property
    def group(self) -> str:
        """Folder of the file."""
        return self.name.partition("/")[0]

    @property
    def unscored(self) -> int:
        """Events at the beginning whose alarms do not count."""
        return min(int(0.15 * len(self.values)), 750)

    def events(self) -> Iterator[dict[str, float]]:
        """Events with a time in seconds and a value."""
        for seconds, value in zip(self.seconds.tolist(), self.values.tolist(), strict=True):
            yield {"timestamp": seconds, "value": value}


def corpus(folder: Path) -> list[Series]:
    """Return all files, in the order of their names."""
    paths = sorted((folder / "nab" / "data").glob("*/*.csv.gz"))
    if not paths:
        raise DataError(f"{folder} has no nab/data/GROUP/NAME.csv.gz")
    found = []
    for path in paths:
        frame = pd.read_csv(path, parse_dates=["timestamp"])
        seconds = frame["timestamp"].to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
        values = frame["value"].to_numpy(np.float64)
        name = f"{path.parent.name}/{path.name.removesuffix('.csv.gz')}"
        found.append(Series(name, seconds, values, frame["window"].to_numpy(np.int64)))
    return found


def score(
    series: Sequence[Series],
    scores: Mapping[str, NDArray[np.float64]],
    profile: str,
    threshold: float | None = None,
) -> tuple[float, float]:
    """Return the benchmark's score of some files, and its threshold.

    Parameters
    ----------
    series, scores
        The files, and the score of each event of each file by its name.
    profile
        What alarms are worth.
    threshold
        Score from which on an event is an alarm; ``None`` for the best one of all for these files.
    """
    metric = NAB(threshold, profile)
    for one in series:
        metric.begin_series(one.unscored)
        for window, value in zip(one.windows.tolist(), scores[one.name].tolist(), strict=True):
            metric.update(window, value)
    return metric.get(), metric.best_threshold


@dataclass
class Alarms:
    """What alarms at one threshold told: windows by the first alarm's reason, and false alarms."""

    found: Counter[str]
    false: Counter[str]
    missed: list[str]


def tell(
    series: Sequence[Series],
    scores: Mapping[str, NDArray[np.float64]],
    reasons: Mapping[str, Mapping[int, str]],
    threshold: float,
) -> Alarms:
    """Count windows found and false alarms by their reason, and name the files of missed ones."""
    told = Alarms(Counter(), Counter(), [])
    for one in series:
        edges = np.flatnonzero(np.diff(np.r_[0, one.windows, 0]))
        alarms = np.flatnonzero(scores[one.name] >= threshold)
        alarms = alarms[alarms >= one.unscored]
        why = reasons[one.name]
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            if end <= one.unscored:
                continue
            inside = alarms[(alarms >= begin) & (alarms < end)]
            if len(inside):
                told.found[why.get(int(inside[0]), "")] += 1
            else:
                told.missed.append(one.name)
        for at in alarms[one.windows[alarms] == 0]:
            told.false[why.get(int(at), "")] += 1
    return told
