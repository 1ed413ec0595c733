"""One object belongs to one thread; sharing it may fail, but never takes the process down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import discover_detectors
from parts import discover_parts

from clipsgd_river import COMPILED
from clipsgd_river._state.saveable import Saveable

pytestmark = [
    pytest.mark.either_mode,
    pytest.mark.skipif(not COMPILED, reason="plain Python cannot crash the interpreter"),
]

NAMES = sorted(
    {type(detector).__name__ for detector in discover_detectors() if isinstance(detector, Saveable)}
    | {type(part).__name__ for part in discover_parts()}
)
# Each process imports all there is, so it takes several classes.
BATCHES = [NAMES[first::4] for first in range(4)]


def share(seconds: float, names: list[str]) -> None:
    script = Path(__file__).with_name("shared_by_threads.py")
    finished = subprocess.run(
        [sys.executable, "-X", "faulthandler", str(script), str(seconds), *names],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr


def test_sharing_an_object_for_a_moment_cannot_crash_the_interpreter() -> None:
    share(0.1, NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("names", BATCHES, ids="-".join)
def test_sharing_an_object_cannot_crash_the_interpreter(names: list[str]) -> None:
    share(0.8, names)
