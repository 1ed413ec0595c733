"""Labelled streams from the folder of public data sets, in the order each protocol asks for."""

from __future__ import annotations

import zipfile
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
LabelArray = npt.NDArray[np.int8]
Event = dict[Hashable, Any]
"""What River calls the features of one observation."""

SUITE = (
    "shuttle",
    "http",
    "cover",
    "mammography",
    "mnist_100d",
    "pendigits",
    "satellite",
    "landsat",
    "PageBlocks",
    "SpamBase",
    "thyroid",
    "Cardiotocography",
    "fault",
    "cardio",
    "letter",
    "vowels",
    "Pima",
    "breastw",
    "Ionosphere",
)
"""The nineteen sets whose mean is quoted."""

OTHER = (
    "WBC",
    "glass",
    "Hepatitis",
    "fraud_in_time_order",
    "nsl_kdd_test",
    "http_in_time_order",
    "cover_in_file_order",
)
"""Sets kept out of the mean: small ones, and streams in the order of their source."""

# http has its first anomaly at row 201,669, so its opening rows alone could rank nothing.
HTTP_WINDOW_START = 290_000
NOT_FEATURES = ("attack", "difficulty", "y")
CATEGORIES = ("protocol_type", "service", "flag")


class DataError(ValueError):
    """A data set is missing, damaged or unknown; the message says which and what to do."""


@dataclass(frozen=True)
class Stream:
    """Rows in the order in which a detector sees them, with 1 for an anomaly and 0 otherwise."""

    name: str
    rows: FloatArray
    labels: LabelArray

    def first(self, limit: int) -> Stream:
        """Return the stream cut after `limit` rows."""
        return Stream(self.name, self.rows[:limit], self.labels[:limit])


def load(folder: Path, name: str, limit: int = 10_000) -> Stream:
    """Return one stream by its name in `SUITE` or `OTHER`, at most `limit` rows of it.

    A tabular set is permuted by `np.random.default_rng(0)` before it is cut; the names that speak
    of an order keep the order of their file.

    Raises
    ------
    DataError
        If the name is unknown, or the file is missing, damaged or lacks a column.
    """
    if name == "fraud_in_time_order":
        return _fraud(folder).first(limit)
    if name == "nsl_kdd_test":
        return nsl_kdd_one_hot(folder, name, limit)
    if name == "http_in_time_order":
        rows, labels = _arrays(folder, "http")
        window = slice(HTTP_WINDOW_START, HTTP_WINDOW_START + limit)
        return Stream(name, rows[window], labels[window])
    if name == "cover_in_file_order":
        return Stream(name, *_arrays(folder, "cover")).first(limit)
    if name not in SUITE + OTHER:
        raise DataError(f"no data set {name!r}; choose from {', '.join(SUITE + OTHER)}")
    rows, labels = _arrays(folder, name)
    order = np.random.default_rng(0).permutation(len(rows))[:limit]
    return Stream(name, rows[order], labels[order])


def in_file_order(folder: Path, name: str, limit: int) -> Stream:
    """Return at most the first `limit` rows of a set of ADBench as its file has them.

    Raises
    ------
    DataError
        If the file is missing or damaged.
    """
    return Stream(name, *_arrays(folder, name)).first(limit)


def as_events(rows: FloatArray) -> Iterator[Event]:
    """Yield each row as the dict a River model takes, keyed f0, f1, ... as River's users do.

    A missing value, NaN, is left out: River's detectors would remember it for good.
    """
    names = [f"f{position}" for position in range(rows.shape[1])]
    for row in rows:
        event: Event = dict(zip(names, row.tolist(), strict=True))
        if np.isnan(row).any():
            event = {name: value for name, value in event.items() if value == value}
        yield event


def arrays_of(path: Path, members: tuple[str, ...]) -> list[npt.NDArray[Any]]:
    """Return these arrays of an ``.npz`` file; `DataError` if it is missing or damaged."""
    try:
        # Opened here, since NumPy leaves its own file open when the archive is damaged.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return [archive[member] for member in members]
    except FileNotFoundError:
        raise DataError(f"{path} is missing: point --data at the folder of the data sets") from None
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is damaged or no data set of this suite: {error}") from error


def _arrays(folder: Path, name: str) -> tuple[FloatArray, LabelArray]:
    rows, labels = arrays_of(folder / "adbench" / f"{name}.npz", ("X", "y"))
    return rows.astype(np.float64), labels.astype(np.int8)


def _fraud(folder: Path) -> Stream:
    path = folder / "adbench" / "fraud_sample.npz"
    rows, labels, source, names = arrays_of(path, ("X", "y", "source", "feature_names"))
    # Source 2 holds ordinary rows of the first day only, which would thin out the frauds there.
    # The time orders the stream and is no property of a transaction.
    kept = rows.astype(np.float64)[source != 2][:, names != "Time"]
    return Stream("fraud_in_time_order", kept, labels.astype(np.int8)[source != 2])


def nsl_kdd_as_it_is(folder: Path, name: str, limit: int) -> tuple[list[Event], LabelArray]:
    """Return connections of NSL-KDD with their categories, in the order of the file, and labels.

    Raises
    ------
    DataError
        If the file is missing.
    """
    table = _nsl_kdd_table(folder, name)[:limit]
    features = table.drop(columns=list(NOT_FEATURES)).astype(dict.fromkeys(CATEGORIES, object))
    return features.to_dict("records"), table["y"].to_numpy(dtype=np.int8)


def nsl_kdd_one_hot(folder: Path, name: str, limit: int) -> Stream:
    """Return the same connections, a column of zeros and ones for each category.

    Raises
    ------
    DataError
        If the file is missing.
    """
    table = _nsl_kdd_table(folder, name)
    features = pd.get_dummies(table.drop(columns=list(NOT_FEATURES)), columns=list(CATEGORIES))
    rows, labels = features.to_numpy(dtype=np.float64), table["y"].to_numpy(dtype=np.int8)
    return Stream(name, rows, labels).first(limit)


def _nsl_kdd_table(folder: Path, name: str) -> pd.DataFrame:
    path = folder / f"{name}.csv.gz"
    if not path.is_file():
        raise DataError(f"{path} is missing: point --data at the folder that holds it")
    return pd.read_csv(path)
