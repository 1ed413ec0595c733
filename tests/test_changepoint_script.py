"""The script that judges change points: right where the answer is known."""

from __future__ import annotations

import gzip
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from conftest import BENCHMARKS, Load


@pytest.fixture
def tcpd(script: Load) -> ModuleType:
    return script("common.tcpd")


def test_f1_and_covering_of_known_answers(tcpd: ModuleType) -> None:
    series = tcpd.Series("x", np.zeros(100), [[50], [50], []])
    assert tcpd.f_measure(series, [50]) == 1.0
    assert tcpd.f_measure(series, [53]) == 1.0
    # Two of two marks are not found by one point; the mean recall is (1/2 + 1/2 + 1) / 3.
    assert tcpd.f_measure(series, []) == pytest.approx(2 * 2 / 3 / (1 + 2 / 3))
    # Precision 2/3, recall 1.
    assert tcpd.f_measure(series, [50, 80]) == pytest.approx(0.8)
    assert tcpd.covering(series, [50]) == pytest.approx((1 + 1 + 0.5) / 3)
    assert tcpd.covering(series, []) == pytest.approx((0.5 + 0.5 + 1) / 3)


def test_published_figures_are_of_the_same_series(tcpd: ModuleType) -> None:
    """Who never fires gets what was published for "zero"."""
    folder = os.environ.get("CLIPSGD_DATA")
    if not folder:
        pytest.skip("no data: set CLIPSGD_DATA")
    series = tcpd.real_univariate(Path(folder))
    for score, published in zip(
        (tcpd.f_measure, tcpd.covering), tcpd.PUBLISHED["zero"], strict=True
    ):
        assert np.mean([score(one, []) for one in series]) == pytest.approx(published, abs=5e-5)


def test_generated_series_are_the_same_again(script: Load) -> None:
    drawn = script("common.level_series")
    for kind in drawn.KINDS:
        once, again = (drawn.level_series(kind, 3, 1) for _ in range(2))
        for one, other in zip(once, again, strict=True):
            assert one.values.tolist() == other.values.tolist()
            assert one.marks == other.marks
            assert 40 <= len(one.values) <= 600
            ends = [0, *one.marks[0], len(one.values)]
            assert np.diff(ends).min() >= 8
    assert all(one.marks == [[]] for one in drawn.level_series("random walk", 3, 1))


def test_figures_are_kept(script: Load, tmp_path: Path) -> None:
    journal = script("common.journal")
    path = tmp_path / "figures.jsonl"
    calls: list[int] = []

    def measure() -> list[float]:
        calls.append(1)
        return [1.5, math.inf]

    for _ in range(2):
        kept = journal.Journal(path)
        assert kept.figure(("delay", "a", 1), measure) == [1.5, math.inf]
        assert kept.figure(["delay", "a", 1], measure) == [1.5, math.inf]
    assert len(calls) == 1
    assert len(path.read_text().splitlines()) == 1
    path.write_text("{")
    with pytest.raises(script("common.data").DataError, match="delete it"):
        journal.Journal(path)


def test_the_script_runs(tmp_path: Path) -> None:
    if not BENCHMARKS.is_dir():
        pytest.skip("the benchmarks folder is not part of an installed package")
    step = [0.0, 0.1, -0.1, 0.05] * 25 + [9.0, 9.1, 8.9, 9.05] * 25
    entry = {"n_obs": 200, "n_dim": 1, "series": [{"raw": step}], "annotations": {"1": [100]}}
    with gzip.open(tmp_path / "tcpd.json.gz", "wt") as file:
        json.dump({"step": entry, "quality_control_1": entry}, file)
    out = tmp_path / "figures.json"
    options = ["--out", str(out), "--data", str(tmp_path), "--plot", str(tmp_path / "p.png")]
    finished = subprocess.run(
        [sys.executable, str(BENCHMARKS / "changepoint.py"), "--quick", "--no-peers", *options],
        # A script finds the modules beside it by its own folder.
        env={k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    tables = {t["title"]: t["rows"] for t in json.loads(out.read_text())["tables"]}
    (found,) = tables["TCPD, ClippedOCPD()"]
    assert found["F1"] == 1.0
    assert abs(int(found["change points"]) - 100) <= 1
    for row in tables["Targets"]:
        sign, limit = row["target"].split()
        reached = (
            row["measured"] <= float(limit) if sign == "≤" else row["measured"] >= float(limit)
        )
        assert row["reached"] == ("yes" if reached else "NO")
    assert (tmp_path / "p.png").stat().st_size > 1000
