"""How the tests call the command line: within this process, or as a process of its own."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("typer", reason="the command line needs typer and rich")
pytest.importorskip("rich", reason="the command line needs typer and rich")

from typer.testing import CliRunner

from clipsgd_river.cli.app import app

COLUMNS = ("cpu", "memory", "disk")

# What a process does before it becomes the command line. Under nohup, or in the background of a
# shell, signals are ignored, and a child would go on ignoring those that a test sends it.
PREPARE = """
import os, signal, sys
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
largest_file = int(sys.argv[1])
if largest_file:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
os.execv(sys.executable, [sys.executable, "-m", "clipsgd_river", *sys.argv[2:]])
"""


class Result(NamedTuple):
    """What a call gave back."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, str]]:
        """The CSV on standard output."""
        return csv_rows(self.out)

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The JSON lines on standard output, which must be strict JSON."""
        return json_objects(self.out)


def call(*args: str | Path, stdin: str | bytes | None = None) -> Result:
    """Run the command line in this process."""
    result = CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Result(result.exit_code, result.stdout, result.stderr)


def start(*args: str | Path, largest_file: int = 0, **pipes: Any) -> subprocess.Popen[bytes]:
    """Start the command line as a process with pipes, that heeds signals whoever started us."""
    command = [sys.executable, "-I", "-S", "-c", PREPARE, str(largest_file), *map(str, args)]
    ours = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command, **{**ours, **pipes})


def csv_rows(text: str) -> list[dict[str, str]]:
    """Parse CSV, every row of which must be whole."""
    rows = list(csv.DictReader(io.StringIO(text), restkey="?"))
    assert all("?" not in row and None not in row.values() for row in rows)
    return rows


def json_objects(text: str) -> list[dict[str, Any]]:
    """Parse JSON lines, every line of which must be whole and strict JSON."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no strict JSON")

    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]


def new_alerts(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a file of alerts that tell of new incidents."""
    return [line for line in json_objects(path.read_text("utf-8")) if line["status"] == "new"]


def ordinary_rows(n: int, seed: int = 0) -> npt.NDArray[np.float64]:
    """Return rows of three features without anomalies."""
    return np.random.default_rng(seed).normal([20.0, 500.0, -3.0], [2.0, 40.0, 0.5], size=(n, 3))


def csv_text(rows: npt.NDArray[np.float64]) -> str:
    """Return rows as CSV with a header."""
    body = "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist())
    return ",".join(COLUMNS) + "\n" + body


def json_text(rows: npt.NDArray[np.float64]) -> str:
    """Return rows as JSON lines."""
    return "".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows.tolist())
