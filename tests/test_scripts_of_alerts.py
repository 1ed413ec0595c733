"""The scripts that judge alert filters, on tiny input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Load, run_script

from clipsgd_river import COMPILED


def test_shares_of_alerts_are_judged(script: Load) -> None:
    tail = script("tail")
    share = tail.Share("x", "t(3)", 1e-3, [1.2, 0.7], [9.0, 9.0])
    assert share.reached
    assert share.row()[-3:] == [0.7, "within 1.5", "yes"]
    changed = tail.Share("x", "t(3), threefold scale midway", 1e-3, [9.0], [2.1])
    assert not changed.reached
    assert changed.row()[-3:] == [2.1, "within 2", "NO"]


def test_share_of_alerts_is_counted(script: Load) -> None:
    tail = script("tail")

    def law(rng: Any, n: int) -> Any:
        return rng.random(n) + 1e3 * (np.arange(n) % 1000 == 999)

    name = "SplicedBinnedPareto"
    share = tail.measure(name, "made up", 1e-2, 10_000, 1, 10.0, law)
    assert 0.05 < share.whole[0] < 1.0
    assert share.second_half[0] > 0


def test_alerts_are_judged(script: Load) -> None:
    alerts, streams = script("alerts"), script("common.alert_streams")
    labels = np.arange(20_000) % 200 == 0
    stream = streams.AlertStream("made up", np.zeros((20_000, 1)), labels, (10_000,), 0.9)
    caught = labels | (np.arange(20_000) % 200 == 100)

    def outcome(found: Any) -> Any:
        return alerts.Outcome("AlertBudget", "none", stream, 0.01, found, caught)

    right, wrong = outcome(caught), outcome(np.roll(caught, 1))
    assert (right.realised, right.recall, right.agreement) == (1.0, 1.0, 1.0)
    assert (wrong.realised, wrong.recall, wrong.agreement) == (1.0, 0.0, 0.0)
    assert right.kept
    assert not outcome(labels).kept
    assert [row[-1] for row in alerts.verdicts([right, wrong]).rows] == ["yes", "yes", "yes", "NO"]


def test_what_filters_add_is_measured_within_rounds(script: Load) -> None:
    known = script("common.timing").Timings({"slow": [2.0, 9.0, 4.0], "fast": [1.0, 3.0, 1.0]})
    assert known.excess("slow", "fast") == 3.0
    cost, verdicts = script("common.alert_costs").overhead(40, 1)
    assert len(cost.rows) == 4 * (2 * 3 + 2 * 2)
    assert len(verdicts.rows) == 4 * 3


def test_found_accounts_and_false_alarms_are_counted(script: Load) -> None:
    security = script("security")
    stream = script("common.log_ins").LogIns(30, 130, 30.0, 3, seed=1)
    stolen, window = stream.drawn.stolen, stream.drawn.window
    thefts = [np.flatnonzero(stolen == theft) for theft in range(3)]
    first = np.isin(np.arange(len(stolen)), [at[0] for at in thefts])
    late = np.isin(np.arange(len(stolen)), [at[3] for at in thefts if len(at) > 3])
    owners = np.flatnonzero((stolen < 0) & (window >= 0))[:20]
    crowd = np.isin(np.arange(len(stolen)), owners)

    def outcome(name: str, alerts: Any) -> Any:
        return security.Outcome(name, stream, alerts, 1.0)

    before = outcome(security.PLAIN, first | crowd)
    assert before.found(windows=False) == (3, 3)
    assert before.false_alarms(windows=True) == 20
    assert before.false_alarms(windows=False) == 0
    assert outcome(security.PLAIN, late).found(windows=False) == (0, 3)
    after = outcome(security.SPECIAL, np.isin(np.arange(len(stolen)), owners[:5]))
    assert [row[1:] for row in security.verdicts([before, after]).rows] == [
        [3, "≥ 3", "yes"],
        [0.75, "≥ 0.8", "NO"],
    ]


@pytest.mark.parametrize("name", ["alerts", "security", "tail"])
def test_benchmarks_of_alerts_run(
    script: Load, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not COMPILED:
        pytest.skip("takes minutes uncompiled")
    out = tmp_path / "figures.json"
    monkeypatch.delenv("CLIPSGD_DATA", raising=False)
    options = ["--quick", "--out", str(out), *(["--no-peers"] if name != "tail" else [])]
    run_script(script, name, options, monkeypatch)
    titles = {table["title"]: table["rows"] for table in json.loads(out.read_text())["tables"]}
    assert all(titles.values())
    assert {"alerts": "Targets of cost", "security": "Targets", "tail": "Share of alerts"}[
        name
    ] in titles
