"""Results as a Markdown table for people and as JSON for machines."""

from __future__ import annotations

import json
import math
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import clipsgd_river

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """A titled table; a row has one cell per column."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def markdown(self) -> str:
        """Return the table as Markdown, numbers right-aligned to four significant figures."""
        lines = [f"### {self.title}", "", _line(self.columns)]
        lines.append(
            "|" + "|".join("---" if i == 0 else "--:" for i in range(len(self.columns))) + "|"
        )
        lines += [_line([_text(cell) for cell in row]) for row in self.rows]
        return "\n".join(lines) + "\n"

    def records(self) -> list[dict[str, Cell]]:
        """Return one mapping of column to cell per row; NaN becomes null, which JSON can hold."""
        return [
            dict(zip(self.columns, [_finite_or_null(cell) for cell in row], strict=True))
            for row in self.rows
        ]


def publish(tables: Sequence[Table], out: Path | None) -> None:
    """Write the JSON first, so that a closed pipe cannot lose it, then print the tables."""
    measured_on = environment()
    if out is not None:
        content = {
            "environment": measured_on,
            "tables": [{"title": table.title, "rows": table.records()} for table in tables],
        }
        partial = out.with_name(out.name + ".partial")
        partial.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")
        partial.replace(out)
    versions = ", ".join(f"{name} {value}" for name, value in measured_on.items())
    sys.stdout.write("\n".join(table.markdown() for table in tables))
    sys.stdout.write(f"\nMeasured with {versions}\n")
    sys.stdout.flush()


def progress(message: str) -> None:
    """Say on standard error what is being done."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def environment() -> dict[str, str | bool]:
    """Return what a figure depends on: versions, machine, compiled kernels, BLAS overrides."""
    packages = ("clipsgd-river", "river", "scikit-learn", "numpy")
    found: dict[str, str | bool] = {name: version(name) for name in packages}
    found["python"] = platform.python_version()
    found["machine"] = platform.machine()
    found["compiled"] = bool(clipsgd_river.COMPILED)
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        if name in os.environ:
            found[name] = os.environ[name]
    return found


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return "n/a" if math.isnan(cell) else f"{cell + 0.0:.4g}"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def _finite_or_null(cell: Cell) -> Cell:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
