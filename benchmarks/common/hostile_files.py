"""Files of all formats, cut, spliced and altered, and what the command line makes of them."""

from __future__ import annotations

import gzip
import json
import random
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from typer.testing import CliRunner

from clipsgd_river.cli.app import app

SECONDS = 20
SHOWN = 400
ODD_BYTES = b'",;|\t\n\r\x00\xff\xc3\xe4{}[]:#=-+@%?\\ 0.9eE'
OPTIONS: tuple[tuple[str, ...], ...] = (
    (),
    ("--on-error", "skip"),
    ("--on-error", "skip", "--out-format", "jsonl"),
    ("--out-format", "csv", "--spreadsheet-safe"),
    ("--categorical", "none", "--on-error", "skip"),
    ("--decimal", ",", "--missing", "auto,-999"),
    ("--time", "time", "--alerts-per-day", "5", "--on-error", "skip"),
    ("--time", "time", "--every", "1m", "--on-error", "skip"),
    ("--counter", "n", "--on-error", "skip"),
)


def _csv(rows: int) -> bytes:
    lines = ["time,host,n,share,note"]
    for at in range(rows):
        note = '"a, ""b""\nc"' if at % 9 == 0 else "plain"
        host = "web1" if at % 3 else "-"
        lines.append(f"2026-06-01T00:{at % 60:02}:00Z,{host},{at * at},{at % 7}.5%,{note}")
    return "\n".join(lines).encode()


def _german(rows: int) -> bytes:
    lines = ["Umsätze;;", "time;Ort;n"]
    lines += [f"{at % 28 + 1:02}.06.2026;Köln;1.{at % 9}00,5 €" for at in range(rows)]
    return "\r\n".join(lines).encode("cp1252")


def _blanks(rows: int) -> bytes:
    lines = ["time   n    load command"]
    lines += [f"1780300{at:03}  {at * 5}   {at % 4}.25  nginx -g {at}" for at in range(rows)]
    return "\n".join(lines).encode()


def _events(rows: int) -> list[dict[str, object]]:
    return [
        {
            "time": f"2026-06-01 00:{at % 60:02}:00",
            "n": at * 3,
            "http": {"status": 200, "tags": ["a", "b"][: at % 3], "big": 10 ** (at % 25)},
            "name": None if at % 5 == 0 else "xé",
        }
        for at in range(rows)
    ]


def _json_lines(rows: int) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in _events(rows)).encode()


def _json_array(rows: int) -> bytes:
    return json.dumps(_events(rows), indent=1).encode()


def _envelope(rows: int) -> bytes:
    return json.dumps({"Records": _events(rows), "next": "}"}, indent=2).encode()


def _range_query(rows: int) -> bytes:
    result = [
        {
            "metric": {"i": str(n)},
            "values": [[1_780_300_800 + 15 * at, str(at % 5)] for at in range(rows)],
        }
        for n in range(3)
    ]
    return json.dumps({"status": "success", "data": {"result": result}}).encode()


def _access_log(rows: int) -> bytes:
    lines = [
        f'10.0.0.{at % 9} - - [01/Jun/2026:00:{at % 60:02}:00 +0000] "GET /a{at % 4}?q=1 HTTP/1.1" '
        f'{200 if at % 6 else 404} {at * 77 % 999} "-" "Mozilla/5.0 \\"x\\""'
        for at in range(rows)
    ]
    return "\n".join(lines).encode()


def _syslog(rows: int) -> bytes:
    lines = [
        f"Jun  1 00:{at % 60:02}:00 web{at % 2} sshd[{at * 31 % 999}]: Failed password for root "
        f"from 10.0.0.{at % 9} port {at * 7}"
        for at in range(rows)
    ]
    lines += [f"<34>1 2026-06-01T00:{at:02}:00Z h app 1 - - hello {at}" for at in range(rows % 9)]
    return "\n".join(lines).encode()


def _zeek(rows: int) -> bytes:
    lines = ["#separator \\x09", "#unset_field\t-", "#fields\ttime\tuid\thost\tn"]
    lines += [
        f"17803008{at:02}.5\tC{at * 97}\t10.0.0.{at % 7}\t{at % 3 or '-'}" for at in range(rows)
    ]
    return "\n".join([*lines, "#close\tx"]).encode()


