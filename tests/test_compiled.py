"""Compiled and uncompiled kernels give the same bits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import discover_detectors, has_kernel
from parts import discover_parts

from clipsgd_river import COMPILED

pytestmark = pytest.mark.either_mode


def digests(pure_python: str, choices: str) -> list[str]:
    finished = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("digests.py")), choices],
        env={**os.environ, "CLIPSGD_PURE_PYTHON": pure_python},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()


@pytest.mark.skipif(not COMPILED, reason="the kernels are not compiled here: nothing to compare")
@pytest.mark.parametrize("choices", ["defaults", pytest.param("all", marks=pytest.mark.slow)])
def test_compiled_and_uncompiled_kernels_agree_to_the_last_bit(choices: str) -> None:
    compiled, uncompiled = digests("0", choices), digests("1", choices)
    assert compiled[0] == "compiled True"
    assert uncompiled[0] == "compiled False"
    assert compiled[1:] == uncompiled[1:]
    wanted = {type(part).__name__ for part in discover_parts()}
    wanted |= {type(d).__name__ for d in discover_detectors() if has_kernel(d)}
    lines = [line.split()[0] for line in compiled[1:]]
    # The defaults, and at least one choice.
    assert all(lines.count(name) >= (2 if choices == "all" else 1) for name in wanted)


@pytest.mark.skipif(not COMPILED, reason="the kernels are not compiled here: nothing to compare")
def test_they_agree_on_columns_that_repeat() -> None:
    compiled, uncompiled = digests("0", "columns"), digests("1", "columns")
    assert compiled[0] == "compiled True"
    assert uncompiled[0] == "compiled False"
    assert compiled[1:] == uncompiled[1:]
    assert {"ClippedScaler", "ClippedZScore"} <= {line.split()[0] for line in compiled[1:]}
