"""What is installed, what it imports, and that no file was forgotten."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import PACKAGE

import clipsgd_river

ROOT = Path(__file__).parents[1]
KERNELS = PACKAGE / "_kernels"
SOURCES = sorted(PACKAGE.rglob("*.py"))
COMPILED_SUFFIXES = (".so", ".pyd")


@pytest.fixture(scope="module")
def wheel() -> list[str]:
    """Return the names in the wheel that CLIPSGD_WHEEL names; skip where there is none."""
    path = os.environ.get("CLIPSGD_WHEEL")
    if not path:
        pytest.skip("needs a built wheel: set CLIPSGD_WHEEL to its path")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def compiled_kernels() -> set[str]:
    """Return the dotted names, below `_kernels`, of the modules that the build compiles.

    A .pxd file beside a source is what asks for it.
    """
    return {dotted(path) for path in KERNELS.rglob("*.pxd")}


def dotted(path: Path) -> str:
    """Return the name of a kernel module below `_kernels`."""
    return ".".join(path.relative_to(KERNELS).with_suffix("").parts)


def run_python(program: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )


def test_version_is_that_of_the_source() -> None:
    assert importlib.metadata.version("clipsgd-river") == clipsgd_river.__version__


def test_show_versions_names_what_a_report_needs(capsys: pytest.CaptureFixture[str]) -> None:
    clipsgd_river.show_versions()
    lines = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["clipsgd-river"] == clipsgd_river.__version__
    assert lines["compiled"] == str(clipsgd_river.COMPILED)
    assert lines["river"] == importlib.metadata.version("river")


def test_a_copy_of_the_sources_runs_without_an_installation(tmp_path: Path) -> None:
    unbuilt = shutil.ignore_patterns("__pycache__", *(f"*{suffix}" for suffix in COMPILED_SUFFIXES))
    shutil.copytree(PACKAGE, tmp_path / "clipsgd_river", ignore=unbuilt)
    program = """
import importlib.metadata as metadata

def version(name, known=metadata.version):
    if name == "clipsgd-river":
        raise metadata.PackageNotFoundError(name)
    return known(name)

metadata.version = version
import clipsgd_river
from clipsgd_river.anomaly import ClippedZScore

