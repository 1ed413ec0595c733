"""The demonstration: the same events for every detector, and figures that are theirs."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call
from river import anomaly, datasets, preprocessing
from sklearn.metrics import average_precision_score, roc_auc_score

from clipsgd_river.anomaly import ClippedEnsemble, ClippedMahalanobis, ClippedZScore
from clipsgd_river.cli import demo
from clipsgd_river.cli.demo import _LabelledEvent


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_table_holds_the_figures_of_each_detector(empty_folder: Path) -> None:
    result = call("demo", "--events", "1500")
    assert result.code == 0
    models: dict[str, Any] = {
        "ClippedZScore": ClippedZScore(),
        "ClippedMahalanobis": ClippedMahalanobis(),
        "ClippedEnsemble": ClippedEnsemble(),
        "MinMaxScaler | HalfSpaceTrees": preprocessing.MinMaxScaler()
        | anomaly.HalfSpaceTrees(n_trees=25, seed=42),
        "StandardScaler | OneClassSVM": preprocessing.StandardScaler()
        | anomaly.OneClassSVM(nu=0.1),
    }
    stream = list(datasets.Shuttle().take(1500))
    labels = np.array([label for _, label in stream])
    for name, model in models.items():
        scores = []
        for x, _ in stream:
            scores.append(model.score_one(x))
            model.learn_one(x)
        row = next(line for line in result.out.splitlines() if f" {name} " in line)
        area, precision, rate = re.findall(r"[\d.,]+", row.split(name)[1])
        assert area == f"{roc_auc_score(labels, scores):.4f}"
        assert precision == f"{average_precision_score(labels, scores):.4f}"
        assert float(rate.replace(",", "")) > 0
    assert result.err.startswith("ClippedEnsemble on numbers 'f1', ")
    assert "\nClippedEnsemble: 1,500 events, " in result.err
    assert "ROC AUC" in result.err
    assert "most anomalous:" in result.err
    picture = empty_folder / "clipsgd_river_demo.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "picture: clipsgd_river_demo.png" in result.err


def test_peers_can_be_left_out_and_the_picture_be_named(empty_folder: Path) -> None:
    result = call("demo", "--events", "300", "--no-peers", "--plot", "mine.svg", "--quiet")
    assert result.code == 0
    assert "HalfSpaceTrees" not in result.out
    assert result.err == ""
    assert [path.name for path in empty_folder.iterdir()] == ["mine.svg"]


def test_too_few_events_for_a_figure() -> None:
    result = call("demo", "--events", "1", "--no-peers")
    assert result.code == 0
    assert "one kind only" in result.out


def test_a_wrong_picture_is_refused_before_the_wait() -> None:
    result = call("demo", "--plot", "mine.txt")
    assert result.code == 2
    assert "let it end in .png" in result.err


def test_without_matplotlib_there_is_a_word_and_no_picture(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = call("demo", "--events", "100", "--no-peers")
    assert result.code == 0
    assert 'no picture: pictures need matplotlib: pip install "clipsgd_river[plot]"' in result.err
    assert list(empty_folder.iterdir()) == []
    wished = call("demo", "--events", "100", "--no-peers", "--plot", "mine.png")
    assert wished.code == 2
    assert 'pip install "clipsgd_river[plot]"' in wished.err


@pytest.fixture
def heeded() -> Iterator[None]:
    """Have SIGINT do what it does in Python, also where whoever started us ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeded")
def test_a_signal_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(most: int | None) -> list[Any]:
        signal.raise_signal(signal.SIGINT)
        return [_LabelledEvent({"a": 1.0}, most or 0)]

    monkeypatch.setattr(demo, "_shuttle", interrupted)
    result = call("demo", "--no-peers")
    assert result.code == 130
    assert "note: ended by a signal" in result.err
    assert result.out == ""
