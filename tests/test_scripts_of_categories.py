"""The script that judges surprisals, on tiny input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Load, run_script

from clipsgd_river import COMPILED


def test_targets_are_judged(script: Load) -> None:
    categorical = script("categorical")
    (name, other) = categorical.SETS

    def outcomes(ours: float) -> list[object]:
        found = {
            ("ClippedEnsemble", "SurprisalEncoder"): ours,
            ("ClippedEnsemble", "one-hot columns"): 0.85,
            ("ClippedZScore", "one-hot columns"): 0.99,
            ("River trees", "one-hot columns"): 0.84,
        }
        return [categorical.Outcome(name, *of, auc, 0.5) for of, auc in found.items()]

    assert [row[-1] for row in categorical.quality_targets(outcomes(0.83))] == ["yes", "NO"]
    assert [row[-1] for row in categorical.quality_targets(outcomes(0.845))] == ["yes", "yes"]
    assert [row[-1] for row in categorical.quality_targets(outcomes(0.82))] == ["NO", "NO"]
    second = categorical.Outcome(other, "ClippedEnsemble", "SurprisalEncoder", 0.9, 0.5)
    assert categorical.quality_targets([second]) == []


def test_it_runs(
    script: Load, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not COMPILED:
        pytest.skip("takes minutes uncompiled")
    out = tmp_path / "figures.json"
    options = ["--quick", "--no-peers", "--detectors", "ClippedZScore", "--out", str(out)]
    run_script(script, "categorical", ["--data", str(data_folder), *options], monkeypatch)
    tables = {table["title"]: table["rows"] for table in json.loads(out.read_text())["tables"]}
    assert {row["categories as"] for row in tables["Ranking"]} == {
        "SurprisalEncoder",
        "one-hot columns",
    }
    assert [row["reached"] for row in tables["Targets"][1:]] == ["yes", "yes"]
