"""Which folder of the package imports which: no circles, and layers know nothing of those above.

`pytest -rP tests/test_rooms.py` prints what was counted.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import PACKAGE

pytestmark = pytest.mark.either_mode

NAME = PACKAGE.name
SOURCES = sorted(PACKAGE.rglob("*.py"))
# The front door loads everything by name, on first use.
FRONT_DOOR = {NAME, f"{NAME}.__main__"}
ALWAYS, IN_A_FUNCTION, FOR_TYPES = "at import", "in a function", "for type checkers"

# What is left of circles and of imports that point upwards. These lists may only shrink.
CIRCLES_LEFT: list[set[str]] = []
UPWARDS_LEFT = {
    # Parameters that checks need; in functions.
    "alerts/_filter.py imports anomaly.z_score",
    "alerts/rules/_rule.py imports anomaly",
}

OTHERS = r"(river|sklearn|pandas|polars|pyarrow|narwhals|matplotlib|typer|rich)\b"
PUBLIC = (
    "alerts|anomaly|checks|cli|compat|datasets|drift|feature_extraction|linear_model|metrics|optim"
    "|plot|preprocessing|proba|stats|time_series"
)
# Each folder, and what it and those below it must not import.
FORBIDDEN = {
    "_kernels": rf"{OTHERS}|{NAME}\.(?!_kernels\b)",
    "_kernels.core": rf"{NAME}\._kernels\.(?!core\b)",
    "_kernels.sgd": rf"{NAME}\._kernels\.(?!(core|sgd)\b)|{NAME}\._kernels\.core\.event_loop\b",
    "_kernels.stats": rf"{NAME}\._kernels\.(?!(core|sgd|stats)\b)",
    "_kernels.proba": rf"{NAME}\._kernels\.(?!(core|sgd|stats|proba)\b)",
    "_kernels.alerts": rf"{NAME}\._kernels\.(?!(core|proba|alerts)\b)",
    "_kernels.anomaly": (
        rf"{NAME}\._kernels\.(?!(core|sgd|proba|preprocessing|time_series|anomaly)\b)"
    ),
    "_kernels.time_series": rf"{NAME}\._kernels\.(?!(core|sgd|time_series)\b)",
    "_kernels.drift": rf"{NAME}\._kernels\.(?!(core|sgd|drift)\b)",
    "_kernels.linear_model": rf"{NAME}\._kernels\.(?!(core|sgd|linear_model)\b)",
    "_kernels.feature_extraction": (
        rf"{NAME}\._kernels\.(?!(core|alerts|preprocessing|feature_extraction)\b)"
    ),
    "_kernels.preprocessing": rf"{NAME}\._kernels\.(?!(core|sgd|preprocessing)\b)",
    "_state": rf"{NAME}\.({PUBLIC}|_faces|_tables|_kernels)\b",
    "_tables": rf"{NAME}\.({PUBLIC}|_faces|_state)\b",
    "_words": rf"{NAME}\.({PUBLIC}|_faces|_tables|_state)\b",
    "_faces": rf"{NAME}\.({PUBLIC})\b",
    "alerts": rf"{NAME}\.(anomaly|drift|checks|cli|compat|datasets|metrics|plot)\b",
    "anomaly": rf"{NAME}\.(alerts|checks|cli|datasets|metrics|plot)\b"
    r"|(pandas|polars|pyarrow|matplotlib|typer)\b",
    "checks": rf"{NAME}\.(cli|plot)\b",
    "feature_extraction": rf"{NAME}\.(anomaly|drift|checks|cli|compat|datasets|metrics|plot)\b",
    "metrics": rf"{NAME}\.(anomaly|drift|checks|cli|plot)\b",
    "time_series": rf"{NAME}\.(alerts|anomaly|checks|cli|datasets|metrics|plot)\b",
    "plot": rf"{NAME}\.(cli|checks|anomaly)\b|(typer|rich)\b",
}


@dataclass(frozen=True)
class Import:
    """An import of a name, dotted in full, by a source file."""

    path: Path
    name: str
    when: str = ALWAYS


def module_of(path: Path) -> str:
    """Return the dotted name of the module that a source file is."""
    parts = (NAME, *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in SOURCES}


def nodes(tree: ast.AST, when: str = ALWAYS) -> Iterator[tuple[ast.AST, str]]:
    """Yield each node below a tree, and when its imports happen."""
    for node in ast.iter_child_nodes(tree):
        inside = when
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside = IN_A_FUNCTION
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            inside = FOR_TYPES
        yield node, inside
        yield from nodes(node, inside)


def imports_of(path: Path) -> set[Import]:
    """Return what a source file imports, wherever it does, and what its .pxd file cimports."""
    found = set()
    for node, when in nodes(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {Import(path, alias.name, when) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by a relative name"
            found |= {Import(path, f"{node.module}.{alias.name}", when) for alias in node.names}
    types = path.with_suffix(".pxd")
    if types.exists():
        cimport = re.compile(r"^from (\S+) cimport (.+)$", re.MULTILINE)
        for module, names in cimport.findall(types.read_text("utf-8")):
            found |= {Import(path, f"{module}.{name.strip()}") for name in names.split(",")}
    return found


IMPORTS = {path: imports_of(path) for path in SOURCES}


def room_of(module: str) -> str:
    """Return the folder of a module, dotted, below the package; for its root an empty name."""
    return ".".join(MODULES[module].parent.relative_to(PACKAGE).parts)


def arrows(prefix: str = "") -> dict[tuple[str, str], set[Import]]:
    """Return the imports between the rooms whose names start with `prefix`, by pair of rooms."""
    found = defaultdict(set)
    for path, imports in IMPORTS.items():
        if module_of(path) in FRONT_DOOR:
            continue
        for each in imports:
            module = each.name
            while module and module not in MODULES:
                module = module.rpartition(".")[0]
            if not module or module in FRONT_DOOR:
                continue
            pair = room_of(module_of(path)), room_of(module)
            if pair[0] != pair[1] and all(room.startswith(prefix) for room in pair):
                found[pair].add(each)
    return dict(found)


def circles(pairs: set[tuple[str, str]]) -> list[set[str]]:
    """Return the largest sets of rooms of which each can be reached from each other."""
    reached = defaultdict(set)
    for a, b in pairs:
        reached[a].add(b)
    while True:
        further = {a: bs.union(*(reached.get(b, set()) for b in bs)) for a, bs in reached.items()}
        if further == reached:
            break
        reached = further
    found = {frozenset(b for b in reached[a] if a in reached.get(b, ())) for a in reached}
    return sorted((set(each) for each in found if each), key=sorted)


def report(prefix: str) -> str:
    """Return the number of rooms, of imports between them and of circles, and the imports."""
    rooms = {room_of(module) for module in MODULES if room_of(module).startswith(prefix)}
    found = arrows(prefix)
    at_import = {pair for pair in found if any(each.when == ALWAYS for each in found[pair])}
    lines = [
        f"{prefix or NAME}: {len(rooms)} rooms, {len(found)} imports between them "
        f"({len(at_import)} of them when a module is imported), {len(circles(set(found)))} circles"
    ]
    for pair in sorted(found):
        importer, imported = (room or "(root)" for room in pair)
        kinds = sorted({each.when for each in found[pair]} - {ALWAYS})
        lines.append(f"  {importer} -> {imported}: {len(found[pair])} {', '.join(kinds)}")
    return "\n".join(lines)


@pytest.mark.parametrize("prefix", ["", "_kernels."])
def test_rooms_import_each_other_without_a_circle(prefix: str) -> None:
    print(report(prefix))  # noqa: T201 (what the module's docstring says it prints)
    left = [circle for circle in CIRCLES_LEFT if all(each.startswith(prefix) for each in circle)]
    assert circles(set(arrows(prefix))) == left


def upwards() -> set[str]:
    """Return the imports that `FORBIDDEN` forbids."""
    found = set()
    for room, forbidden in FORBIDDEN.items():
        paths = [path for path in SOURCES if f"{module_of(path)}.".startswith(f"{NAME}.{room}.")]
        assert paths, room
        for path in paths:
            for each in IMPORTS[path]:
                if re.match(forbidden, each.name):
                    module = each.name if each.name in MODULES else each.name.rpartition(".")[0]
                    importer = path.relative_to(PACKAGE).as_posix()
                    found.add(f"{importer} imports {module.removeprefix(f'{NAME}.')}")
    return found


def test_imports_point_one_way() -> None:
    assert upwards() == UPWARDS_LEFT


def test_a_circle_is_found() -> None:
    pairs = {("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")}
    assert circles(pairs) == [{"b", "c"}]
    assert circles(pairs - {("c", "b")}) == []


def test_an_import_counts_wherever_it_stands() -> None:
    tree = ast.parse(
        "import a\n"
        "if TYPE_CHECKING:\n    import b\n"
        "def f():\n    if True:\n        import c\n"
        "if typing.TYPE_CHECKING:\n    from d import e\n"
    )
    found = [when for node, when in nodes(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert found == [ALWAYS, FOR_TYPES, IN_A_FUNCTION, FOR_TYPES]
