"""The report: its figures are those of the run, its text is harmless, it is whole or not there."""

from __future__ import annotations

import base64
import errno
import hashlib
import math
import os
import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import COLUMNS, call, csv_rows, csv_text, json_text, ordinary_rows
from pages import HOSTILE_NAMES, Page, hostile_lines
from sklearn.metrics import average_precision_score, roc_auc_score

from clipsgd_river.alerts import AlertBudget
from clipsgd_river.anomaly import ClippedEnsemble

pytest.importorskip("matplotlib", reason="a report has pictures")
pytest.importorskip("jinja2", reason="a report needs Jinja")

ROWS = ordinary_rows(3000)
ROWS[[1500, 2500], [0, 1]] += [60.0, -2000.0]
TEXT = csv_text(ROWS)
DETECTOR = ClippedEnsemble
#: Of each row of the list.
SEVERITY = re.compile(r'<td role="cell" class="severity (\w+)"')


def timed(text: str) -> str:
    """Put a time and a label beside each row of CSV."""
    head, *lines = text.splitlines()
    start, minute = np.datetime64("2026-03-01T00:00:00"), np.timedelta64(60, "s")
    labels = [int(i in (1500, 2500)) for i in range(len(lines))]
    rows = [f"{start + i * minute},{labels[i]},{line}" for i, line in enumerate(lines)]
    return "\n".join([f"t,y,{head}", *rows]) + "\n"


