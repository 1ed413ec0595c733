"""What the README shows runs, and says what happens."""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import PACKAGE

from clipsgd_river import COMPILED

pytestmark = pytest.mark.either_mode

README = Path(__file__).parents[1] / "README.md"

# Puts the files of the README's example where they belong, as seen by the import system.
RUN_EXAMPLE = """
import importlib.util, pathlib, sys
import clipsgd_river.anomaly, clipsgd_river.checks

def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module

load("clipsgd_river._kernels.anomaly.laplace", sys.argv[1])
detector = load("clipsgd_river.anomaly.laplace", sys.argv[2]).ClippedLaplace()
print(*clipsgd_river.checks.check_detector(detector))
"""

BUILD_EXAMPLE = """
from Cython.Build import cythonize
from setuptools import Extension, setup

kernel = Extension(
    "clipsgd_river._kernels.anomaly.laplace",
    ["clipsgd_river/_kernels/anomaly/laplace.py"],
    extra_compile_args=["-O1", "-ffp-contract=off"],
)
setup(ext_modules=cythonize([kernel], quiet=True), script_args=["-q", "build_ext"])
"""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """Write the files of the README whose first line is their path; return their folder.

    Beside them lie the types of the kernels they build on: where an editable installation keeps
    those, Cython does not look.
    """
    for types in [*PACKAGE.glob("_kernels/**/*.pxd"), *PACKAGE.glob("_kernels/**/__init__.py")]:
        copy = tmp_path / "clipsgd_river" / types.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(types, copy)
    (tmp_path / "clipsgd_river" / "__init__.py").touch()
    fenced = re.findall(r"^```\w+\n# (clipsgd_river/\S+)\n(.*?)^```", text(), re.M | re.S)
    for path, content in fenced:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, "utf-8")
    return tmp_path


def text() -> str:
    return README.read_text("utf-8")


def names_of_passed_checks(example: Path, kernel: Path, **variables: str) -> list[str]:
    """Return the checks that the example passes, run in a process of its own."""
    detector = example / "clipsgd_river" / "anomaly" / "laplace.py"
    result = subprocess.run(
        [sys.executable, "-c", RUN_EXAMPLE, str(kernel), str(detector)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_examples_say_what_happens() -> None:
    failed, attempted = doctest.testfile(
        str(README), module_relative=False, optionflags=doctest.ELLIPSIS
    )
    assert attempted > 0
    assert failed == 0


def test_new_detector_keeps_every_promise_uncompiled(example: Path) -> None:
    kernel = example / "clipsgd_river" / "_kernels" / "anomaly" / "laplace.py"
    passed = names_of_passed_checks(example, kernel, CLIPSGD_PURE_PYTHON="1")
    assert {"check_learn_many_equals_learn_one", "check_to_bytes"} <= set(passed)


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="the kernels are not compiled")
@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ["Cython", "setuptools"])),
    reason="needs Cython and setuptools",
)
def test_new_detector_keeps_every_promise_compiled(example: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-c", BUILD_EXAMPLE],
        cwd=example,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    (kernel,) = example.glob(f"build/lib*/clipsgd_river/_kernels/anomaly/laplace{suffix}")
    passed = names_of_passed_checks(example, kernel)
    assert {"check_learn_many_equals_learn_one", "check_to_bytes"} <= set(passed)


def test_commands_are_in_the_first_screen() -> None:
    start = "\n".join(text().splitlines()[:40])
    assert 'pip install ".[cli,plot]" && clipsgd-river demo\n' in start
    assert 'pip install ".[test]" && pytest tests\n' in start


def test_linked_files_exist() -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", text())
    assert targets
    assert [target for target in targets if not (README.parent / target).exists()] == []
