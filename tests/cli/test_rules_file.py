"""`--rules` and `feedback`: the file of the docs, mistakes with their lines, states that go on."""

from __future__ import annotations

import random
import re
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import call, json_objects

from clipsgd_river.alerts.rules.holidays import _days_of
from clipsgd_river.cli.rules.rules import Rules
from clipsgd_river.cli.scoring.state_file import StateFile

pytestmark = pytest.mark.either_mode
pytest.importorskip("holidays", reason="calendars of holidays need the package")

START = datetime(2026, 1, 2)
COUNT = 900


def events(seed: int = 0, **odd: dict[str, Any]) -> str:
    """A CSV of ordinary minutes, some of which, by number, have other values."""
    rng = random.Random(seed)
    lines = ["time,host,user,latency,temperature,free_space,status,failed_logins"]
    for i in range(COUNT):
        row: dict[str, Any] = {
            "time": (START + timedelta(minutes=i)).isoformat(),
            "host": f"web-{i % 2}",
            "user": rng.choice(["ann", "bob"]),
            "latency": round(rng.gauss(50, 5), 3),
            "temperature": round(rng.gauss(20, 0.1), 3),
            "free_space": round(rng.gauss(500, 9), 3),
            "status": 200,
            "failed_logins": int(rng.random() < 0.1),
        }
        lines.append(",".join(map(str, (row | odd.get(f"row{i}", {})).values())))
    return "\n".join(lines) + "\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    odd: dict[str, dict[str, Any]] = {
        "row500": {"latency": 1},
        "row600": {"latency": 400},
        "row640": {"temperature": 23},
        "row700": {"user": "backup", "latency": 62},
        "row760": {"latency": 410},
        "row762": {"latency": 405},
        "row800": {"user": "eve"},
    }
    (tmp_path / "events.csv").write_text(events(**odd))
    return tmp_path


def score(files: Path, rules: str | None, *more: Any, name: str = "events.csv") -> Any:
    """Judge the events; rules go to a file first."""
    given: list[Any] = []
    if rules is not None:
        (files / "rules.toml").write_text(rules)
        given = ["--rules", files / "rules.toml"]
    alerts = files / "alerts.jsonl"
    alerts.unlink(missing_ok=True)
    result = call(
        *("score", files / name, "--alert-rate", 0.01, "--alerts", alerts, "--out"),
        *(files / "out.csv", "--time", "time", *given, *more),
    )
    found = json_objects(alerts.read_text()) if alerts.exists() else []
    return result, {each["row"] - 1: each for each in found if each["status"] == "new"}