def report(tmp_path: Path, *options: Any, text: str = TEXT, kind: str = "csv") -> Page:
    path, out = tmp_path / "report.html", tmp_path / f"out.{kind}"
    given = ["--format", kind, "--out", out, "--report", path]
    result = call("score", "-", *given, *options, stdin=text)
    assert result.code == 0, result.err
    return Page(path)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Page, list[dict[str, str]]]:
    """Return a report with times, labels and a budget, and the judged rows."""
    folder = tmp_path_factory.mktemp("full")
    options = ("--time", "t", "--label", "y", "--alert-rate", 0.004)
    page = report(folder, *options, text=timed(TEXT))
    return page, csv_rows((folder / "out.csv").read_text())


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Return a report without any option."""
    return report(tmp_path_factory.mktemp("plain"))


def test_figures_are_those_of_the_run(full: tuple[Page, list[dict[str, str]]]) -> None:
    page, rows = full
    alerts = [n for n, row in enumerate(rows, start=1) if row["is_anomaly"] == "1"]
    assert {1501, 2501} <= set(alerts)
    span = "2026-03-01 00:00:00 to 2026-03-03 01:59:00"
    assert f"{len(alerts)} incidents in 3,000 events {span}" in page.text
    assert f"{len(alerts) / 3000:.2%} of events; asked 0.40%" in page.text
    assert "Time span 2.08 days" in page.text
    labels = [int(row["y"]) for row in rows]
    distances = [float(row["distance"]) for row in rows]
    assert f"ROC AUC {roc_auc_score(labels, distances):.4f}" in page.text
    precision = average_precision_score(labels, distances)
    assert f"Average precision {precision:.4f} 2 labelled anomalies" in page.text
    assert re.search(r"Throughput [\d,]+ events a second", page.text)
    first = re.findall(
        r"Event ([\d,]+) as it was read(?:[^:]*first being event ([\d,]+))?", page.text
    )
    assert sorted(int((b or a).replace(",", "")) for a, b in first) == alerts
    found = [f"{count} {name}" for name, count in Counter(SEVERITY.findall(page.source)).items()]
    assert sum(int(each.split()[0]) for each in found) == len(alerts)
    assert all(each in page.text for each in found)
    last = float(rows[-1]["score"]), float(rows[-1]["distance"])
    threshold = float(re.search(r"Threshold ([\d.]+)", page.text)[1])  # type: ignore[index]
    assert 0.5 < threshold < 1
    assert last[0] <= threshold


def test_the_sentences_are_those_of_the_alerts(full: tuple[Page, list[dict[str, str]]]) -> None:
    page, _ = full
    budget = AlertBudget(DETECTOR(), 0.004)
    alerts = [budget.alert_one(dict(zip(COLUMNS, row, strict=True))) for row in ROWS.tolist()]
    for row in (1501, 2501):
        alert = alerts[row - 1]
        assert alert is not None
        time = np.datetime64("2026-03-01T00:00:00") + np.timedelta64(60 * (row - 1), "s")
        told = f"{alert.severity} {str(time).replace('T', ' ')} {alert.sentence}"
        assert told in page.text
        inside = page.text[page.text.index(told) :].split("as it was read")[0]
        words = {part.feature: part.words for part in alert.features}
        assert words
        for feature, contribution in alert.contributions.items():
            share = contribution / sum(map(abs, alert.contributions.values()))
            said = words.get(feature, f"{ROWS[row - 1][COLUMNS.index(str(feature))]:.12g}")
            assert f"{feature} {said} {share:.0%}" in inside
        for name, value in zip(COLUMNS, ROWS[row - 1], strict=True):
            assert f"{name} {value:.12g} " in page.text


def test_without_a_rule_alerts_are_those_of_the_detector(plain: Page) -> None:
    assert "asked 1.00%" in plain.text
    assert "memory was -1,5" in plain.text
    assert not SEVERITY.findall(plain.source)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_every_format_gives_the_same_page(tmp_path: Path, plain: Page, kind: str) -> None:
    path = tmp_path / f"in.{kind}"
    if kind == "parquet":
        arrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
        parquet.write_table(arrow.table(dict(zip(COLUMNS, ROWS.T, strict=True))), path)
    else:
        path.write_text(TEXT if kind == "csv" else json_text(ROWS))
    target = tmp_path / "this.html"
    result = call("score", path, "--out", tmp_path / "out.csv", "--report", target)
    assert result.code == 0, result.err
    assert f"Anomalies in in.{kind}" in Page(target).text
    ours, theirs = (re.sub(r"Throughput [\d,]+|Anomalies in \S+( input)?|clipsgd-river.*", "", text)
                    for text in (Page(target).text, plain.text))  # fmt: skip
    assert ours == theirs


def test_it_goes_with_all_the_others(tmp_path: Path) -> None:
    files = {name: tmp_path / f"a.{name}" for name in ("jsonl", "png", "state", "html")}
    options = [
        *("--alert-rate", 0.004, "--alerts", files["jsonl"], "--plot", files["png"]),
        *("--state", files["state"], "--report", files["html"], "--time", "t"),
    ]
    files["html"].write_text("the old one")
    for _ in range(2):
        result = call("score", "-", "--format", "csv", "--ignore", "y", *options, stdin=timed(TEXT))
        assert result.code == 0, result.err
        assert all(path.stat().st_size > 100 for path in files.values())
        assert "in 3,000 events" in Page(files["html"]).text


def test_the_page_is_complete_in_itself_and_accessible(
    full: tuple[Page, list[dict[str, str]]],
) -> None:
    page, _ = full
    assert page.source.startswith('<!DOCTYPE html>\n<html lang="en">')
    (policy,) = [each["content"] for each in page.all("meta") if each.get("http-equiv") is not None]
    assert policy.startswith("default-src 'none'; img-src data:;")
    (script,) = re.findall(r"<script>(.*?)</script>", page.source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert not re.search(r"fetch|http|import|eval|innerHTML|localStorage|cookie", script)
    forbidden = {"link", "iframe", "object", "embed", "form", "base", "a"}
    assert not forbidden & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "srcset", "href"):
            assert attributes.get(name, "data:image/svg+xml").startswith("data:image/svg+xml")
    assert "url(" not in page.source
    assert "@import" not in page.source
    images = page.all("img")
    assert len(images) > 3
    assert all(each["aria-label"] for each in page.all("svg"))
    assert all(len(image["alt"]) > 20 for image in images)
    assert all(each.get("scope") in {"col", "row"} for each in page.all("th"))
    headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(headings))
    names = [each["id"] for _, each in page.tags if "id" in each]
    assert len(names) == len(set(names))
    labelled = {each["aria-labelledby"] for _, each in page.tags if "aria-labelledby" in each}
    assert labelled <= set(names)
    for picture in page.pictures():
        assert "prefers-color-scheme:dark" in picture
        assert "<script" not in picture
        assert not re.search(r'href="(?!#)', picture)


def test_text_of_the_data_stays_text(tmp_path: Path, plain: Page) -> None:
    page = report(
        tmp_path, "--contamination", 0.05, "--time", "when", text=hostile_lines(), kind="jsonl"
    )
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in plain.tags} | {"time"}
    assert len(page.all("script")) == 1
    for name in HOSTILE_NAMES[:5]:
        assert name in page.text
    assert "49" not in page.all("title")
    assert "\\u202elanguage, 日本語 \\ud83d \\x00 \\x1b[31m\\n" in page.text
    assert "xxx…xxx" in page.text
    assert len(page.text) < 90_000
    pictures = "".join(page.pictures())
    assert "<script" not in pictures
    assert "<img" not in pictures


def test_units_of_cells_are_told_everywhere(tmp_path: Path) -> None:
    rows = [f"{at * 37 % 11 + 20} ms,{at * 7 % 13}" for at in range(400)]
    text = "\n".join(["latency,n", *rows, "9000 ms,3", "21 ms,4"]) + "\n"
    path = tmp_path / "page.html"
    assert call("score", "-", "--alert-rate", "0.01", "--report", path, stdin=text).code == 0
    page = Page(path)
    assert "latency was 9 s, usually between 20 ms and " in page.text
    assert any(each["alt"].startswith("latency in ms over time") for each in page.all("img"))
    # The event is shown as it was read.
    assert " latency " not in re.sub("latency (in ms|was|[0-9.]+)", "", page.text)


def test_categories_are_told_by_their_values(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    countries = np.where(generator.random(2000) < 0.7, "DE", "FR").astype(object)
    countries[[1200, 1900]] = "<b>XX</b>"
    lines = [
        f"{value!r},{at}"
        for value, at in zip(generator.random(2000).tolist(), countries, strict=True)
    ]
    text = "\n".join(["kb,country", *lines]) + "\n"
    for rule in (["--contamination", 0.002], ["--alert-rate", 0.002]):
        page = report(tmp_path, "--categorical", "country", *rule, text=text)
        assert "country was '<b>XX</b>', never seen in 1,200 events" in page.text
        assert "Drawn is how surprising its values are, in bits." in page.text
        assert "country DE" in page.text


@pytest.mark.parametrize("text", ["a,b\n", "a,b\n1,\n", "a\n" + "5\n" * 50])
def test_short_streams(tmp_path: Path, text: str) -> None:
    page = report(tmp_path, text=text)
    count = text.count("\n") - 1
    wanted = {0: "No event was read.", 1: "No alert in 1 event"}
    assert wanted.get(count, f"No alert in {count} events") in page.text
    assert "Threshold none yet" in page.text or count > 1
    assert len(page.all("img")) == (count > 1)
    quiet = "Nothing was unusual enough for an alert." if count > 1 else "still warming up"
    assert quiet in page.text


def test_infinite_and_missing_values(tmp_path: Path) -> None:
    rows = ROWS.copy()
    rows[::7, 1] = np.nan
    rows[[2000, 2400], [0, 2]] = np.inf, -np.inf
    page = report(tmp_path, "--alert-rate", 0.004, text=csv_text(rows))
    assert "cpu was infinite" in page.text
    assert "disk was minus infinity" in page.text


def test_a_stream_full_of_alerts_makes_no_endless_page(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    rows = generator.standard_t(2, size=(20_000, 3))
    labels = (generator.random(20_000) < 0.5).astype(int)
    head, *lines = csv_text(rows).splitlines()
    text = "\n".join([f"{head},y", *map("{},{}".format, lines, labels)]) + "\n"
    page = report(tmp_path, "--contamination", 0.5, "--label", "y", text=text)
    assert len(page.source) < 3_000_000
    ((listed, total),) = re.findall(r"The (\d+) most unusual of ([\d,]+) are listed", page.text)
    assert "--alert-rate with --alerts FILE tells those alike as one incident" in page.text
    assert int(listed) == page.source.count("<summary>") == 500
    assert f"{total} alerts in 20,000 events" in page.text


def test_bad_events_are_told(tmp_path: Path) -> None:
    text = TEXT + "x,y,z\n1,2\n"
    page = report(tmp_path, "--on-error", "skip", "--only", "cpu", text=text)
    assert "2 bad events were skipped." in page.text
    path = tmp_path / "failed.html"
    result = call("score", "-", "--format", "csv", "--report", path, stdin=text)
    assert result.code == 1
    failed = Page(path)
    assert "The run ended early: standard input, row 3,001 " in failed.text
    assert "in 3,000 events" in failed.text


def test_a_disk_that_fails_leaves_the_old_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path, out = tmp_path / "report.html", tmp_path / "out.csv"
    path.write_text("the old one")
    monkeypatch.setattr(os, "fsync", full)
    result = call("score", "-", "--format", "csv", "--out", out, "--report", path, stdin=TEXT)
    assert result.code == 1
    assert f"cannot write the report {path}: No space left on device: make room" in result.err
    assert "3,000 events" in result.err
    assert path.read_text() == "the old one"
    assert len(csv_rows(out.read_text())) == 3000
    assert sorted(tmp_path.iterdir()) == [out, path]


@pytest.mark.parametrize(
    ("missing", "word"),
    [
        ("matplotlib", 'pip install "clipsgd_river[plot]", or leave --report out'),
        ("jinja2", 'pip install "clipsgd_river[cli]", or leave --report out'),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, word: str
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    path = tmp_path / "report.html"
    result = call("score", "-", "--format", "csv", "--report", path, stdin=TEXT)
    assert result.code == 2
    assert word in result.err
    assert not path.exists()


def test_the_demo_writes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("demo", "--events", 1500, "--no-peers", "--report", "demo.html")
    assert result.code == 0
    assert "report: demo.html" in result.err
    page = Page(tmp_path / "demo.html")
    assert "Anomalies in River's Shuttle stream" in page.text
    assert "in 1,500 events" in page.text
    assert "Throughput" not in page.text
    refused = call("demo", "--events", 1500, "--report", "demo.pdf")
    assert refused.code == 2
    assert "let it end in .html" in refused.err


def test_keeping_samples_takes_constant_memory() -> None:
    from clipsgd_river.alerts.alert import AlertFeature
    from clipsgd_river.cli.report.samples import Samples

    samples = Samples()
    for row in range(1, 50_001):
        if samples.wants_next():
            samples.add(row, math.nan, {"a": row}, {"a": (0.0, 1.0, 2.0)})
        if row % 10 == 0:
            distance = 1e9 if row == 33_330 else float(row % 97)
            behind = AlertFeature("b", 1.0, row, 1.0, 0.0, 2.0, "above", "rare")
            samples.mark(row, math.nan, distance, (behind,))
    a, b = samples.points("a"), samples.points("b")
    assert 400 <= len(a) <= 800
    steps = {second.row - first.row for first, second in pairwise(a)}
    assert steps == {samples.stride}
    assert [point.value for point in a] == [point.row for point in a]
    assert 1000 <= len(b) < 2048
    assert 33_330 in {point.row for point in b}
    assert samples.marks_stand_for == 4
    assert samples.points("c") == []
