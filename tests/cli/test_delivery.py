"""Alerts reach a command, in order, none twice, and what does not waits for the next run."""

from __future__ import annotations

import json
import shlex
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from command_line import COLUMNS, call, csv_text, json_objects, new_alerts, ordinary_rows

from clipsgd_river.alerts import AlertBudget
from clipsgd_river.alerts.rules import Direction, SpecialEvents
from clipsgd_river.anomaly import ClippedEnsemble, ClippedZScore
from clipsgd_river.cli.delivery import courier as couriers
from clipsgd_river.cli.delivery.alert_log import AlertLog
from clipsgd_river.cli.delivery.command import Command
from clipsgd_river.cli.delivery.courier import Courier
from clipsgd_river.cli.delivery.marks import Identity
from clipsgd_river.cli.delivery.notification import Notification
from clipsgd_river.cli.delivery.receiver import Outcome, Result
from clipsgd_river.cli.scoring.telling import Telling, Told
from clipsgd_river.cli.terminal.errors import UsageError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="commands are those of POSIX")

SCHEMA = Path(__file__).parents[2] / "docs" / "alert_line.schema.json"
ROWS = ordinary_rows(1500)
# A flood, which is one incident and ends, and one event apart.
ROWS[700:740, 0] += 60.0
ROWS[1200, 1] -= 2000.0
TEXT = csv_text(ROWS).replace("cpu", "Prozessor ä€🙂")
ASKED = ("score", "-", "--format", "csv", "--alert-rate", "0.002", "-q")

IMPORTS_OLD_MODULES = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for what people do not notice."""
    monkeypatch.setattr(couriers, "FIRST_WAIT", 0.01)
    for each in (Command, Notification):
        monkeypatch.setattr(each, "pace", 0.0)


def lines_in(path: Path) -> list[dict[str, Any]]:
    return json_objects(path.read_text("utf-8")) if path.exists() else []


def program(path: Path, text: str) -> str:
    """Write a shell script, and return the command that runs it."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return shlex.quote(str(path))


def told(lines: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(line["uid"], line["update"]) for line in lines]


def test_a_command_gets_each_incident_as_it_begins_gets_worse_and_ends(tmp_path: Path) -> None:
    alerts, got = tmp_path / "alerts.jsonl", tmp_path / "got here.jsonl"
    command = program(tmp_path / "a b.sh", 'cat >> "$1"') + f" {shlex.quote(str(got))}"
    result = call(*ASKED, "--alerts", alerts, "--exec", command, stdin=TEXT)
    assert result.code == 0
    lines, received = lines_in(alerts), lines_in(got)
    for line in lines:
        jsonschema.validate(line, json.loads(SCHEMA.read_text()))
        assert line.pop("delivered") == {"exec": True}
    assert received == lines
    flood = [line for line in lines if line["uid"] == new_flood(lines)["uid"]]
    assert [line["status"] for line in flood] == ["new", "worsened", "resolved"]
    assert [line["update"] for line in flood] == [0, 1, 2]
    count, row = last_of_flood()
    assert [line["row"] for line in flood] == [701, 710, row]
    assert [line["count"] for line in flood] == [1, 10, count]
    assert f"; {count} times." in flood[-1]["sentence"]
    assert "Prozessor ä€🙂 was " in flood[0]["sentence"]


def last_of_flood() -> tuple[int, int]:
    """Count the events of the flood's incident, and return the row of the last one, too."""
    model = AlertBudget(ClippedEnsemble(), 0.002, floor="auto")
    events = (dict(zip(COLUMNS, row, strict=True)) for row in ROWS.tolist())
    incidents = [model.judge_learn_one(x).incident for x in events]
    flood = incidents[700]
    assert flood is not None
    rows = [i for i, each in enumerate(incidents, 1) if each and each.number == flood.number]
    return len(rows), rows[-1]


