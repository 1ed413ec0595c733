"""The scripts that judge digits under drift and draw costs, on tiny input."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Load

from clipsgd_river.anomaly import ClippedZScore


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with made-up images: each digit lights a row of its own."""
    digits = np.repeat(np.arange(10), 110).astype(np.uint8)
    images = np.random.default_rng(0).integers(0, 90, (len(digits), 28, 28)).astype(np.uint8)
    images[np.arange(len(digits)), 2 * digits] = 250
    path = tmp_path_factory.mktemp("data")
    np.savez(path / "mnist.npz", X=images.reshape(-1, 784), y=digits)
    return path


def test_stream_of_digits_is_that_of_the_protocol(script: Load, folder: Path) -> None:
    stream = script("common.digits").load(folder, seed=3, stretch=100)
    assert stream.rows.shape == (500, 784)
    assert 0.0 <= stream.rows.min() <= stream.rows.max() <= 1.0
    shown = stream.rows.reshape(-1, 28, 28).mean(axis=2).argmax(axis=1) // 2
    normal = np.arange(500) // 100
    assert ((shown != normal) == (stream.labels == 1)).all()
    assert 5 <= stream.labels.sum() <= 50
    assert len(np.unique(stream.rows, axis=0)) == 500
    assert stream.settled().sum() == 5 * 80
    again = script("common.digits").load(folder, seed=3, stretch=100)
    assert (again.rows == stream.rows).all()


def test_too_few_images_and_no_file_are_named(script: Load, folder: Path, tmp_path: Path) -> None:
    data, digits = script("common.data"), script("common.digits")
    with pytest.raises(data.DataError, match="too few images"):
        digits.load(folder, seed=0, stretch=1000)
    with pytest.raises(data.DataError, match=r"mnist\.npz"):
        digits.load(tmp_path, seed=0)


def test_digits_script_ranks_and_draws(
    script: Load,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, plot = tmp_path / "figures.json", tmp_path / "digits.png"
    options = ["--quick", "--no-peers", "--detectors", "ClippedSubspace", "ClippedZScore"]
    arguments = ["--data", str(folder), "--out", str(out), "--plot", str(plot)]
    monkeypatch.setattr(sys, "argv", ["digits", *options, *arguments])
    script("common.options").run(script("digits").main)
    ranked, targets = json.loads(out.read_text())["tables"]
    found = {row["detector"]: row for row in ranked["rows"]}
    assert set(found) == {"ClippedSubspace", "ClippedZScore"}
    assert found["ClippedSubspace"]["ROC AUC"] > 0.6
    assert found["ClippedSubspace"]["µs per event"] > 0
    for row in targets["rows"]:
        sign, bound = row["target"].split()
        reached = (row["measured"] >= float(bound)) == (sign == "≥")
        assert row["reached"] == ("yes" if reached else "NO")
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert "| ClippedSubspace |" in capsys.readouterr().out


def test_bursts_replay_one_other_digit_amid_each_stretch(script: Load) -> None:
    rows, others = np.zeros((400, 3)), np.ones((400, 3))
    labels = np.zeros(400, dtype=np.int8)
    attacked, told = script("common.turned").with_burst(rows, labels, others, 200, seed=0)
    assert (attacked == told[:, None]).all()
    assert not rows.any()
    assert not labels.any()
    place = np.flatnonzero(told) % 200
    assert place.min() >= 60
    assert place.max() < 140
    assert 20 <= told.sum() <= 50


def test_digits_script_ranks_by_transformations(
    script: Load,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "figures.json"
    options = ["--quick", "--no-peers", "--rotated", "--detectors", "raw pixels"]
    arguments = ["--data", str(folder), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["digits", *options, *arguments])
    script("common.options").run(script("digits").main)
    tables = json.loads(out.read_text())["tables"]
    assert [table["rows"][0]["detector"] for table in tables] == ["raw pixels"] * 2
    for table in tables:
        assert table["rows"][0]["from the 200th event of a stretch"] > 0.6


def test_incremental_pca_scores_before_it_learns(script: Load, folder: Path) -> None:
    rows = script("common.digits").load(folder, seed=0, stretch=40).rows
    scores = script("digits").incremental_pca().run(rows).scores
    assert (scores[:100] == 0.0).all()
    assert (scores[100:] > 0.0).all()
    changed = rows.copy()
    changed[150:] = 0.5
    again = script("digits").incremental_pca().run(changed).scores
    assert (again[:150] == scores[:150]).all()


def test_cost_curves_have_a_point_for_each_mark(script: Load, tmp_path: Path) -> None:
    cost = script("cost")
    widths, marks = (1, 3), (20, 60, 200)
    on_widths = [cost.by_width("ClippedZScore", ClippedZScore, widths)]
    on_events = [cost.by_events("ClippedZScore", ClippedZScore, marks)]
    assert [len(c.microseconds) for c in on_widths + on_events] == [2, 3]
    assert all(pace >= 0.0 for c in on_widths + on_events for pace in c.microseconds)
    cost.draw(widths, on_widths, marks, on_events, tmp_path / "cost.png")
    assert (tmp_path / "cost.png").read_bytes().startswith(b"\x89PNG")
    assert cost.table("t", on_widths, widths, "d").columns == ("detector", "d = 1", "d = 3")


def test_a_cost_that_grows_is_seen(script: Load) -> None:
    cost = script("cost")
    curves = [cost.Curve("flat", [1.0, 1.0, 1.2]), cost.Curve("growing", [1.0, 2.0, 4.0])]
    rows = cost.flatness(curves, (1, 10, 100)).rows
    assert [row[-1] for row in rows] == ["yes", "NO"]
