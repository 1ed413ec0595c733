"""Where Cython is missing, what stands in for it has every name that a kernel uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PACKAGE

from clipsgd_river._kernels.core import _shim

pytestmark = pytest.mark.either_mode

# Compiled kernels alone take addresses, in one function of `buffers`.
COMPILED_ALONE = {"address", "declare"}
KERNELS = sorted((PACKAGE / "_kernels").rglob("*.py"))


def evaluated(node: ast.AST) -> Iterator[str]:
    """Names of the module ``cython`` that Python looks up: not in annotations, nor for C alone."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "cython.compiled":
        for other in node.orelse:
            yield from evaluated(other)
        return
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "cython":
        yield node.attr
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from evaluated(child)


def names_in(source: str) -> set[str]:
    return set(evaluated(ast.parse(source)))


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.stem)
def test_every_name_is_there(path: Path) -> None:
    missing = {name for name in names_in(path.read_text("utf-8")) if not hasattr(_shim, name)}
    assert missing == (COMPILED_ALONE if path.stem == "buffers" else set())


def test_names_are_found() -> None:
    assert names_in("x: cython.double = cython.cast(cython.int, y)") == {"cast", "int"}
    assert names_in("if cython.compiled:\n    cython.address(x)\nelse:\n    cython.declare(x)") == {
        "declare"
    }
    assert {"cast", "compiled", "longlong"} <= set().union(
        *(names_in(path.read_text("utf-8")) for path in KERNELS)
    )


def test_a_cast_is_that_of_c() -> None:
    assert (_shim.cast(_shim.int, 3.7), _shim.cast(_shim.longlong, -3.7)) == (3, -3)
    assert isinstance(_shim.cast(_shim.int, 3.0), int)
