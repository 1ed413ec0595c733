"""Every benchmark runs on the smallest input it takes, and publishes figures."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import BENCHMARKS, TESTS, Load, run_script

from clipsgd_river import COMPILED

pytestmark = pytest.mark.either_mode

ALONE = ["--no-peers", "--detectors", "ClippedZScore"]
# Script -> what makes it small, beside --quick.
SMALLEST: dict[str, list[str]] = {
    "activity": [],
    "alerts": ["--no-peers"],
    "categorical": ALONE,
    "changepoint": ["--no-peers"],
    "columns": ALONE,
    "contamination": ALONE,
    "cost": ALONE,
    "digits": ALONE,
    "digits --rotated": ["--rotated", "--no-peers", "--detectors", "raw pixels"],
    "forecast": ["--no-peers"],
    "feedback": ["--detectors", "ClippedZScore"],
    "floods": ["--detectors", "ClippedZScore"],
    "fuzz": ["--detectors", "ClippedZScore"],
    "fuzz --files": ["--files"],
    "incidents": ALONE,
    "memory": ["--detectors", "ClippedZScore"],
    "nab": ["--no-peers"],
    "ranking": ["--no-peers"],
    "security": ["--no-peers"],
    "series": ["--no-peers"],
    "tabular": [*ALONE, "--sets", "Pima"],
}
DRAWING = ("alerts", "changepoint", "cost", "digits", "memories", "tabular")
RUNS = sorted({path.stem for path in BENCHMARKS.glob("*.py")} | SMALLEST.keys())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small made-up set under each name that a script asks for."""
    path = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(1)
    rows, labels = rng.standard_normal((300, 3)), (np.arange(300) % 20 == 0).astype(np.uint8)
    rows[labels == 1] += 30
    (path / "adbench").mkdir()
    for name in ("shuttle", "http", "Pima"):
        np.savez(path / "adbench" / f"{name}.npz", X=rows, y=labels, feature_names=["a", "b", "c"])
    # Each digit lights a row of its own.
    digits = np.repeat(np.arange(10), 110).astype(np.uint8)
    images = rng.integers(0, 90, (len(digits), 28, 28)).astype(np.uint8)
    images[np.arange(len(digits)), 2 * digits] = 250
    np.savez(path / "mnist.npz", X=images.reshape(-1, 784), y=digits)
    connections = pd.DataFrame(rows, columns=["duration", "src_bytes", "dst_bytes"])
    for name in ("protocol_type", "service", "flag", "attack"):
        connections[name] = np.where(labels == 1, "odd", "usual")
    connections = connections.assign(difficulty=0, y=labels)
    for name in ("nsl_kdd_test", "nsl_kdd_train20"):
        connections.to_csv(path / f"{name}.csv.gz", index=False)
    step = [0.0, 0.1, -0.1, 0.05] * 25 + [9.0, 9.1, 8.9, 9.05] * 25
    entry = {"n_obs": 200, "n_dim": 1, "series": [{"raw": step}], "annotations": {"1": [100]}}
    with gzip.open(path / "tcpd.json.gz", "wt") as file:
        json.dump({"step": entry, "quality_control_1": entry}, file)
    (path / "operations").mkdir()
    loop = pd.DataFrame(rng.standard_normal((900, 2)), columns=["pressure", "current"])
    loop = loop.assign(file="valve1/1", datetime="", anomaly=0, changepoint=0)
    loop.loc[700:720, ["pressure", "anomaly"]] = 30, 1
    loop.to_csv(path / "operations" / "skab.csv.gz", index=False)
    (path / "nab" / "data" / "group").mkdir(parents=True)
    series = pd.DataFrame({"timestamp": pd.date_range("2026", periods=300, freq="h")})
    series = series.assign(value=rows[:, 0], window=labels)
    for name in "abcdefgh":
        series.to_csv(path / "nab" / "data" / "group" / f"{name}.csv.gz", index=False)
    return path


def test_no_helper_of_the_tests_hides_a_script() -> None:
    scripts = {path.stem for path in BENCHMARKS.glob("*.py")}
    assert not scripts & {path.stem for path in TESTS.rglob("*.py")}


@pytest.mark.slow
@pytest.mark.parametrize("run", RUNS)
def test_it_runs(
    script: Load,
    run: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if not COMPILED:
        pytest.skip("takes minutes uncompiled")
    monkeypatch.setenv("CLIPSGD_DATA", str(folder))
    out, picture = tmp_path / "figures.json", tmp_path / "picture.png"
    options = ["--quick", "--out", str(out), *SMALLEST.get(run, [])]
    drawing = ["--plot", str(picture)] if run in DRAWING else []
    run_script(script, run.partition(" ")[0], options + drawing, monkeypatch)
    tables = json.loads(out.read_text())["tables"]
    assert tables
    printed = capsys.readouterr().out
    for table in tables:
        assert table["rows"], table["title"]
        assert f"### {table['title']}" in printed
    if drawing:
        assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "name", ["tabular", "contamination", "categorical", "digits", "nab", "ranking"]
)
def test_without_data_it_is_skipped(
    script: Load,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("CLIPSGD_DATA", raising=False)
    with pytest.raises(SystemExit) as ended:
        run_script(script, name, [], monkeypatch)
    assert ended.value.code == 0
    assert "CLIPSGD_DATA" in capsys.readouterr().err
