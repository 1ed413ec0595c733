"""The scripts that judge mean, scaler and linear models: right where the answer is known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from conftest import BENCHMARKS


@pytest.fixture(scope="module", params=["mean", "scaling", "linear_models"])
def figures(request: Any, tmp_path_factory: Any) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """Run a script; returns its name and its tables by title."""
    if not BENCHMARKS.is_dir():
        pytest.skip("the benchmarks folder is not part of an installed package")
    out = tmp_path_factory.mktemp(request.param) / "figures.json"
    finished = subprocess.run(
        [sys.executable, str(BENCHMARKS / f"{request.param}.py"), "--quick", "--out", str(out)],
        # A script finds the modules beside it by its own folder.
        env={k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert "| reached |" in finished.stdout
    return request.param, {t["title"]: t["rows"] for t in json.loads(out.read_text())["tables"]}


def test_figures_are_plausible(figures: tuple[str, dict[str, list[dict[str, Any]]]]) -> None:
    name, tables = figures
    if name == "mean":
        rows = {row["law"]: row for row in tables["Absolute error of the mean"]}
        assert set(rows) == {"N(0, 1)", "t(2.1)", "Pareto(2.1)", "Bernoulli(0.1)"}
        # 0.6745 sigma / sqrt(n) is the median error of a Gaussian mean, here of ten streams.
        assert 0.005 < rows["N(0, 1)"]["50 % River"] < 0.06
        for row in rows.values():
            assert 0 < row["50 % ours"] <= row["99 % ours"] <= row["99.9 % ours"]
        (quantiles,) = (rows for title, rows in tables.items() if "quantile" in title)
        assert all(0.3 < row["0.5"] < 3 for row in quantiles)
    elif name == "linear_models":
        rows = {(row["stream"], row["over"]): row for row in tables["Error of the coefficients"]}
        assert len(rows) == 16
        clean, gross = (
            rows[f"linear, constant{end}", "settled"] for end in ("", ", 5 % corrupted")
        )
        assert 0 < clean["clipped"] < 1
        assert gross["clipped"] < gross["River"] / 2
        # Corruption takes information away.
        assert 0 < clean["limit"] * clean["River"] < gross["limit"] * gross["River"] * 1.1
    else:
        rows = {(r["stream"], r["model"][:3]): r for r in tables[next(iter(tables))]}
        assert rows["Gaussian", "Min"]["lost"] > 0.3
        assert rows["Gaussian", "Cli"]["ROC AUC"] > 0.95
        assert abs(rows["Gaussian", "Cli"]["lost"]) < 0.02


def test_verdict_follows_the_figure(figures: tuple[str, dict[str, list[dict[str, Any]]]]) -> None:
    for row in figures[1].get("Error of the coefficients", ()):
        assert row["verdict"] == ("reached" if row["ratio"] <= float(row["target"]) else "missed")
    for row in figures[1].get("Targets", ()):
        if row["target"]:
            sign, limit = row["target"].split()
            reached = row["measured"] <= float(limit)
            if sign == "≥":
                reached = row["measured"] >= float(limit)
            assert row["reached"] == ("yes" if reached else "NO")
