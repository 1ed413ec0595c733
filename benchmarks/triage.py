"""The report of a firewall's month: whether the attacks that alerted are on its first screen."""

from __future__ import annotations

import csv
import json
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from common import options
from common.firewall import FirewallMonth
from common.firewall import Incident as Attack
from common.report import Cell, Table, progress, publish

from clipsgd_river.cli.app import app

EVENTS, USERS = 200_000, 400
QUICK_EVENTS, QUICK_USERS = 2_000, 60
RATES = (5, 10)
SEEDS = 3
#: Rows of the list that are open at first, as the page says it.
FIRST_ROWS = re.compile(r' data-first="(\d+)">')
#: The number of the incident in each row, in their order.
NUMBERS = re.compile(r"; incident (\d+)")


class Shown(NamedTuple):
    """A page: its incidents, ranks by attack, rows of the first screen, and its size in bytes."""

    incidents: int
    ranks: dict[Attack, int]
    first: int
    size: int


def shown(month: FirewallMonth, rate: float, folder: Path) -> Shown:
    """Return what the page of a month shows at so many alerts a day."""
    log, alerts, page = folder / "month.csv", folder / "alerts.jsonl", folder / "report.html"
    attacks = written(month, log)
    # A file of alerts is begun anew, an incident of an attack is one whose first event is of it.
    told = ["--alerts", alerts, "--report", page, "--out", folder / "out.csv", "-q"]
    words = ["score", log, "--time", "time", "--alerts-per-day", rate, *told]
    app([str(word) for word in words], standalone_mode=False)
    text = page.read_text("utf-8")
    ranks = {int(number): rank for rank, number in enumerate(NUMBERS.findall(text), start=1)}
    lines = [json.loads(line) for line in alerts.read_text("utf-8").splitlines()]
    begun = {each["incident"]: each["row"] for each in lines if each["status"] == "new"}
    found: dict[Attack, int] = {}
    for number, row in begun.items():
        attack = attacks[row - 1]
        if attack is not None:
            rank = ranks.get(number, len(begun))
            found[attack] = min(rank, found.get(attack, rank))
    (first,) = FIRST_ROWS.findall(text)
    return Shown(len(begun), found, int(first), page.stat().st_size)


def written(month: FirewallMonth, path: Path) -> list[Attack | None]:
    """Write a month as CSV, and return which attack each row belongs to."""
    attacks = []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer: Any = None
        for x, attack in month:
            if writer is None:
                writer = csv.DictWriter(file, list(x))
                writer.writeheader()
            writer.writerow({**x, "time": x["time"].isoformat()})
            attacks.append(attack)
    return attacks


def pages(*, quick: bool) -> Table:
    """Return the table of all months."""
    columns = [
        *("alerts a day", "seed", "incidents", "attacks that alerted", "on the first screen"),
        *("ranks", "size in kB"),
    ]
    rows: list[list[Cell]] = []
    sizes = (QUICK_EVENTS, QUICK_USERS) if quick else (EVENTS, USERS)
    for seed in range(1, 2 if quick else SEEDS + 1):
        month = FirewallMonth(*sizes, seed=seed)
        for rate in RATES[:1] if quick else RATES:
            progress(f"seed {seed}, {rate} alerts a day")
            with tempfile.TemporaryDirectory() as folder:
                found = shown(month, rate, Path(folder))
            seen = sum(rank <= found.first for rank in found.ranks.values())
            kinds = Counter(attack.kind for attack in found.ranks)
            named = "; ".join(
                f"{attack.kind} {rank}" for attack, rank in sorted(found.ranks.items())
            )
            rows.append(
                [rate, seed, found.incidents, kinds.total(), seen, named, found.size / 1000]
            )
    return Table("Attacks of a firewall's month on the first screen of its report", columns, rows)


def main() -> None:
    """Run the benchmark from the command line."""
    arguments = options.parser(str(__doc__)).parse_args()
    publish([pages(quick=arguments.quick)], arguments.out)


if __name__ == "__main__":
    options.run(main)
