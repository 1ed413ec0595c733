"""False alarms, delays and speed of change-point detectors, and the series of TCPD."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from common import options
from common.change_detectors import OURS, RIVALS, Contender
from common.change_pictures import draw
from common.change_streams import CHANGE_AT, LAWS, STREAM, Law
from common.goals import goal, goal_table
from common.journal import Journal
from common.level_series import KINDS, level_series
from common.report import Cell, Table, progress, publish
from common.tcpd import PUBLISHED, SILENT, Series, covering, f_measure, real_univariate
from common.timing import interleaved
from river import drift
from scipy.stats import beta

from clipsgd_river.drift import ClippedOCPD

STREAMS = 1_000
DELAY_STREAMS = 100
# Generated series of each kind.
GENERATED = 60
DIMENSIONS = (1, 20, 100)
SHIFTS = (0.5, 1.0, 2.0, 4.0)
LAST_EVENTS = 100_000
# Changes soon after the start, and the events that a detector has to find them in.
EARLY = (20, 40, 60, 100, 200)
EARLY_SHIFTS = (1.0, 2.0, 4.0)
EARLY_PATIENCE = 400


def upper_bound(hits: int, trials: int) -> float:
    """Return the one-sided 99 % Clopper-Pearson bound on a probability."""
    return 1.0 if hits == trials else float(beta.ppf(0.99, hits + 1, trials - hits))


def false_alarm_row(who: Contender, law: Law, features: int, streams: int, seed: int) -> list[Cell]:
    """Share of streams without a change in which an alarm came."""
    hits = 0
    for i in range(streams):
        rows = law.draw(np.random.default_rng([seed, features, i]), (STREAM, features))
        hits += who.first_alarm(rows) is not None
    return [who.name, law.name, features, streams, hits / streams, upper_bound(hits, streams)]


def delay(
    who: Contender, law: Law, features: int, shift: float, streams: int, seed: int
) -> tuple[float, float]:
    """Median number of events from a change to the alarm, and the share of earlier alarms.

    Streams with an alarm before the change count for the share only.
    """
    delays, early = [], 0
    for i in range(streams):
        rows = law.draw(np.random.default_rng([seed, 7, features, i]), (STREAM, features))
        rows[CHANGE_AT:] += shift
        alarm = who.first_alarm(rows)
        if alarm is not None and alarm < CHANGE_AT:
            early += 1
        else:
            delays.append(np.inf if alarm is None else alarm + 1.0 - CHANGE_AT)
    return float(np.median(delays)) if delays else np.nan, early / streams


def delay_row(who: Contender, law: Law, features: int, streams: int, seed: int) -> list[Cell]:
    """Median delay and early alarms for each shift."""
    row: list[Cell] = [who.name, law.name, features]
    for shift in SHIFTS:
        row += delay(who, law, features, shift, streams, seed)
    return row


def early_row(who: Contender, shift: float, streams: int, seed: int) -> list[Cell]:
    """Share of the changes that are found, and the median delay, by their time."""
    row: list[Cell] = [who.name, shift]
    for at in EARLY:
        delays = []
        for i in range(streams):
            rows = LAWS[0].draw(np.random.default_rng([seed, 8, at, i]), (at + EARLY_PATIENCE, 1))
            rows[at:] += shift
            alarm = who.first_alarm(rows)
            delays.append(np.inf if alarm is None or alarm < at else alarm + 1.0 - at)
        row += [float(np.isfinite(delays).mean()), float(np.median(delays))]
    return row


def early_table(
    contenders: Sequence[Contender], streams: int, seed: int, journal: Journal
) -> Table:
    """Changes soon after the start."""
    rows = []
    for who in contenders:
        progress(f"{who.name}, changes soon after the start")
        for shift in EARLY_SHIFTS:
            key = ("early", who.name, shift, streams, seed)
            rows.append(journal.figure(key, partial(early_row, who, shift, streams, seed)))
    title = f"N(0, 1), one feature: share found within {EARLY_PATIENCE} events and median delay"
    times = [f"event {at}{what}" for at in EARLY for what in ("", ", delay")]
    return Table(title, ("detector", "sigma", *times), rows)


def trade_off(streams: int, seed: int, journal: Journal) -> Table:
    """Delay for a shift of one sigma by how rare false alarms are to be."""
    rows: list[list[Cell]] = []
    for delta in (0.2, 0.05, 0.01, 1e-3, 1e-6):
        row: list[Cell] = [delta]
        for who in OURS(delta):
            key = ("trade-off", who.name, delta, streams, seed)
            row += journal.figure(key, partial(delay, who, LAWS[0], 1, 1.0, streams, seed))[:1]
        rows.append(row)
    columns = ("delta", "median delay, sigma given", 'median delay, sigma="auto"')
    return Table("Trade-off: N(0, 1), one feature, one sigma", columns, rows)


def speed_table(rounds: int, events: int) -> tuple[Table, float, float]:
    """Microseconds per event long after the last change, beside ADWIN."""
    values = np.random.default_rng(0).standard_normal(events)
    few = values[: events // 5].tolist()
    ocpd, adwin = ClippedOCPD(sigma=1.0), drift.ADWIN()
    ocpd.update_many(values)

    def each(update: object) -> None:
        for value in few:
            update(value)  # type: ignore[operator]

    times = interleaved(
        {
            "ClippedOCPD.update": lambda: each(ocpd.update),
            "ClippedOCPD.update_many": lambda: ocpd.update_many(values),
            "River ADWIN.update": lambda: each(adwin.update),
        },
        rounds,
    )
    counts = {"ClippedOCPD.update_many": len(values)}
    cost = {name: 1e6 * times.median(name) / counts.get(name, len(few)) for name in times.seconds}
    rows: list[list[Cell]] = [
        [
            name,
            value,
            times.ratio(name, "River ADWIN.update") * len(few) / counts.get(name, len(few)),
        ]
        for name, value in cost.items()
    ]
    title = f"Microseconds per event, one feature, {events:,} events after the last change"
    table = Table(title, ("call", "microseconds", "of ADWIN's"), rows)
    return table, cost["ClippedOCPD.update"], cost["ClippedOCPD.update_many"]


def judged(who: Contender, series: Sequence[Series]) -> list[tuple[float, float, list[int]]]:
    """F1, covering and change points of each series."""
    found = []
    for one in series:
        points = who.change_points(one.values)
        found.append((f_measure(one, points), covering(one, points), points))
    return found


def univariate(peers: bool) -> list[Contender]:
    """Contenders for series of unknown spread: none, ours at its defaults, the rivals."""
    return [SILENT, OURS(0.01)[1], *(RIVALS if peers else ())]


def generated_table(count: int, seed: int, peers: bool, journal: Journal) -> Table:
    """Mean F1 and covering on generated series of each kind."""
    rows: list[list[Cell]] = []
    for who in univariate(peers):
        progress(f"{who.name}, generated series")
        kinds = []
        for kind in KINDS:
            case = partial(level_series, kind, count, seed)
            key = ("generated", who.name, kind, count, seed)
            kinds.append(journal.figure(key, lambda w=who, c=case: means(judged(w, c()))))
        every = [float(np.mean([kind[k] for kind in kinds])) for k in (0, 1)]
        rows.append([who.name, *every, *(kind[0] for kind in kinds)])
    title = f"Generated series, {count} of each kind: F1 and covering, and the F1 of each kind"
    return Table(title, ("detector", "F1", "covering", *KINDS), rows)


def means(found: Sequence[tuple[float, float, list[int]]]) -> list[float]:
    """Mean F1 and covering."""
    return [float(np.mean([one[k] for one in found])) for k in (0, 1)]


def tcpd_tables(folder: Path, peers: bool) -> tuple[list[Table], float, float]:
    """F1 and covering of the default detector, series by series, and beside the others."""
    series = real_univariate(folder)
    rows: list[list[Cell]] = []
    for who in univariate(peers):
        found = judged(who, series)
        rows.append([who.name, "", *means(found)])
        if who.name.startswith("ClippedOCPD"):
            ours = found
    rows += [[name, "published, defaults", *figures] for name, figures in PUBLISHED.items()]
    by_series: list[list[Cell]] = [
        [one.name, len(one.values), f1, cover, " ".join(map(str, points))]
        for one, (f1, cover, points) in zip(series, ours, strict=True)
    ]
    columns = ("series", "events", "F1", "covering", "change points")
    title = f"TCPD, mean over {len(series)} series"
    tables = [
        Table(title, ("detector", "source", "F1", "covering"), rows),
        Table("TCPD, ClippedOCPD()", columns, by_series),
    ]
    f1, cover = means(ours)
    return tables, f1, cover


def verdicts(
    alarms: Sequence[Sequence[Cell]], delays: Sequence[Sequence[Cell]]
) -> list[list[Cell]]:
    """Targets of the false alarms and of the delays, from their tables."""
    rows = []
    for name, limit in (("sigma given", 0.05), ('sigma="auto"', 0.10)):
        ours = [row for row in alarms if name in str(row[0])]
        if ours:
            worst = max(float(row[4] or 0.0) for row in ours)
            rows.append(goal(f"largest share of false alarms, {name}", worst, "≤", limit))
            full = [float(row[5] or 0.0) for row in ours if int(row[3] or 0) >= STREAMS]
            if full:
                rows.append(
                    goal(f"its upper 99 % bound, 1,000 streams, {name}", max(full), "≤", limit)
                )
    # Columns: who, law, features, then delay and early alarms for each shift.
    given = {(row[1], row[2]): row for row in delays if "sigma given" in str(row[0])}

    def median(law: str, features: int, shift: float) -> float:
        return float(given[law, features][3 + 2 * SHIFTS.index(shift)] or 0.0)

    gauss = LAWS[0].name
    if (gauss, 1) in given:
        rows += one_feature(median)
    if (gauss, 20) in given:
        for law in LAWS:
            figure = f"delay, one sigma in each of 20 features, {law.name}"
            rows.append(goal(figure, median(law.name, 20, 1.0), "≤", 25))
    return rows


def one_feature(median: Callable[[str, int, float], float]) -> list[list[Cell]]:
    """Targets of the delay with one feature."""
    gauss = LAWS[0].name
    rows = [
        goal("delay, one sigma, N(0, 1), d = 1", median(gauss, 1, 1.0), "≤", 80),
        goal("the same, against ADWIN's 43", median(gauss, 1, 1.0), "≤", 43),
        goal("delay, two sigma, N(0, 1), d = 1", median(gauss, 1, 2.0), "≤", 35),
    ]
    for law in LAWS[1:3]:
        for shift in (1.0, 2.0):
            ratio = median(law.name, 1, shift) / median(gauss, 1, shift)
            rows.append(
                goal(f"the same over N(0, 1)'s, {shift:g} sigma, {law.name}", ratio, "≤", 1.3)
            )
    return rows


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    options.add_data(parser)
    parser.add_argument("--streams", type=int, default=STREAMS, help="streams without a change")
    parser.add_argument("--seed", type=int, default=0, help="seed of the streams")
    parser.add_argument(
        "--features", type=int, nargs="+", default=DIMENSIONS, help="numbers of features"
    )
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE.jsonl",
        help="figures measured before, new ones are added; delete it after a change of the code",
    )
    options.add_peers(parser)
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the trade-off")
    arguments = parser.parse_args()
    if arguments.streams < 1:
        parser.error("--streams is at least 1")
    streams, changes = (2, 1) if arguments.quick else (arguments.streams, DELAY_STREAMS)
    dimensions = (1,) if arguments.quick else arguments.features
    journal = Journal(arguments.resume)
    contenders = [*OURS(0.05), *(RIVALS if arguments.peers else ())]
    alarms: list[list[Cell]] = []
    delays: list[list[Cell]] = []
    for who in contenders:
        for features in dimensions:
            if who.features < features:
                continue
            for law in LAWS:
                progress(f"{who.name}, {law.name}, {features} features")
                for kind, count, measure, rows in (
                    ("false alarms", streams, false_alarm_row, alarms),
                    ("delays", changes, delay_row, delays),
                ):
                    key = (kind, who.name, law.name, features, count, arguments.seed)
                    case = partial(measure, who, law, features, count, arguments.seed)
                    rows.append(journal.figure(key, case))
    early = early_table(contenders, changes, arguments.seed, journal)
    exchange = trade_off(changes, arguments.seed, journal)
    speed, one, many = speed_table(*((1, 1_000) if arguments.quick else (5, LAST_EVENTS)))
    targets = verdicts(alarms, delays)
    targets.append(goal("microseconds of update", one, "≤", 3))
    targets.append(goal("microseconds a row of update_many", many, "≤", 1))
    columns = ("detector", "law", "features", "streams", "false alarms", "upper 99 % bound")
    shifts = [f"{s:g} sigma{what}" for s in SHIFTS for what in ("", ", early")]
    tables = [
        Table(f"Share of streams of {STREAM:,} events with a false alarm", columns, alarms),
        Table(
            f"Median delay of a shift at event {CHANGE_AT:,}, and share of early alarms",
            ("detector", "law", "features", *shifts),
            delays,
        ),
        early,
        exchange,
        generated_table(
            1 if arguments.quick else GENERATED, arguments.seed, arguments.peers, journal
        ),
        speed,
    ]
    if arguments.data is not None:
        found, f1, cover = tcpd_tables(options.data_folder(arguments), arguments.peers)
        tables += found
        targets.append(goal("TCPD, F1", f1, "≥", 0.68))
        targets.append(goal("TCPD, covering", cover, "≥", 0.60))
    else:
        progress("TCPD skipped: no data; set CLIPSGD_DATA or pass --data DIR")
    tables.append(goal_table(targets))
    publish(tables, arguments.out)
    if arguments.plot is not None:
        draw(exchange, alarms, delays, arguments.plot)


if __name__ == "__main__":
    options.run(main)
