"""Labels: read by a stated rule, never shown to the detector, judged by scikit-learn's figures."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from command_line import COLUMNS, Result, call, csv_text, ordinary_rows
from sklearn.metrics import average_precision_score, roc_auc_score

ROWS = ordinary_rows(400)
LABELS = np.random.default_rng(1).random(400) < 0.1
ROWS[LABELS] += np.random.default_rng(2).normal(0, [4.0, 80.0, 1.0], (LABELS.sum(), 3))


def labelled(words: tuple[str, str]) -> str:
    lines = csv_text(ROWS).splitlines()
    marked = [f"{line},{words[int(y)]}" for line, y in zip(lines[1:], LABELS, strict=True)]
    return "\n".join([lines[0] + ",y", *marked]) + "\n"


def score(text: str, *options: str) -> Result:
    return call("score", "-", "--format", "csv", "--label", "y", *options, stdin=text)


def test_figures_are_scikit_learns_on_the_distances_written() -> None:
    result = score(labelled(("0", "1")))
    distances = [float(row["distance"]) for row in result.rows]
    area, precision = roc_auc_score(LABELS, distances), average_precision_score(LABELS, distances)
    assert f"ROC AUC {area:.4f}, average precision {precision:.4f}" in result.err
    assert (
        f"({LABELS.sum()} labelled anomalies, {400 - LABELS.sum()} labelled normal)" in result.err
    )


def test_the_detector_never_sees_the_label() -> None:
    honest = score(labelled(("0", "1")))
    lying = score(labelled(("1", "0")))
    bare = call("score", "-", "--format", "csv", stdin=csv_text(ROWS))
    distances = [row["distance"] for row in bare.rows]
    assert [row["distance"] for row in honest.rows] == distances
    assert [row["distance"] for row in lying.rows] == distances


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (("0.0", "1.0"), []),
        (("False", "TRUE"), []),
        (("normal", "Attack"), []),
        (("no", "yes"), []),
        (("good", "evil"), ["--anomaly-value", "evil"]),
        (("good", "evil"), ["--normal-value", "good"]),
        (("", "evil"), ["--normal-value", ""]),
        (("Benign", "teardrop"), []),
        (("1", "-1"), ["--anomaly-value", "-1"]),
        (("2", "4.0"), ["--anomaly-value", "4"]),
    ],
)
def test_words_for_labels(words: tuple[str, str], options: list[str]) -> None:
    figures = re.compile("ROC AUC .*")
    wanted = figures.search(score(labelled(("0", "1"))).err)
    found = figures.search(score(labelled(words), *options).err)
    assert found is not None
    assert wanted is not None
    assert found.group() == wanted.group()


def test_many_names_of_attacks_are_anomalies_and_said_to_be() -> None:
    text = labelled(("normal", "attack")).replace("attack", "Überfall", 3).replace("attack", "dos")
    wanted = re.search("ROC AUC .*", score(labelled(("0", "1"))).err)
    guessed = score(text, "-q")
    assert "note: labels 'Überfall', 'dos' counted as anomalies, 'normal' as normal" in guessed.err
    named = score(text, "--anomaly-value", "dos", "--anomaly-value", "Überfall")
    assert "note: labels" not in named.err
    assert "labels 'Überfall', 'dos' counted as anomalies, 'normal' as normal" in named.err
    found = re.search("ROC AUC .*", named.err)
    assert wanted is not None
    assert found is not None
    assert found.group() == wanted.group()


def test_no_label_that_says_normal() -> None:
    result = score(labelled(("-1", "1")))
    assert "400 labelled anomalies, 0 labelled normal: both kinds are needed" in result.err
    assert "labels '-1', '1' counted as anomalies" in result.err


def test_one_kind_alone_has_no_figure() -> None:
    result = score(labelled(("0", "0")))
    assert result.code == 0
    assert "ROC AUC " in result.err
    assert "0 labelled anomalies, 400 labelled normal: both kinds are needed" in result.err


def test_missing_labels_do_not_count() -> None:
    result = score(labelled(("", "1")))
    assert f"{LABELS.sum()} labelled anomalies, 0 labelled normal" in result.err


def test_labels_in_json_lines_may_be_booleans_or_absent() -> None:
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS.tolist()]
    for row, label in list(zip(rows, LABELS.tolist(), strict=True))[::2]:
        row["y"] = label
    text = "".join(json.dumps(row) + "\n" for row in rows)
    result = call("score", "-", "--format", "jsonl", "--label", "y", stdin=text)
    assert result.code == 0
    even = LABELS[::2]
    assert f"({even.sum()} labelled anomalies, {200 - even.sum()} labelled normal)" in result.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--anomaly-value", "1"], "needs --label"),
        (["--normal-value", "1"], "needs --label"),
        (["--label", "a", "--normal-value", "1", "--anomaly-value", "2"], "of the other"),
    ],
)
def test_values_that_make_no_sense(options: list[str], words: str) -> None:
    result = call("score", "-", "--format", "csv", *options, stdin="a\n1\n")
    assert result.code == 2
    assert words in " ".join(result.err.replace("│", " ").split())


def test_columns_without_label_are_those_of_the_table() -> None:
    assert list(score(labelled(("0", "1"))).rows[0])[:4] == [*COLUMNS, "y"]