def new_flood(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return next(line for line in lines if line["row"] == 701 and line["status"] == "new")


def test_what_was_not_delivered_waits_for_the_next_run_and_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clipsgd_river.cli.delivery.outbox.LAST_SECONDS", 0.05)
    alerts, got, state = tmp_path / "alerts.jsonl", tmp_path / "got", tmp_path / "state"
    files = ("--alerts", alerts, "--state", state)
    first, rest = csv_text(ROWS[:720]), csv_text(ROWS[720:])
    failed = call(*ASKED, *files, "--exec", "false", stdin=first)
    assert failed.code == 0
    assert "--exec failed: its exit code was 1" in failed.err
    waiting = len(lines_in(alerts))
    assert f"{waiting} alerts are not delivered: they wait in {alerts}" in failed.err
    assert all(line["delivered"] == {"exec": False} for line in lines_in(alerts))
    command = program(tmp_path / "take", f"cat >> {got}")
    result = call(*ASKED, *files, "--exec", command, stdin=rest)
    assert f"{waiting} alerts of an earlier run wait" in result.err
    assert told(lines_in(got)) == told(lines_in(alerts))
    assert len(set(told(lines_in(got)))) == len(lines_in(got)) > waiting
    flood = [line for line in lines_in(alerts) if line["uid"] == new_flood(lines_in(alerts))["uid"]]
    # The incident that began in the first run ends in the second.
    assert [line["status"] for line in flood] == ["new", "worsened", "resolved"]
    assert flood[-1]["count"] == last_of_flood()[0]
    assert flood[-1]["sentence"].startswith(flood[0]["sentence"].split(";")[0])
    again = call(*ASKED, *files, "--exec", "false", stdin="cpu\n")
    assert "not delivered" not in again.err


def test_the_same_events_judged_again_are_not_told_again(tmp_path: Path) -> None:
    alerts, got = tmp_path / "alerts.jsonl", tmp_path / "got"
    command = program(tmp_path / "take", f"cat >> {got}")
    for _ in range(2):
        assert call(*ASKED, "--alerts", alerts, "--exec", command, stdin=TEXT).code == 0
    assert told(lines_in(got)) == told(lines_in(alerts))
    assert len(set(told(lines_in(got)))) == len(lines_in(got)) > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_alert_that_cannot_be_written_is_delivered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("clipsgd_river.cli.output.text_output._write_whole", is_full)
    alerts, got = tmp_path / "alerts.jsonl", tmp_path / "got"
    command = program(tmp_path / "take", f"cat >> {got}")
    result = call(*ASKED, "--alerts", alerts, "--exec", command, stdin=TEXT)
    assert result.code == 1
    assert "No space left" in result.err
    assert len(lines_in(got)) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--exec", "no-such-command-here x"], "there is no command 'no-such-command-here'"),
        (["--exec", "cat 'a"], "No closing quotation"),
        (["--exec", "  "], "names no command"),
        (["--metrics", "m.txt"], "must end in .prom"),
        (["--metrics", "/no/such/folder/m.prom"], "cannot write /no/such/folder/m.prom"),
    ],
)
def test_what_cannot_work_is_said_at_the_start(
    tmp_path: Path, options: list[str], words: str
) -> None:
    result = call(*ASKED, "--alerts", tmp_path / "a.jsonl", *options, stdin=TEXT)
    assert result.code == 2
    assert words in result.err


def test_who_delivers_needs_a_file_to_keep_what_is_not() -> None:
    result = call(*ASKED, "--exec", "cat", stdin=TEXT)
    assert result.code == 2
    assert "--exec needs --alerts FILE.jsonl" in result.err


def test_a_file_that_cannot_be_written_is_said_at_the_start(tmp_path: Path) -> None:
    result = call(*ASKED, "--alerts", tmp_path, "--exec", "cat", stdin=TEXT)
    assert result.code == 2
    assert f"cannot write {tmp_path}" in result.err


@pytest.mark.parametrize(
    ("script", "result", "why"),
    [
        ("exit 0", Result.DELIVERED, ""),
        ("exit 3", Result.FAILED, "its exit code was 3"),
        ("exit 65", Result.REFUSED, "its exit code was 65"),
        ("kill -9 $$", Result.FAILED, "it was ended by signal 9"),
        ("sleep 100 & wait", Result.FAILED, "it was killed: after 0.3 seconds"),
    ],
)
def test_what_a_command_answers(tmp_path: Path, script: str, result: Result, why: str) -> None:
    # A line that no pipe holds, so that a command which does not read it is met, too.
    command = Command(program(tmp_path / "a", script), seconds=0.3)
    line = b'{"a": "' + b"x" * 300_000 + b'"}\n'
    assert command.send(line, threading.Event()) == Outcome(result, why)


