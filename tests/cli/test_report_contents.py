"""What the report collects of a stream and what it makes of it, piece by piece."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import call, csv_text, ordinary_rows
from pages import Page

from clipsgd_river.alerts import Alert, Incident, Verdict
from clipsgd_river.alerts.alert import AlertFeature
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.report.alert_times import DAY, HOUR, AlertTimes
from clipsgd_river.cli.report.calendar_grid import grid
from clipsgd_river.cli.report.distributions import Distribution, from_json, to_json
from clipsgd_river.cli.report.feature_cards import cards
from clipsgd_river.cli.report.incident_rows import incident_rows
from clipsgd_river.cli.report.incidents import Incidents
from clipsgd_river.cli.report.related import ranked_with_related
from clipsgd_river.cli.scoring.run_history import MOST_RUNS, PastRun, RunHistory

pytest.importorskip("matplotlib", reason="a report has pictures")
pytest.importorskip("jinja2", reason="a report needs Jinja")


def event(row: int, **features: Any) -> Event:
    return Event(row, features, -1, None)


def collector(size: int = 25) -> Incidents:
    return Incidents(lambda event: {str(name): x for name, x in event.features.items()}, size)


def test_the_most_unusual_alerts_stay() -> None:
    generator = np.random.default_rng(0)
    chances, distances = generator.random(2000), generator.random(2000)
    found = collector()
    for row, (chance, distance) in enumerate(zip(chances, distances, strict=True)):
        alert = Alert(0.9, None if row % 2 else float(chance))
        found.add(event(row), Verdict(0.9, float(distance), 0.5, alert), math.nan)
    wanted = sorted(range(0, 2000, 2), key=lambda row: chances[row])[:25]
    assert [each.row for each in found.ranked()] == wanted
    assert found.total == 2000
    found = collector()
    for row, distance in enumerate(distances):
        found.add(event(row), Verdict(0.9, float(distance), 0.5, Alert(0.9)), math.nan)
    assert [each.row for each in found.ranked()] == np.argsort(-distances)[:25].tolist()
    assert not found.folded


def test_an_incident_is_one_row_with_its_worst_event_and_counts_by_its_events() -> None:
    found = collector()
    first, worse = Alert(0.9, 0.001, "medium"), Alert(0.99, 0.0005, "medium")
    incident = Incident(7, first)
    found.add(event(1, a="first"), Verdict(0.9, 9.0, 0.5, first, incident), 10.0)
    found.add(event(2), Verdict(0.9, 9.0, 0.5, Alert(0.9, 0.0004), Incident(8, first)), 11.0)
    joined = replace(incident, count=2)
    found.add(event(3, a="same"), Verdict(0.9, 9.0, 0.5, None, joined), 12.0)
    joined = replace(incident, count=3, worst=worse)
    found.add(event(4, a="worse"), Verdict(0.99, 99.0, 0.5, None, joined), 13.0)
    row, other = found.ranked()
    assert (row.row, row.worst_row, row.count, row.seconds, row.last) == (1, 4, 3, 10.0, 13.0)
    assert row.fields == (("a", "worse"),)
    # 0.0005 / 3 events is rarer than 0.001 / 1.
    assert (row.number, other.number, found.total, found.events) == (7, 8, 2, 4)


def test_an_incident_of_an_earlier_run_is_told_as_such_and_what_was_dropped_does_not_return() -> (
    None
):
    found = collector(size=1)
    old = Incident(3, Alert(0.9, 0.01), ("load",), count=5)
    found.add(event(1), Verdict(0.9, 9.0, 0.5, None, old), math.nan)
    (row,) = incident_rows([(each, None) for each in found.ranked()], None, {})
    assert row["is_older"]
    assert row["sentence"] == "load: unusual as in an earlier run."
    for number, p in ((4, 0.9), (5, 1e-9)):
        alert = Alert(0.9, p)
        found.add(event(number), Verdict(0.9, 9.0, 0.5, alert, Incident(number, alert)), math.nan)
    assert [each.number for each in found.ranked()] == [5]
    late = Incident(4, Alert(0.9, 0.9), count=9)
    found.add(event(9), Verdict(0.9, 9.0, 0.5, None, late), math.nan)
    assert (found.total, [each.number for each in found.ranked()]) == (3, [5])


def test_raw_events_of_many_rows_and_columns_stay_within_bounds() -> None:
    found = collector(size=500)
    behind = AlertFeature("f" * 5000, 1.0, 5.0, 1.0, 0.0, 2.0, "above", "rare")
    wide = {f"column_{at:03}_{'x' * 300}_end{at:03}": "v" * 1000 for at in range(300)}
    for row in range(600):
        alert = Alert(0.9, 0.5, contributions={behind.feature: 1.0}, features=(behind,))
        found.add(event(row, **wide), Verdict(0.9, 9.0, 0.5, alert), math.nan)
    rows = incident_rows([(each, None) for each in found.ranked()], None, {})
    assert len(rows) == 500
    assert len(json.dumps(rows)) < 1_500_000
    name, _ = rows[0]["fields"][0]
    assert name.startswith("column_000_x")
    assert name.endswith("_end000")
    assert rows[0]["left_out"] + len(rows[0]["fields"]) == 61


def test_of_incidents_that_share_a_rare_value_within_the_hour_one_moves_up() -> None:
    found = collector(size=100)
    hours = [0.0, 100.0, 100.5, 101.4, 200.0, 203.0, 720.0]
    users = ["a", "rare", "rare", "rare", "b", "b", "c"]
    for row, (hour, user) in enumerate(zip(hours, users, strict=True), start=1):
        alert = Alert(0.9, 0.001 * (10 - row))
        x = {"user": user, "action": "allow"}
        found.add(event(row, **x), Verdict(0.9, 9.0, 0.5, alert), hour * HOUR)
    assert [each.row for each in found.ranked()] == [7, 6, 5, 4, 3, 2, 1]
    counts = {"user": Counter({"a": 500, "b": 496, "rare": 2}), "action": Counter({"allow": 998})}
    ranked = ranked_with_related(found.ranked(), counts)
    assert [each.row for each, _ in ranked] == [4, 7, 6, 5, 3, 2, 1]
    related = ranked[0][1]
    assert related is not None
    # Seven in 720 hours, none of the other four with that user; the action is everybody's.
    assert related == ("user", "rare", 2, pytest.approx(-2 * math.log(7 / 720 / 27)))
    assert [each for _, each in ranked[1:]] == [None] * 6
    (row, *_) = incident_rows(ranked, None, {})
    assert row["related"]["words"] == "2 others within the hour with user rare"


MARCH = 1_772_323_200.0  # 2026-03-01, a Sunday


def test_days_are_rows_of_hours_and_many_days_rows_of_weeks() -> None:
    times = AlertTimes()
    for hours, severity in ((0, "low"), (25, "low"), (25, "high"), (26, "low")):
        times.add(MARCH + hours * HOUR + 5.0, Alert(0.9, 0.1, severity))
    days = grid(times, MARCH + 10.0, MARCH + 2 * DAY)
    assert days is not None
    assert [row.name for row in days.rows] == ["Sun 1 Mar 2026", "Mon 2 Mar 2026", "Tue 3 Mar 2026"]
    assert [cell.alerts for cell in days.rows[0].cells] == [1] + [0] * 23
    worst = days.rows[1].cells[1]
    assert worst == (2, "high", "1 high, 1 low", "2026-03-02 01:")
    parts = grid(times, MARCH, MARCH + 2 * DAY, hours=3)
    assert parts is not None
    assert [cell.alerts for cell in parts.rows[1].cells] == [3] + [0] * 7
    weeks = grid(times, MARCH, MARCH + 100 * DAY)
    assert weeks is not None
    assert weeks.rows[0].name == "Mon 23 Feb 2026"
    assert [cell.alerts for cell in weeks.rows[0].cells] == [0] * 6 + [1]
    assert [cell.alerts for cell in weeks.rows[1].cells] == [3] + [0] * 6
    far = grid(times, MARCH, MARCH + 90 * 365 * DAY)
    assert far is not None
    assert (len(far.rows), far.note) == (2, "Weeks without alerts are left out.")
    assert grid(AlertTimes(), math.nan, math.nan) is None


def test_counts_of_alerts_are_bounded_in_time_and_keys() -> None:
    times = AlertTimes()
    for at in range(20_000):
        times.add(3 * at * HOUR, Alert(0.9, 0.1, "low", key=f"k{at}"))
    assert times.between(0.0, 60_000 * HOUR) == {"low": 20_000}
    assert times.keys == 10_000
    assert times.severities == {"low": 20_000}


def test_distributions_know_the_share_below_any_number() -> None:
    generator = np.random.default_rng(0)
    for values in (
        generator.normal(size=5000),
        np.where(generator.random(5000) < 0.9, 0.0, generator.exponential(size=5000)),
        np.full(10, 3.0),
    ):
        found = Distribution.of(values)
        assert found is not None
        limits = np.quantile(values, np.linspace(0, 1, 50))
        shares = [(values <= limit).mean() for limit in limits]
        assert np.abs(found.below(limits) - shares).max() <= 1 / 32
        assert from_json(json.loads(json.dumps(to_json({"a": found})))).keys() == {"a"}
    assert Distribution.of([None, "", math.nan]) is None
    huge = Distribution.of([10**400, -math.inf, 1.0])
    assert huge is not None
    assert np.isfinite(huge.quantiles).all()


def test_features_that_changed_come_first() -> None:
    generator = np.random.default_rng(0)
    same, moved = generator.normal(size=(2, 400)), generator.normal([[0.0], [3.0]], size=(2, 400))
    letters = [generator.choice(["a", "b"], 400, p=p).tolist() for p in ((0.9, 0.1), (0.2, 0.8))]
    pair: list[dict[str, Distribution]] = []
    for at in (0, 1):
        named = {"same": same[at], "moved": moved[at], "letters": letters[at]}
        named["<b>"] = np.zeros(400)
        found = {name: Distribution.of(values) for name, values in named.items()}
        pair.append({name: each for name, each in found.items() if each is not None})
    shown = cards(*pair, {"moved": "ms"}, ["<b>"])
    assert [(card.name, card.differs) for card in shown] == [
        ("moved in ms", True),
        ("letters", True),
        ("<b>", False),
        ("same", False),
    ]
    assert shown[1].categories[0].now == pytest.approx(20.0, abs=6.0)
    assert shown[0].bars is not None
    corners = [point.split(",") for point in shown[0].bars.now.split()]
    assert all(0.0 <= float(y) <= 60.0 for _, y in corners)


@pytest.mark.parametrize(
    "damaged",
    [None, 5, [5], {"runs": 5}, {"runs": [{}, 5, {"severities": []}], "distributions": 5},
     {"runs": [{"severities": {}, "first": 1e999, "last": None, "source": "", "ended": "",
                "events": 1, "alerts": 1}], "distributions": {"a": [1, 0.0, [2.0, 1.0], []]}}],
)  # fmt: skip
def test_a_damaged_history_is_none(damaged: Any) -> None:
    history = RunHistory(damaged if isinstance(damaged, dict) else {})
    assert history.before == []
    assert from_json(history.distributions) == {}


def test_a_state_remembers_so_many_runs() -> None:
    history = RunHistory({})
    for at in range(MOST_RUNS + 5):
        history.now = PastRun(f"night {at}", "2026-03-01", 10, 1, {"low": 1}, 0.0, 1.0)
        history = RunHistory(json.loads(json.dumps(history.fields())))
    assert [each.source for each in history.before] == [f"night {at}" for at in range(5, 65)]


def test_several_nights_from_one_state(tmp_path: Path) -> None:
    state, path = tmp_path / "state", tmp_path / "report.html"
    rows = ordinary_rows(1200)
    rows[600:, 1] += 500.0
    given = ["--alert-rate", 0.01, "--state", state, "--report", path, "-q"]
    counts = []
    for night in range(2):
        source = tmp_path / f"night{night}.csv"
        source.write_text(csv_text(rows[600 * night : 600 * (night + 1)]))
        alerts = tmp_path / f"alerts{night}.jsonl"
        result = call("score", source, "--alerts", alerts, "--out", tmp_path / "o.csv", *given)
        assert result.code == 0, result.err
        counts.append(alerts.read_text().count('"status": "new"'))
    page = Page(path)
    runs = page.text[page.text.index("This run and those before") :]
    places = [runs.index(f"night{night}.csv 600 {counts[night]} ") for night in (1, 0)]
    assert places == sorted(places)
    assert "last run this run. Those that have changed come first. memory changed" in page.text


def test_three_hundred_features_and_missing_values(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(300, 300))
    rows[::3, 5] = np.nan
    rows[280, 7] = 1e6
    names = [f"sensor_of_the_northern_hall_{at:03}" for at in range(300)]
    path = tmp_path / "report.html"
    text = ",".join(names) + "\n" + "\n".join(",".join(map(str, row)) for row in rows.tolist())
    given = ["--detector", "ClippedZScore", "--alert-rate", 0.02, "--report", path, "-q"]
    result = call("score", "-", "--out", tmp_path / "o.csv", *given, stdin=text + "\n")
    assert result.code == 0, result.err
    page = Page(path)
    assert path.stat().st_size < 3_000_000
    assert "288 more features in numbers" in page.text
    assert "sensor_of_the_northern_hall_007 was 1,000,000" in page.text
    assert "missing in 34%" in page.text