detector = ClippedZScore()
detector.learn_many([[0.0], [1.0], [0.5]])
print(clipsgd_river.__path__[0], detector.score_one({0: 50.0}) > 0.5)
clipsgd_river.show_versions()
"""
    result = run_python(program, PYTHONPATH=str(tmp_path), CLIPSGD_PURE_PYTHON="0")
    lines = result.stdout.splitlines()
    assert lines[0] == f"{tmp_path / 'clipsgd_river'} True"
    assert lines[1:3] == [f"clipsgd-river: {clipsgd_river.__version__}", "compiled: False"]
    assert result.stderr.count("RuntimeWarning: clipsgd_river runs uncompiled") == 1


def test_a_compiler_that_fails_costs_one_warning_and_no_translation(tmp_path: Path) -> None:
    pytest.importorskip("Cython", reason="the build needs Cython")
    if int(importlib.metadata.version("setuptools").split(".")[0]) < 77:
        pytest.skip("the build needs setuptools 77 or later")
    shutil.copytree(
        PACKAGE,
        tmp_path / "clipsgd_river",
        ignore=shutil.ignore_patterns("__pycache__", "*.c", "*.so"),
    )
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    result = subprocess.run(
        [sys.executable, "setup.py", "build_ext"],
        cwd=tmp_path,
        env={**os.environ, "CC": "false"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (result.stdout + result.stderr).count("no C compiler works") == 1
    assert [path.name for path in tmp_path.rglob("*.c")] == ["probe.c"]


def test_changelog_starts_with_unreleased() -> None:
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert heads[0] == "[Unreleased]"


def test_every_kernel_with_types_has_a_source_and_the_other_way_round() -> None:
    sources = {dotted(path): path.read_text("utf-8") for path in KERNELS.rglob("*.py")}
    compiled = compiled_kernels()
    assert compiled <= sources.keys()
    uncompiled = {name for name in sources.keys() - compiled if "cython.p_" in sources[name]}
    assert uncompiled == set(), "kernels with C types that the build does not compile"


def test_kernels_are_compiled_all_or_none() -> None:
    for name in sorted(compiled_kernels()):
        module = importlib.import_module(f"clipsgd_river._kernels.{name}")
        compiled = str(module.__file__).endswith(COMPILED_SUFFIXES)
        assert compiled == clipsgd_river.COMPILED, module.__file__


def test_kernels_are_compiled_to_round_as_python_does() -> None:
    build = (ROOT / "setup.py").read_text("utf-8")
    # Contraction would round differently from Python.
    assert '"-ffp-contract=off"' in build
    # Errors that C ignores and Python raises must be guarded for, so these stay off.
    assert "fast-math" not in build
    assert "-Ofast" not in build


def test_types_are_published() -> None:
    assert (PACKAGE / "py.typed").is_file()


def test_wheel_holds_the_package_and_nothing_else(wheel: list[str]) -> None:
    held = {name for name in wheel if name.startswith("clipsgd_river/")}
    others = {name.split("/")[0] for name in wheel} - {"clipsgd_river"}
    assert others == {f"clipsgd_river-{clipsgd_river.__version__}.dist-info"}
    kinds = (".py", ".pxd", ".html", ".css", ".js", ".typed", *COMPILED_SUFFIXES)
    assert [name for name in held if not name.endswith(kinds)] == []
    installed = {
        f"clipsgd_river/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.suffix in kinds or path.name == "py.typed"
    }
    assert held == installed
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)


def test_wheel_holds_every_compiled_kernel(wheel: list[str]) -> None:
    prefix = "clipsgd_river/_kernels/"
    found = {
        name.removeprefix(prefix).split(".")[0].replace("/", ".")
        for name in wheel
        if name.endswith(COMPILED_SUFFIXES)
    }
    assert found == (compiled_kernels() if clipsgd_river.COMPILED else set())


def test_import_is_light() -> None:
    program = "import sys, json, clipsgd_river; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(run_python(program).stdout))
    heavy = {"river", "sklearn", "scipy", "pandas", "polars", "pyarrow", "matplotlib"}
    assert loaded & (heavy | {"typer", "rich", "pyspark"}) == set()


def test_detectors_need_no_extra() -> None:
    program = (
        "import sys, json, clipsgd_river.anomaly, clipsgd_river.checks;"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = set(json.loads(run_python(program).stdout))
    assert loaded & {"river.anomaly", "matplotlib", "typer", "rich", "pyspark", "pytest"} == set()


def test_subpackages_are_listed_and_load_on_use() -> None:
    for name in clipsgd_river.__all__:
        assert getattr(clipsgd_river, name) is not None
    assert dir(clipsgd_river) == sorted(clipsgd_river.__all__)
    with pytest.raises(AttributeError, match="no attribute 'anomalies'"):
        clipsgd_river.anomalies  # noqa: B018


def test_uncompiled_kernels_are_asked_for_without_a_warning() -> None:
    program = "import clipsgd_river; print(clipsgd_river.COMPILED)"
    result = run_python(program, CLIPSGD_PURE_PYTHON="1")
    assert (result.stdout, result.stderr) == ("False\n", "")


@pytest.mark.skipif(
    any(path.suffix in COMPILED_SUFFIXES for path in KERNELS.rglob("*")),
    reason="there are compiled kernels",
)
def test_missing_kernels_warn_once() -> None:
    program = "import clipsgd_river, clipsgd_river.anomaly"
    result = run_python(program, CLIPSGD_PURE_PYTHON="0")
    assert result.stderr.count("RuntimeWarning: clipsgd_river runs uncompiled") == 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 500