def test_a_command_without_permission(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("#!/bin/sh\n")
    with pytest.raises(UsageError, match="make it executable"):
        Command(str(tmp_path / "a"))


class Fickle:
    """A receiver that does as it is told, line by line."""

    label = name = "it"
    pace = 0.0

    def __init__(self, answer: Callable[[int], Result]) -> None:
        self.answer = answer
        self.calls = 0
        self.got: list[int] = []

    def send(self, line: bytes, stop: threading.Event) -> Outcome:
        self.calls += 1
        result = self.answer(self.calls)
        if result is Result.DELIVERED:
            self.got.append(json.loads(line)["number"])
        return Outcome(result, "because")


def line(number: int) -> tuple[str, Identity]:
    head = f'{{"schema": 1, "status": "new", "uid": "{number:032x}", "update": 0'
    return f'{head}, "number": {number}}}', Identity(f"{number:032x}", 0)


def deliver(path: Path, receiver: Fickle, numbers: range, patience: float = 5.0) -> list[str]:
    """Write lines while they are delivered, and return what was noted."""
    said: list[str] = []
    log = AlertLog(str(path), labels=["it"])
    log.open()
    courier = Courier(receiver, str(path), said.append, log.waiting["it"])
    courier.start(log.end)
    for number in numbers:
        if log.write(*line(number)):
            courier.add(log.end)
    courier.finish(patience)
    assert courier.join(10.0)
    log.close()
    assert courier.waiting == sum(x["delivered"]["it"] is False for x in lines_in(path))
    return said


def test_order_is_kept_where_many_attempts_fail(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    flaky = Fickle(lambda _: Result.FAILED if rng.random() < 0.4 else Result.DELIVERED)
    said = deliver(tmp_path / "a", flaky, range(50))
    assert flaky.got == list(range(50))
    assert flaky.calls > 60
    assert said[:2] == [
        "it failed: because; it is tried again, alerts wait",
        "it delivers again",
    ]


def test_what_dies_between_delivery_and_mark_is_delivered_again_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"

    def dies(number: int) -> Result:
        if number == 4:
            monkeypatch.setattr(Courier, "_mark", lambda *_: 1 / 0)
        return Result.DELIVERED

    dying = Fickle(dies)
    said: list[str] = []
    log = AlertLog(str(path), labels=["it"])
    log.open()
    for number in range(8):
        log.write(*line(number))
    courier = Courier(dying, str(path), said.append, 8)
    courier.start(log.end)
    courier.finish(5.0)
    assert courier.join(10.0)
    log.close()
    assert "delivers no more in this run" in said[0]
    monkeypatch.undo()
    rest = Fickle(lambda _: Result.DELIVERED)
    deliver(path, rest, range(6, 10))
    assert dying.got == [0, 1, 2, 3]
    # Lines 6 and 7 were there before.
    assert rest.got == [3, 4, 5, 6, 7, 8, 9]


def test_a_line_cut_off_by_a_crash_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a"
    deliver(path, Fickle(lambda _: Result.FAILED), range(3), patience=0.0)
    with path.open("ab") as file:
        file.write(b'{"schema": 1, "status": "new", "uid": "77", "upd')
    take = Fickle(lambda _: Result.DELIVERED)
    log = AlertLog(str(path), labels=["it"])
    log.open()
    log.write(*line(3))
    courier = Courier(take, str(path), print, 3)
    courier.start(log.end)
    courier.finish(5.0)
    assert courier.join(10.0)
    log.close()
    assert take.got == [0, 1, 2, 3]


def test_a_refused_line_holds_up_no_other_and_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "a"
    choosy = Fickle(lambda call: Result.REFUSED if call == 2 else Result.DELIVERED)
    said = deliver(path, choosy, range(4))
    assert choosy.got == [0, 2, 3]
    assert [x["delivered"]["it"] for x in lines_in(path)] == [True, None, True, True]
    assert said == ["it refused an alert for good: because"]


def test_one_process_at_a_time_delivers_what_is_in_a_file(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    log = AlertLog(str(tmp_path / "a"), labels=["it"])
    log.open()
    with pytest.raises(UsageError, match="in use by another process"):
        AlertLog(str(tmp_path / "a"), labels=["it"]).open()
    log.close()


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Return the address of a web server, and what is posted to it."""
    from http.server import BaseHTTPRequestHandler, HTTPServer

    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # as the library names it
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(json.loads(body))
            self.send_response(200 if len(got) > 1 else 503)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{found.server_port}", got
        found.shutdown()
        thread.join()


@IMPORTS_OLD_MODULES
def test_a_web_hook_gets_whole_lines(
    tmp_path: Path, server: tuple[str, list[dict[str, Any]]]
) -> None:
    pytest.importorskip("apprise")
    address, got = server
    alerts = tmp_path / "alerts.jsonl"
    urls = ["--notify", f"json://{address}", "--notify", f"json://{address}/other"]
    result = call(*ASKED, "--alerts", alerts, *urls, stdin=TEXT)
    assert result.code == 0
    lines = lines_in(alerts)
    assert all(line.pop("delivered") == {"json": True, "json 2": True} for line in lines)
    bodies = [json.loads(each["message"]) for each in got]
    # The first attempt was answered by an error.
    wanted = [bodies[0], *lines, *lines]
    assert sorted(bodies, key=told_key) == sorted(wanted, key=told_key)
    assert {each["title"] for each in got} >= {f"new incident {new_flood(lines)['incident']} (low)"}


def told_key(line: dict[str, Any]) -> tuple[str, int]:
    return line["uid"], line["update"]


@IMPORTS_OLD_MODULES
def test_an_address_that_is_none(tmp_path: Path) -> None:
    pytest.importorskip("apprise")
    options = ["--alerts", tmp_path / "a", "--notify", "slack://secret"]
    result = call(*ASKED, *options, stdin=TEXT)
    assert result.code == 2
    assert "'slack:...' is no URL that Apprise understands" in result.err
    assert "secret" not in result.err


def test_metrics_of_a_run(tmp_path: Path) -> None:
    alerts, path = tmp_path / "alerts.jsonl", tmp_path / "shop.prom"
    head, *rows = TEXT.splitlines()
    start = 1_780_000_000
    text = "\n".join([f"at,{head}", *(f"{start + 60 * i},{row}" for i, row in enumerate(rows))])
    options = ["--time", "at", "--alerts", alerts, "--metrics", path, "--exec", "cat"]
    result = call(*ASKED, *options, stdin=text + "\n")
    assert result.code == 0, result.err
    found = dict(
        line.rsplit(" ", 1) for line in path.read_text().splitlines() if not line.startswith("#")
    )
    values = {name.removeprefix("clipsgd_river_"): float(text) for name, text in found.items()}
    assert values['events_total{stream="shop"}'] == 1500
    assert values['alerts_total{stream="shop"}'] == len(new_alerts(alerts))
    lines = lines_in(alerts)
    open_ones = len(new_alerts(alerts)) - sum(line["status"] == "resolved" for line in lines)
    assert values['incidents_open{stream="shop"}'] == open_ones
    assert 0.0 < values['threshold{stream="shop"}'] < 1.0
    newest = start + 60 * 1499
    assert values['newest_event_timestamp_seconds{stream="shop"}'] == newest
    assert values['lag_seconds{stream="shop"}'] == pytest.approx(time.time() - newest, abs=60)
    assert values['delivered_total{stream="shop",receiver="exec"}'] == len(lines)
    assert values['undelivered{stream="shop",receiver="exec"}'] == 0


def test_incidents_of_a_window_and_those_outside_are_told_apart() -> None:
    model = SpecialEvents(AlertBudget(ClippedZScore(), 0.01, resolved_after=20))
    telling = Telling(model, lambda alert: alert.sentence)
    normal = np.random.default_rng(0).normal
    stories: dict[str, list[Told]] = {}
    for number in range(3000):
        if number in (1500, 2500):
            (model.begin if number == 1500 else model.end)("backup")
        load = 50.0 if number in (1450, 2000, 2600) else normal()
        verdict = model.judge_learn_one({"load": load})
        for told in (*telling.ended(), *telling.after(number, verdict)):
            stories.setdefault(told.uid, []).append(told)
    assert {each[0].row for each in stories.values()} >= {1450, 2000, 2600}
    assert len({each[0].alert for each in stories.values()}) == len(stories) == telling.begun
    assert {each[0].alert.startswith("backup:") for each in stories.values()} == {True, False}
    for story in stories.values():
        assert [each.update for each in story] == list(range(len(story)))
        assert story[0].status == "new"
        assert (story[-1].status == "resolved") == (story[0].uid not in str(telling.fields()))
    windows = [each for each in stories.values() if each[0].alert.startswith("backup:")]
    assert all(each[-1].status == "resolved" for each in windows)
    again = Telling(model, lambda alert: alert.sentence, telling.fields())
    assert again.fields() == telling.fields()


def test_what_a_rule_left_of_an_alert_is_what_is_told_to_the_end() -> None:
    model = Direction(AlertBudget(ClippedZScore(), 0.01, resolved_after=20), "above")
    telling = Telling(model, lambda alert: alert.sentence)
    normal = np.random.default_rng(0).normal
    told: list[Told] = []
    for number in range(800):
        far = number == 600
        x = {"up": 50.0 if far else normal(), "down": -40.0 if far else normal()}
        verdict = model.judge_learn_one(x)
        told += [*telling.ended(), *telling.after(number, verdict)]
    one = [each for each in told if each.row == 600]
    assert [each.status for each in one] == ["new", "resolved"]
    assert {each.sentence for each in one} == {one[0].sentence}
    assert [part.feature for part in one[1].worst.features] == ["up"]