def test_the_file_of_the_docs_has_all_rules() -> None:
    page = Path(__file__).parents[2] / "docs" / "rules_file.md"
    if not page.exists():
        pytest.skip("what is installed has no docs beside it")
    text = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.S)[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_bytes", lambda _: text.encode())
        rules = Rules.read("rules.toml")
    assert rules.settings["floor"] == 0.05
    assert rules.settings["resolved_after"] == 600
    assert rules.settings["never_mute"]["keys"] == ["dc-1"]
    assert rules.key == "host"
    assert rules.side == {"latency": "above", "free_space": "below"}
    assert rules.absolute == {"temperature": 5.0, "latency": 20.0}
    assert rules.relative == {"latency": 0.2}
    assert rules.values == {
        "user": ["backup", "monitoring"],
        "status": [200, "200", 304, "304"],
    }
    assert (rules.calendar.inside, rules.calendar.share) == ("profile", 0.1)
    at = rules.calendar.calendar.at
    for moment, name in (
        ("2026-01-06 12:00", "holidays"),
        ("2026-07-04 12:00", "holidays"),
        ("2026-05-05 00:30", "backup"),
        ("2026-05-02 01:00", "night_shift"),
        ("2026-05-02 10:00", "weekend"),
        ("2026-04-29 10:00", "month_end"),
        ("2026-12-24 10:00", "christmas"),
        ("2025-11-28 10:00", "black_friday"),
        ("2026-03-03 22:30", "release"),
        ("2026-06-10 10:00", "release"),
        ("2026-05-05 12:00", None),
    ):
        assert at(datetime.fromisoformat(moment)) == name, moment


def test_what_rules_forbid_does_not_alert(files: Path) -> None:
    _, plain = score(files, None)
    assert {500, 600, 640, 700} <= plain.keys()
    rules = """
[incidents]
key = "host"
[direction]
latency = "above"
[least_deviation]
temperature = { absolute = 5 }
[never_alert]
user = ["backup"]
"""
    result, found = score(files, rules)
    assert result.code == 0
    assert {500, 640, 700}.isdisjoint(found)
    assert found[600]["key"] == "web-0"
    assert found[600]["first"].startswith("2026-01-02T10:00")


def test_calendars_judge_and_mute_by_the_time_column(files: Path) -> None:
    mute = (
        '[calendar]\ninside = "mute"\n[calendar.windows]\nwork = { daily = ["08:00", "12:30"] }\n'
    )
    result, found = score(files, mute)
    assert result.code == 0
    assert {500, 600, 640, 700}.isdisjoint(found)
    assert 760 in found
    rows = (files / "out.csv").read_text().splitlines()
    # What is not judged has a score all the same.
    assert len(rows) == COUNT + 1
    assert "nan" not in rows[601]
    result, found = score(files, mute.replace("mute", "profile"))
    assert result.code == 0
    assert all(found[row]["id"].startswith("work:") for row in {600} & found.keys())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[directon]\nlatency = 'above'",
            "line 1: there is no 'directon': did you mean 'direction'",
        ),
        (
            "\n[direction]\nlatncy = 'above'",
            "line 3: there is no column 'latncy': did you mean 'lat",
        ),
        ("[direction]\nlatency = 'up'", 'line 2: a direction is "above", "below" or "both"'),
        ("[direction]\nuser = 'above'", "line 2: column 'user' has categories"),
        ("[direction]\ntime = 'above'", "line 2: column 'time' is not judged"),
        ("direction = 3", "line 1: a direction is"),
        ("[direction\nx = 1", "is no TOML: .*line 1, column 11"),
        ("[incidents]\nkey = 'hots'", "line 2: there is no column 'hots': did you mean 'host'"),
        ("incidents = { key = 3 }", "line 1: 'incidents.key' is the name of a column, not 3"),
        ("[incidents]\nresolved_after = -1", "line 2: resolved_after is 0 or more"),
        ("floor = true", "line 1: 'floor' is a probability"),
        ("floor = 2", "line 1: floor is above 0 and at most 1"),
        ("[least_deviation]\nlatency = 5", "line 2: .* is a table such as"),
        ("[least_deviation]\nlatency = { abs = 5 }", "line 2: there is no 'abs' in"),
        ("least_deviation = { relative = -1 }", "line 1: a least deviation is 0 or more"),
        ("[never_alert]\nuser = 'backup'", "line 2: 'never_alert.user' is a list of values"),
        ("[calendar]\nholidays = [\n 'DE',\n 'XX']", "line 2: there are no holidays of 'XX'"),
        ("[calendar]", "line 1: the calendar has no times"),
        ("[calendar]\nshare = 2\nholidays = 'DE'", "line 2: share is above 0"),
        ("[calendar]\ninside = 'x'\nholidays = 'DE'", "line 2: inside is "),
        ("[calendar]\ntime_zone = 'Mars'\nholidays = 'DE'", "line 2: there is no time zone 'Mars'"),
        ("[calendar.windows]\na = { dayly = ['1'] }", "line 2: the window 'a' is a table such as"),
        ("[calendar.windows]\na = { daily = ['1'] }", "line 2: daily is a pair such as"),
        ("[calendar.windows]\na = { daily = ['1:00', '2:00'] }", "line 2: start is a time of day"),
        ("[calendar.windows]\na = { yearly = ['1', '2'], days = 3 }", "there is no 'days'"),
        ("[feedback]\nnever_mute = 'worst'", "line 2: the severity of never_mute is one of"),
    ],
)
def test_mistakes_are_told_with_their_line(files: Path, text: str, message: str) -> None:
    result, _ = score(files, text)
    assert result.code == 2
    assert re.search(rf"rules\.toml.*{message}", result.err), result.err
    assert not (files / "out.csv").exists() or not (files / "out.csv").read_text()


def test_files_that_are_none_are_told(files: Path) -> None:
    path = files / "rules.toml"
    base = ["score", files / "events.csv", "--out", files / "out.csv"]
    path.write_bytes("# é\n[direction]\n# caf".encode() + b"\xe9\n")
    for rules, more, message in (
        (path, ["--alert-rate", 0.01], "line 3: this is not UTF-8: save the file as UTF-8"),
        (files / "none.toml", ["--alert-rate", 0.01], "No such file"),
        (files, ["--alert-rate", 0.01], "Is a directory"),
        (path, [], "--rules needs a rule for alerts"),
        (files / "events.csv", ["--alert-rate", 0.01], "are the same file"),
    ):
        result = call(*base, "--rules", rules, *more)
        assert result.code == 2
        assert message in result.err
    path.write_bytes(b"\xef\xbb\xbffloor = 0.1\r\n")
    assert call(*base, "--rules", path, "--alert-rate", 0.01).code == 0
    for more, message in (
        (["--alert-rate", 0.01, "--floor", "0.2"], "line 1: --floor says it, too"),
        (["--tail-risk", 0.01], "line 1: --tail-risk has no floor"),
    ):
        result = call(*base, "--rules", path, *more)
        assert result.code == 2
        assert message in result.err
    path.write_text("[calendar]\nholidays = 'DE'\n")
    result = call(*base, "--rules", path, "--alert-rate", 0.01)
    assert "line 1: a calendar needs --time" in result.err
    path.write_text("# nothing yet\n")
    result = call(*base, "--rules", path, "--alert-rate", 0.01)
    assert result.code == 0
    assert "there are no rules in " in result.err