def _w3c(rows: int) -> bytes:
    lines = ["#Version: 1.0", "#Fields: date time cs-method n"]
    lines += [f"2026-06-01 00:{at % 60:02}:00 GET {at * 13 % 90}" for at in range(rows)]
    return "\r\n".join(lines).encode()


def _logfmt(rows: int) -> bytes:
    lines = [
        f'time=2026-06-01T00:{at % 60:02}:00Z level=info msg="a \\"b\\" {at % 4}" n={at * 3} '
        f"took={at % 7}.5ms" + (" retry" if at % 5 == 0 else "")
        for at in range(rows)
    ]
    return "\n".join(lines).encode()


SEEDS: dict[str, Callable[[int], bytes]] = {
    "table.csv": _csv,
    "umsatz.csv": _german,
    "processes.txt": _blanks,
    "lines.jsonl": _json_lines,
    "array.json": _json_array,
    "envelope.json": _envelope,
    "query.json": _range_query,
    "access.log": _access_log,
    "auth.log": _syslog,
    "app.log": _logfmt,
    "conn.log": _zeek,
    "u_ex.log": _w3c,
}


@dataclass
class FileVerdict:
    """What became of the altered files of one format."""

    name: str
    codes: Counter[int] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


class TookTooLong(BaseException):
    """A file took longer than any may."""


def fuzz_files(count: int, seed: int) -> list[FileVerdict]:
    """Give altered files to the command line, in turn of all formats, and return the verdicts."""
    generator = random.Random(seed)
    verdicts = {name: FileVerdict(name) for name in SEEDS}
    whole = {name: make(generator.randint(20, 60)) for name, make in SEEDS.items()}
    signal.signal(signal.SIGALRM, _raise)
    with tempfile.TemporaryDirectory() as folder:
        for at in range(count):
            name = list(SEEDS)[at % len(SEEDS)]
            data = altered(whole[name], generator.choice(list(whole.values())), generator)
            path = Path(folder, name if generator.random() < 0.8 else "file")
            path.write_bytes(data)
            command = ["inspect"] if generator.random() < 0.1 else ["score"]
            options = [*command, str(path)]
            if command == ["score"]:
                options += ["--detector", "zscore", *generator.choice(OPTIONS)]
            complaint = _run(options, verdicts[name].codes)
            if complaint:
                verdicts[name].violations.append(f"{options[2:]}: {complaint}: {data[:SHOWN]!r}")
    return list(verdicts.values())


def altered(data: bytes, other: bytes, generator: random.Random) -> bytes:
    """Return data after some accidents: cut anywhere, spliced, repeated, altered, compressed."""
    result = bytearray(data)
    for _ in range(generator.randint(0, 4)):
        size = max(len(result), 1)
        at, length = generator.randrange(size), generator.randrange(1, 40)
        accident = generator.randrange(7)
        if accident == 0:
            del result[at:]
        elif accident == 1:
            del result[at : at + length]
        elif accident == 2:
            result[at:at] = bytes(generator.choices(ODD_BYTES, k=generator.randrange(1, 6)))
        elif accident == 3:
            result[at : at + 1] = bytes([generator.randrange(256)])
        elif accident == 4:
            result[at:at] = result[generator.randrange(size) :][:length] * generator.randrange(1, 9)
        elif accident == 5:
            start = generator.randrange(len(other))
            result[at:at] = other[start : start + generator.randrange(1, 400)]
        else:
            del result[:at]
    if generator.random() < 0.05:
        packed = gzip.compress(bytes(result))
        return packed[: generator.randrange(len(packed)) + 1]
    return bytes(result)


def _run(options: list[str], codes: Counter[int]) -> str:
    signal.alarm(SECONDS)
    try:
        result = CliRunner().invoke(app, options)
    except TookTooLong:
        return f"took more than {SECONDS} s"
    finally:
        signal.alarm(0)
    codes[result.exit_code] += 1
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return "".join(traceback.format_exception(result.exception)[-2:])
    if result.exit_code not in (0, 1, 2):
        return f"exit code {result.exit_code}"
    if result.exit_code and not result.stderr.strip():
        return f"exit code {result.exit_code} without a word"
    return "a traceback" if "Traceback" in result.stderr else ""


def _raise(_: int, __: FrameType | None) -> None:
    raise TookTooLong
