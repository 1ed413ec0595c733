"""Servers, a water loop and a water works whose incidents people have labelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from common.data import DataError, arrays_of
from common.incidents import Watched

SERVER, LOOP, WATER = "smd_1_7", "skab", "gecco2018"
STREAMS = (SERVER, LOOP, WATER)
# The run of the water loop without an incident, and the columns that are no sensor.
ANOMALY_FREE = "anomaly-free"
NO_SENSORS = ("file", "datetime", "anomaly", "changepoint")


def load(folder: Path, name: str, limit: int | None = None) -> Watched:
    """Return one of `STREAMS`, or its first rows; a missing value is NaN.

    Raises
    ------
    DataError
        If the file is missing or damaged.
    """
    stream = _loop(folder) if name == LOOP else _archive(folder, name)
    return stream if limit is None else stream.first(limit)


def _archive(folder: Path, name: str) -> Watched:
    rows, labels = arrays_of(folder / "operations" / f"{name}.npz", ("X", "y"))
    return Watched(name, rows.astype(np.float64), labels.astype(np.int8))


def _loop(folder: Path) -> Watched:
    """Return the labelled runs one after the other, in the order of the file."""
    path = folder / "operations" / f"{LOOP}.csv.gz"
    try:
        table = pd.read_csv(path)
        table = table[~table["file"].str.startswith(ANOMALY_FREE)]
        labels = table["anomaly"].to_numpy(np.int8)
        rows = table.drop(columns=list(NO_SENSORS)).to_numpy(np.float64)
    except FileNotFoundError:
        raise DataError(f"{path} is missing: point --data at the folder of the data sets") from None
    except (KeyError, ValueError, OSError, EOFError) as error:
        raise DataError(f"{path} is damaged or not {LOOP}: {error}") from error
    return Watched(LOOP, rows, labels)
