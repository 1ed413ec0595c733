"""The detectors that docs/add_a_detector.md adds keep every promise."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PACKAGE

from clipsgd_river import COMPILED

pytestmark = pytest.mark.either_mode

ROOT = Path(__file__).parents[1]
PUBLIC_NAMES = "clipsgd_river/anomaly/__init__.py"

CHECK = """
from clipsgd_river import anomaly, checks

for detector in (anomaly.ClippedLaplace(), anomaly.ClippedLogZScore()):
    print(*checks.check_detector(detector))
"""

BUILD = """
from Cython.Build import cythonize
from setuptools import Extension, setup

kernels = [
    Extension(
        f"clipsgd_river._kernels.anomaly.{name}",
        [f"clipsgd_river/_kernels/anomaly/{name}.py"],
        extra_compile_args=["-O1", "-ffp-contract=off"],
    )
    for name in ("laplace", "log_z_score")
]
setup(ext_modules=cythonize(kernels, quiet=True), script_args=["-q", "build_ext", "--inplace"])
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Put the files of the page, which begin with their paths, beside links to the package's."""
    for original in PACKAGE.rglob("*"):
        if original.is_file() and "__pycache__" not in original.parts:
            link = tmp_path / "clipsgd_river" / original.relative_to(PACKAGE)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(original)
    page = (ROOT / "docs" / "add_a_detector.md").read_text("utf-8")
    public_names = (PACKAGE / "anomaly" / "__init__.py").read_text("utf-8")
    for path, content in re.findall(r"^```\w+\n# (\S+\.\w+)\n(.*?)^```", page, re.M | re.S):
        if path == PUBLIC_NAMES:
            imported = content.splitlines()[0]
            public_names += f"{imported}\n__all__ += [{imported.split()[-1]!r}]\n"
        else:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content, "utf-8")
    (tmp_path / PUBLIC_NAMES).unlink()
    (tmp_path / PUBLIC_NAMES).write_text(public_names, "utf-8")
    return tmp_path


def run(project: Path, *arguments: str, **variables: str) -> str:
    """Run Python where the package is that of the project."""
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def run_checks(project: Path, **variables: str) -> None:
    """Run all checks on the detectors."""
    passed = run(project, "-c", CHECK, **variables).splitlines()
    assert len(passed) == 2
    for names in passed:
        assert {"check_learn_many_equals_learn_one", "check_to_bytes"} <= set(names.split())


def run_tests(project: Path, **variables: str) -> None:
    """Run the tests that the page shows."""
    assert "2 passed" in run(
        project, "-m", "pytest", "-p", "no:cacheprovider", "tests", **variables
    )


def test_new_detectors_do_what_their_formulas_say(project: Path) -> None:
    run_tests(project, CLIPSGD_PURE_PYTHON="1")


@pytest.mark.slow
def test_new_detectors_keep_every_promise_uncompiled(project: Path) -> None:
    run_checks(project, CLIPSGD_PURE_PYTHON="1")


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="the kernels are not compiled")
@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ["Cython", "setuptools"])),
    reason="needs Cython and setuptools",
)
def test_new_detectors_keep_every_promise_compiled(project: Path) -> None:
    run(project, "-c", BUILD)
    assert list(project.glob("clipsgd_river/_kernels/anomaly/log_z_score.*.*"))
    run_tests(project)
    run_checks(project)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="needs mypy")
def test_new_detectors_are_typed(project: Path) -> None:
    new = [str(path) for path in project.rglob("*.py") if not path.is_symlink()]
    assert len(new) == 7
    run(project, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), *new)