def test_keys_of_json_may_come_later(files: Path) -> None:
    lines = "".join(f'{{"load": {50 + i % 7}}}\n' for i in range(50))
    (files / "rules.toml").write_text("[direction]\nlaod = 'above'\n")
    args = ["--alert-rate", 0.01, "--rules", files / "rules.toml"]
    result = call("score", "-", "--format", "jsonl", *args, stdin=lines)
    assert result.code == 0
    assert "line 2: the first events have no 'laod': did you mean 'load'?" in result.err


def test_a_state_goes_on_with_the_rules_of_the_command(files: Path) -> None:
    state = ("--state", files / "state")
    rules = (
        "[calendar.windows]\nwork = { daily = ['08:00', '12:30'] }\n[direction]\nlatency='above'"
    )
    assert "rules" not in score(files, rules, *state)[0].err
    assert "rules" not in score(files, rules, *state, "--again")[0].err
    other = score(files, rules.replace("above", "below"), *state, "--again")[0]
    assert other.code == 0
    assert "rules are others than those the state was saved with" in other.err
    assert "forgotten" not in other.err
    none = score(files, None, *state, "--again")[0]
    assert none.code == 0
    assert (
        "without --rules none of them holds now; what was usual in 'work' is forgotten" in none.err
    )


def test_a_state_with_holidays_needs_the_package(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = files / "state"
    assert score(files, "[calendar]\nholidays = 'DE'\n", "--state", state)[0].code == 0
    _days_of.cache_clear()
    monkeypatch.setitem(sys.modules, "holidays", None)
    told = call("feedback", "--state", state)
    assert told.code == 1
    assert "pip install 'clipsgd-river[holidays]'" in told.err


def test_feedback_mutes_by_the_id_in_the_file_of_alerts(files: Path) -> None:
    state = ("--state", files / "state")
    rules = "[incidents]\nresolved_after = 0\n"
    _, found = score(files, rules, *state)
    assert {600, 760, 762} <= found.keys()
    name = found[600]["id"]
    say = ("feedback", *state, "--alert", name)
    told = call(*say, "--no")
    assert told.code == 0
    assert f"alerts like {name} ('latency') must be 100 times rarer" in told.err
    assert call(*say, "--no").err == told.err
    assert call("feedback", *state).err == told.err
    # What it had learned of files is kept.
    known = score(files, rules, *state)[0]
    assert "has learned all 900 rows" in known.err
    muted, found = score(files, rules, *state, "--again")
    assert found.keys().isdisjoint({600, 760, 762})
    assert "muted by feedback: 3 events" in muted.err
    assert "; 3 were muted" in call("feedback", *state).err
    assert "alert again" in call(*say, "--yes").err
    assert "nothing changes" in call(*say, "--yes").err
    assert "nothing is muted" in call("feedback", *state).err
    assert score(files, rules, *state, "--again")[1].keys() & {600, 760, 762}


def test_feedback_that_cannot_be_is_told(files: Path) -> None:
    state = files / "state"
    score(files, None, "--state", state)
    before = state.read_bytes()
    base = ["feedback", "--state", state]
    for more, code, message in (
        (["--alert", "9999", "--no"], 2, "there is no alert '9999': "),
        (["--alert", "1", "--no", "--for", "30d"], 2, "--for is a number of events"),
        (["--alert", "1", "--no", "--factor", 1], 2, "factor is above 1"),
        (["--alert", "1"], 2, "say --no or --yes"),
        (["--no"], 2, "it needs --alert ID"),
        (["--alert", "1", "--no", "--for", "soon"], 2, "--for"),
    ):
        result = call(*base, *more)
        assert (result.code, message in result.err) == (code, True), result.err
    with StateFile(str(state), "-"):
        result = call(*base, "--alert", "1", "--no")
    assert result.code == 2
    assert "in use by another process, such as a score that still runs" in result.err
    assert state.read_bytes() == before
    missing = call("feedback", "--state", files / "none", "--alert", "1", "--no")
    assert missing.code == 1
    assert "No such file" in missing.err
    call("score", files / "events.csv", "--out", files / "out.csv", "--state", files / "plain")
    plain = call("feedback", "--state", files / "plain", "--alert", "1", "--no")
    assert plain.code == 1
    assert "without a filter of alerts" in plain.err
