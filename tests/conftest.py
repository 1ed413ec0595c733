"""What every test may use: the detectors there are, and the folder with the data."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from river import base

from clipsgd_river import anomaly


def discover_detectors() -> Iterator[Any]:
    """Yield an instance of every public detector, one for each set of parameters it names.

    A new class in `clipsgd_river.anomaly` is thereby tested from the day it is written. River's
    hook `_unit_test_params` gives the parameters of a class that cannot do without.
    """
    for name in anomaly.__all__:
        cls = getattr(anomaly, name)
        if (
            inspect.isclass(cls)
            and issubclass(cls, base.AnomalyDetector | base.SupervisedAnomalyDetector)
            and cls is not anomaly.ClippedDetector
        ):
            for params in cls._unit_test_params():
                yield cls(**params)


def name_of(value: Any) -> str:
    """Return a readable test id: a function's name or a detector's representation."""
    return getattr(value, "__name__", None) or " ".join(repr(value).split())


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder the environment variable CLIPSGD_DATA names; skip where there is none."""
    folder = os.environ.get("CLIPSGD_DATA")
    if not folder:
        pytest.skip("needs the data sets: set CLIPSGD_DATA to the folder they are in")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"CLIPSGD_DATA is {folder!r}, which is no folder")
    return path
