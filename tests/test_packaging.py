"""What is installed, what it imports, and that no file was forgotten."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from conftest import PACKAGE

import clipsgd_river

ROOT = Path(__file__).parents[1]
KERNELS = PACKAGE / "_kernels"
SOURCES = sorted(PACKAGE.rglob("*.py"))
COMPILED_SUFFIXES = (".so", ".pyd")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """Return the content of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def wheel() -> list[str]:
    """Return the names in the wheel that CLIPSGD_WHEEL names; skip where there is none."""
    path = os.environ.get("CLIPSGD_WHEEL")
    if not path:
        pytest.skip("needs a built wheel: set CLIPSGD_WHEEL to its path")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def compiled_kernels(project: dict[str, Any]) -> set[str]:
    """Return the names of the kernel modules that the build compiles."""
    modules = project["tool"]["setuptools"]["ext-modules"]
    return {module["name"].rpartition(".")[2] for module in modules}


def run_python(program: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )


def imports_of(path: Path) -> set[str]:
    """Return the dotted names of all modules that a source file imports, wherever it does."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inside = ("clipsgd_river", *path.relative_to(PACKAGE).parent.parts)
            start = ".".join(inside[: len(inside) + 1 - node.level]) if node.level else ""
            module = ".".join(filter(None, [start, node.module]))
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


def test_version_is_that_of_the_project(project: dict[str, Any]) -> None:
    assert clipsgd_river.__version__ == project["project"]["version"]
    assert importlib.metadata.version("clipsgd-river") == clipsgd_river.__version__


def test_show_versions_names_what_a_report_needs(capsys: pytest.CaptureFixture[str]) -> None:
    clipsgd_river.show_versions()
    lines = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["clipsgd-river"] == clipsgd_river.__version__
    assert lines["compiled"] == str(clipsgd_river.COMPILED)
    assert lines["river"] == importlib.metadata.version("river")


def test_changelog_starts_with_unreleased() -> None:
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert heads[0] == "[Unreleased]"


def test_every_kernel_has_its_types_and_is_compiled(project: dict[str, Any]) -> None:
    sources = {path.stem for path in KERNELS.glob("*.py")} - {"__init__"}
    types = {path.stem for path in KERNELS.glob("*.pxd")}
    compiled = compiled_kernels(project)
    assert types == compiled, "a .pxd file and an entry in ext-modules belong together"
    assert compiled <= sources
    uncompiled = {name for name in sources - compiled if "cython.p" in text_of_kernel(name)}
    assert uncompiled == set(), "kernels with C types that the build does not compile"


def text_of_kernel(name: str) -> str:
    return (KERNELS / f"{name}.py").read_text("utf-8")


def test_kernels_are_compiled_all_or_none(project: dict[str, Any]) -> None:
    for name in sorted(compiled_kernels(project)):
        module = importlib.import_module(f"clipsgd_river._kernels.{name}")
        compiled = str(module.__file__).endswith(COMPILED_SUFFIXES)
        assert compiled == clipsgd_river.COMPILED, module.__file__


def test_kernels_are_built_alike(project: dict[str, Any]) -> None:
    for module in project["tool"]["setuptools"]["ext-modules"]:
        name = module["name"].rpartition(".")[2]
        assert module["sources"] == [f"clipsgd_river/_kernels/{name}.py"]
        assert module["optional"] is True
        # Contraction would round differently from Python.
        assert "-ffp-contract=off" in module["extra-compile-args"]
        # Errors that C ignores and Python raises must be guarded for, so these stay off.
        assert not {"-ffast-math", "-Ofast"} & set(module["extra-compile-args"])


def test_types_are_published() -> None:
    assert (PACKAGE / "py.typed").is_file()


def test_wheel_holds_the_package_and_nothing_else(wheel: list[str]) -> None:
    held = {name for name in wheel if name.startswith("clipsgd_river/")}
    others = {name.split("/")[0] for name in wheel} - {"clipsgd_river"}
    assert others == {f"clipsgd_river-{clipsgd_river.__version__}.dist-info"}
    kinds = (".py", ".pxd", ".html", ".typed", *COMPILED_SUFFIXES)
    assert [name for name in held if not name.endswith(kinds)] == []
    installed = {
        f"clipsgd_river/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.suffix in kinds or path.name == "py.typed"
    }
    assert held == installed
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)


def test_wheel_holds_every_compiled_kernel(wheel: list[str], project: dict[str, Any]) -> None:
    found = {Path(name).name.split(".")[0] for name in wheel if name.endswith(COMPILED_SUFFIXES)}
    assert found == (compiled_kernels(project) if clipsgd_river.COMPILED else set())


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
    any(path.suffix in COMPILED_SUFFIXES for path in KERNELS.iterdir()),
    reason="there are compiled kernels",
)
def test_missing_kernels_warn_once() -> None:
    program = "import clipsgd_river, clipsgd_river.anomaly"
    result = run_python(program, CLIPSGD_PURE_PYTHON="0")
    assert result.stderr.count("RuntimeWarning: clipsgd_river runs uncompiled") == 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 500


# Each part of the package, and what it must not import: layers know nothing of those above them.
FORBIDDEN = {
    "_kernels": r"(river|sklearn|pandas|polars|pyarrow|narwhals)\b|clipsgd_river\.(?!_kernels\b)",
    "anomaly": r"clipsgd_river\.(checks|cli|plot)\b|(pandas|polars|pyarrow|matplotlib|typer)\b",
    "plot": r"clipsgd_river\.(cli|checks)\b|(typer|rich)\b",
    "checks": r"clipsgd_river\.(cli|plot)\b",
}


@pytest.mark.parametrize("part", FORBIDDEN)
def test_imports_point_one_way(part: str) -> None:
    paths = [path for path in SOURCES if path.relative_to(PACKAGE).parts[0] == part]
    assert paths
    upwards = {
        f"{path.name} imports {name}"
        for path in paths
        for name in imports_of(path)
        if re.match(FORBIDDEN[part], name)
    }
    assert upwards == set()
