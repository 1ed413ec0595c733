"""What `score` writes is what a detector says of each event before it learns the event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import COLUMNS, call, csv_text, json_text, ordinary_rows

from clipsgd_river import anomaly

ROWS = ordinary_rows(600)
ROWS[[300, 450, 599], [0, 1, 2]] += [40.0, -900.0, 30.0]


def expected(detector: Any) -> list[dict[str, Any]]:
    """Judge the rows with plain calls of the public methods."""
    verdicts = []
    for row in ROWS.tolist():
        x = dict(zip(COLUMNS, row, strict=True))
        distance = detector.distance_one(x)
        alert = bool(detector.ready) and -distance < detector.offset_
        parts = detector.explain_one(x)
        names = sorted((name for name in parts if parts[name] > 0), key=lambda n: -parts[n])
        verdicts.append(
            {
                "score": detector.score_one(x),
                "distance": distance,
                "is_anomaly": alert,
                "drivers": names if alert else [],
            }
        )
        detector.learn_one(x)
    return verdicts


@pytest.mark.parametrize("name", ["ClippedZScore", "ClippedMahalanobis"])
def test_csv_agrees_with_the_detector_on_every_event(name: str) -> None:
    result = call("score", "-", "--format", "csv", "--detector", name, stdin=csv_text(ROWS))
    assert result.code == 0
    wanted = expected(getattr(anomaly, name)())
    assert len(result.rows) == len(wanted)
    for row, verdict in zip(result.rows, wanted, strict=True):
        assert float(row["score"]) == verdict["score"]
        assert float(row["distance"]) == verdict["distance"]
        assert row["is_anomaly"] == str(int(verdict["is_anomaly"]))
        drivers = [row[f"driver_{place}"] for place in (1, 2, 3)]
        assert drivers == [*verdict["drivers"], "", "", ""][:3]
    assert {i for i, row in enumerate(result.rows) if row["is_anomaly"] == "1"} >= {300, 450, 599}


def test_json_lines_agree_with_csv_and_explain_in_full() -> None:
    as_csv = call("score", "-", "--format", "csv", stdin=csv_text(ROWS)).rows
    as_json = call("score", "-", "--format", "jsonl", stdin=json_text(ROWS)).objects
    assert [float(row["distance"]) for row in as_csv] == [each["distance"] for each in as_json]
    alert = as_json[300]
    assert alert["is_anomaly"] is True
    first = alert["drivers"][0]
    assert first["feature"] == "cpu"
    assert first["value"] == alert["cpu"] == ROWS[300, 0]
    assert first["low"] <= first["expected"] <= first["high"] < first["value"]
    assert 0 < first["contribution"] <= alert["distance"] * (1 + 1e-9)
    assert as_json[10]["drivers"] == []


@pytest.mark.parametrize("source", ["csv", "jsonl"])
@pytest.mark.parametrize("target", ["csv", "jsonl"])
def test_every_format_turns_into_every_other(tmp_path: Path, source: str, target: str) -> None:
    text = {"csv": csv_text, "jsonl": json_text}[source](ROWS)
    (tmp_path / f"in.{source}").write_text(text)
    out = tmp_path / f"out.{target}"
    assert call("score", tmp_path / f"in.{source}", "--out", out).code == 0
    drivers = "driver_1,driver_2,driver_3" if target == "csv" else "drivers"
    ours = f"score,distance,is_anomaly,{drivers}"
    again = call("score", out, "--prefix", "new_", "--ignore", ours)
    assert again.code == 0
    found = again.rows if target == "csv" else again.objects
    assert [float(row["distance"]) for row in found] == [
        float(row["new_distance"]) for row in found
    ]
    assert np.array_equal([[float(row[name]) for name in COLUMNS] for row in found], ROWS)


def test_the_share_of_alerts_is_the_one_asked_for() -> None:
    text = csv_text(ordinary_rows(5000))
    share = {}
    for contamination in ("0.01", "0.1"):
        result = call("score", "-", "--format", "csv", "--contamination", contamination, stdin=text)
        share[contamination] = np.mean([row["is_anomaly"] == "1" for row in result.rows])
    assert 0.005 < share["0.01"] < 0.02
    assert 0.07 < share["0.1"] < 0.13


def test_the_summary_names_the_most_anomalous_events_and_why() -> None:
    result = call("score", "-", "--format", "csv", stdin=csv_text(ROWS))
    lines = result.err.splitlines()
    assert lines[0] == "ClippedEnsemble on numbers 'cpu', 'memory', 'disk'"
    assert lines[1].startswith("ClippedEnsemble: 600 events, ")
    listed = lines[lines.index("most anomalous:") + 2 :]
    assert len(listed) == 10
    found = {int(line.split()[0]): line for line in listed}
    assert {301, 451, 600} <= found.keys()
    assert f"memory = {ROWS[450, 1]:.4g}, usually " in found[451]
    distances = [float(line.split()[2]) for line in listed]
    assert distances == sorted(distances, reverse=True)


def test_quiet_says_nothing_but_what_must_not_be_missed() -> None:
    assert call("score", "-", "--format", "csv", "-q", stdin=csv_text(ROWS)).err == ""
    text = "cpu,host\n1,web-1\n2,web-2\n"
    options = ["-q", "--categorical", "none"]
    result = call("score", "-", "--format", "csv", *options, stdin=text)
    assert result.err == (
        "note: column 'host' is left out: its first value is 'web-1', no number; "
        "--categorical auto counts how often its values come\n"
    )


@pytest.mark.parametrize("name", ["mahalanobis", "CLIPPEDMAHALANOBIS", "clipped-mahalanobis"])
def test_a_detector_is_found_by_any_spelling(name: str) -> None:
    result = call("score", "-", "--format", "csv", "--detector", name, stdin=csv_text(ROWS))
    assert "ClippedMahalanobis: 600 events" in result.err


def test_an_unknown_detector_is_answered_with_those_there_are() -> None:
    result = call("score", "-", "--format", "csv", "--detector", "zscor", stdin="a\n1\n")
    assert result.code == 2
    assert "--detector names 'zscor': there are 'Clipped" in result.err
    assert "'ClippedMahalanobis', " in result.err
    assert "'ClippedZScore'" in result.err
    assert "ClippedDetector" not in result.err
