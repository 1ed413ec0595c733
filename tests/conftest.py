"""What every test may use: the detectors there are, and the folder with the data."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from river import base

import clipsgd_river
from clipsgd_river import alerts, anomaly
from clipsgd_river._faces.kernel_owner import KernelOwner
from clipsgd_river.alerts import rules
from clipsgd_river.linear_model import ClippedLinearRegression, ClippedLogisticRegression
from clipsgd_river.preprocessing import ClippedScaler, SurprisalEncoder

PACKAGE = Path(clipsgd_river.__file__).parent
TESTS = Path(__file__).parent
BENCHMARKS = TESTS.parent / "benchmarks"
Load = Callable[[str], ModuleType]
DETECTORS = base.AnomalyDetector | base.SupervisedAnomalyDetector | base.AnomalyFilter
# Folders whose tests run no kernel that tests elsewhere do not run.
EITHER_MODE = {"cli", "plot"}
CHANGE_POINTS = {"ClippedOCPD", "ChangeAwareDetector"}


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Use every core for a folder of tests; a few files are done sooner in this process.

    Does nothing where pytest-xdist is missing, or where -n, --dist or --tx says what is wanted.
    """
    option = config.option
    if (
        getattr(option, "numprocesses", 0) is None
        and (option.dist, option.tx) == ("no", [])
        and not (option.collectonly or hasattr(config, "workerinput"))
        and any(Path(arg).is_dir() for arg in config.args)
    ):
        # Neighbours stay in one process as long as it can be, and share what a module prepares.
        option.numprocesses, option.dist = "auto", "worksteal"


def pytest_configure() -> None:
    """Refuse to test a source tree that lies in the way of the installed package."""
    # A child started in the root of a clone must not import the source tree either.
    os.environ["PYTHONSAFEPATH"] = "1"
    if not clipsgd_river.COMPILED:
        # Where no compiler was, it has been said by now; no child need say it again.
        os.environ["CLIPSGD_PURE_PYTHON"] = "1"
    source = TESTS.parent / "clipsgd_river"
    if source == PACKAGE and not installed_editable():
        raise pytest.UsageError(
            f"the tests would run against the source tree {PACKAGE}, not against the installed "
            "package: start them with 'pytest tests' ('python -m pytest' and PYTHONPATH put the "
            "current folder first), or install with 'pip install --editable'"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what need not be run again with uncompiled kernels, by its folder."""
    for item in items:
        if EITHER_MODE & set(item.path.parts[len(TESTS.parts) :]):
            item.add_marker("either_mode")


def installed_editable() -> bool:
    """Tell whether the installation points at a source tree."""
    origin = importlib.metadata.distribution("clipsgd-river").read_text("direct_url.json")
    return bool(json.loads(origin or "{}").get("dir_info", {}).get("editable", False))


def discover_detectors() -> Iterator[Any]:
    """Yield every public detector and alert filter, one for each set of parameters it names.

    A new class in `clipsgd_river.anomaly`, `alerts` or `alerts.rules` is thereby tested from the
    day it is written. River's hook `_unit_test_params` gives the parameters of a class that cannot
    do without. Uncompiled, those with random features or samples of events have fewer of them: the
    time goes with their number, the promises do not.
    """
    for room in (anomaly, alerts, rules):
        for cls in (getattr(room, name) for name in room.__all__):
            if (
                inspect.isclass(cls)
                and issubclass(cls, DETECTORS)
                and cls is not anomaly.ClippedDetector
            ):
                for params in cls._unit_test_params():
                    detector = cls(**params)
                    yield detector if clipsgd_river.COMPILED else with_few_components(detector)


def models_and_transformers() -> Iterator[Any]:
    """Yield what else is an estimator of River and scikit-learn in one."""
    yield ClippedLinearRegression()
    yield ClippedLogisticRegression()
    yield ClippedScaler()
    yield ClippedScaler(squash=True, learning_rate=0.05, clip="growing")
    for params in SurprisalEncoder._unit_test_params():
        yield SurprisalEncoder(**params)


def has_kernel(detector: Any) -> bool:
    """Whether what a detector says and keeps is computed by kernels of ours alone."""
    return isinstance(detector, KernelOwner | base.AnomalyFilter)


def promise(owner: Any, check: Any) -> Any:
    """Return what is to keep a promise, and the check of it, as parameters of a test.

    Uncompiled, those of change points take minutes. Their own tests run in both modes, and
    `test_compiled.py` compares the modes bit for bit.
    """
    long = not clipsgd_river.COMPILED and type(owner).__name__ in CHANGE_POINTS
    return pytest.param(owner, check, marks=pytest.mark.slow if long else ())


def with_few_components(detector: Any) -> Any:
    """Give a detector on random features, or on a sample of events, few of them."""
    for name, few in (("n_components", 12), ("n_projections", 12), ("reservoir_size", 16)):
        if isinstance(getattr(detector, name, None), int):
            detector.set_params(**{name: few})
    return detector


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


@pytest.fixture(scope="module")
def script() -> Iterator[Load]:
    """Import a module of the benchmarks folder as its scripts do, and forget it afterwards."""
    if not BENCHMARKS.is_dir():
        pytest.skip("the benchmarks folder is not part of an installed package")
    before = set(sys.modules)
    sys.path.insert(0, str(BENCHMARKS))
    yield importlib.import_module
    sys.path.remove(str(BENCHMARKS))
    for name in set(sys.modules) - before:
        if str(BENCHMARKS) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def run_script(
    script: Load, name: str, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run a benchmark as from the command line."""
    monkeypatch.setattr(sys, "argv", [name, *options])
    module = script(name)
    script("common.options").run(module.main)
