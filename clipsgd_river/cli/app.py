"""The commands and their options."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from clipsgd_river.cli.demo import DemoOptions, demo
from clipsgd_river.cli.formats import OutFormat
from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.input.columns.cells import Cells, declared
from clipsgd_river.cli.input.columns.roles import NONE
from clipsgd_river.cli.input.columns.spelling import COMMA, POINT
from clipsgd_river.cli.input.events import Selection
from clipsgd_river.cli.input.labels import LabelRule
from clipsgd_river.cli.recognise import Format
from clipsgd_river.cli.score import ScoreOptions, score
from clipsgd_river.cli.scoring.alert_watch import AlertOptions
from clipsgd_river.cli.scoring.default_detector import RULE, list_of_detectors

_SPELLED_MARKS: Final = {"point": ".", "comma": ",", "blank": " ", "space": " ", NONE: ""}

app = typer.Typer(
    name="clipsgd-river",
    help="Real-time anomaly detection under drift: score each event, then learn it.",
    epilog="Exit codes: 0 done, 1 bad data, 2 bad command, 130 Ctrl-C, 143 SIGTERM.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
)


def run() -> int:
    """Run the command line on `sys.argv` and return its exit code."""
    try:
        app(prog_name="clipsgd-river")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


class OnError(StrEnum):
    """What to do with a bad event."""

    FAIL = "fail"
    SKIP = "skip"


@app.command(name="score")
def score_command(  # one parameter per option, as typer wants it
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="CSV, JSON, an access log, syslog, a log of Zeek or as the W3C has it (all also "
            ".gz), or Parquet; - is standard input.",
        ),
    ],
    out: Annotated[
        str, typer.Option(metavar="FILE", help="Where judged events go; - is standard output.")
    ] = STANDARD_STREAM,
    kind: Annotated[
        Format | None,
        typer.Option("--format", help="Format of FILE, where name and content do not tell."),
    ] = None,
    out_format: Annotated[
        OutFormat | None,
        typer.Option(help="Format of the result; by default as its name, or FILE."),
    ] = None,
    detector: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"Detector: {list_of_detectors()}. {RULE}"),
    ] = None,
    contamination: Annotated[
        float | None,
        typer.Option(min=0.0, max=0.5, help="Share of events to alert on; 0.01 by default."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="COLS", help="Columns to leave out, separated by commas."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="COLS", help="The only columns to look at.")
    ] = None,
    categorical: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLS|auto|none",
            help="Columns of categories, counted by how often each value comes; auto, the "
            "default: text, and numbers named as ports, status codes and identifiers are; none: "
            "text is left out.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLS",
            help="Columns to look at although they look like times, counters or identifiers.",
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            metavar="COL",
            help="Column of known labels, kept from the detector: reports ROC AUC and average "
            "precision. 1, true, anomaly, attack, ... are anomalies; 0, false, normal, ... not.",
        ),
    ] = None,
    anomaly_value: Annotated[
        str | None,
        typer.Option(metavar="VALUE", help="The label that means an anomaly; all others do not."),
    ] = None,
    alert_rate: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Alerts per event, kept whatever the stream does."),
    ] = None,
    alerts_per_day: Annotated[
        float | None, typer.Option(metavar="N", help="Alerts per day instead; needs --time.")
    ] = None,
    tail_risk: Annotated[
        float | None,
        typer.Option(metavar="P", help="Alert where a distance as large is less likely than P."),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="COL",
            help="Column with the time of an event, kept from the detector: a date and time, or "
            "seconds, milli-, micro- or nanoseconds since 1970.",
        ),
    ] = None,
    time_format: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            help="How times are written, as in %d/%m/%Y %H:%M, where it is not understood.",
        ),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="Zone of times without one, as in Europe/Berlin."),
    ] = None,
    alerts: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.jsonl",
            help="Write each alert at once, with its reasons; needs --alert-rate, "
            "--alerts-per-day or --tail-risk.",
        ),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Go on from this file if it exists; save to it at the end, on Ctrl-C, and every "
            "minute.",
        ),
    ] = None,
    plot: Annotated[
        str | None, typer.Option(metavar="FILE.png", help="Draw scores, threshold and alerts.")
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.html",
            help="Write a page to hand on: figures, pictures, the most unusual alerts in words.",
        ),
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(help="End at the first bad event, or skip and count them.")
    ] = OnError.FAIL,
    delimiter: Annotated[
        str | None, typer.Option(metavar="CHAR", help="Between cells: a character, tab, or blank.")
    ] = None,
    no_header: Annotated[
        bool, typer.Option("--no-header", help="The CSV has no header: columns are 0, 1, 2, ...")
    ] = False,
    missing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WORDS|auto",
            help="Words that stand for no value in any column, separated by commas; auto, the "
            "default: '-', 'n/a', 'none', '?', 'missing' and the like among numbers and times.",
        ),
    ] = None,
    decimal: Annotated[
        str | None, typer.Option(metavar="MARK", help="Decimal mark of numbers: . or a comma.")
    ] = None,
    thousands: Annotated[
        str | None,
        typer.Option(metavar="MARK", help="Between groups of digits: a character, or none."),
    ] = None,
    prefix: Annotated[
        str, typer.Option(metavar="TEXT", help="Put before the names of the added columns.")
    ] = "",
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no summary.")
    ] = False,
) -> None:
    """Score the events of a file or a pipe, in constant memory.

    Writes every event with score, distance, is_anomaly, and for each alert the features behind it.
    Progress and a summary with the most anomalous events go to standard error.
    """
    if anomaly_value is not None and label is None:
        raise typer.BadParameter("it needs --label", param_hint="--anomaly-value")
    if contamination is not None and not contamination > 0.0:
        raise typer.BadParameter("it must be above 0", param_hint="--contamination")
    _check_times(time, time_format, zone)
    labels = None if label is None else LabelRule(label, anomaly_value)
    categories = _categories(categorical)
    options = ScoreOptions(
        file=file,
        out=out,
        format=kind,
        out_format=out_format,
        delimiter=delimiter,
        header=not no_header,
        detector=detector,
        contamination=contamination,
        categorical=categories,
        time_format=time_format,
        zone=zone,
        cells=_cells(missing, decimal, thousands),
        selection=Selection(_names(only), _names(ignore), labels, time, keep=_names(keep)),
        alerts=AlertOptions(alert_rate, alerts_per_day, tail_risk, time, alerts),
        state=state,
        plot=plot,
        report=report,
        skip_bad_events=on_error is OnError.SKIP,
        prefix=prefix,
        quiet=quiet,
    )
    raise typer.Exit(score(options))


@app.command(name="demo")
def demo_command(
    plot: Annotated[
        str | None,
        typer.Option(metavar="FILE.png", help="The picture; clipsgd_river_demo.png by default."),
    ] = None,
    report: Annotated[
        str | None, typer.Option(metavar="FILE.html", help="Write a page about it.")
    ] = None,
    events: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many events; all by default.")
    ] = None,
    peers: Annotated[
        bool, typer.Option(help="Run River's detectors too, which takes some seconds.")
    ] = True,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the table.")] = False,
) -> None:
    """Watch River's bundled Shuttle stream: 49,097 real events, 3,511 of them anomalies.

    Prints ROC AUC, average precision and events per second of our detectors and River's on the
    same events, and draws scores, threshold and alerts.
    """
    chosen = DemoOptions(report=report, events=events, peers=peers, quiet=quiet)
    if plot is not None:
        chosen = replace(chosen, plot=plot, plot_is_wished=True)
    raise typer.Exit(demo(chosen))


def _names(values: list[str] | None) -> frozenset[str]:
    """Split lists of column names; quotes protect a comma within a name."""
    return frozenset(name.strip() for row in csv.reader(values or []) for name in row)


def _check_times(time: str | None, form: str | None, zone: str | None) -> None:
    """Refuse a form or a zone of times that is none, or of no use."""
    for option, value in (("--time-format", form), ("--zone", zone)):
        if value is not None and time is None:
            raise typer.BadParameter("it needs --time", param_hint=option)
    try:
        if form is not None:
            datetime.strptime(datetime.now(UTC).strftime(form), form)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--time-format") from None
    try:
        if zone is not None:
            ZoneInfo(zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise typer.BadParameter(
            f"there is no zone '{zone}': names are such as Europe/Berlin and UTC",
            param_hint="--zone",
        ) from None


def _cells(missing: list[str] | None, decimal: str | None, thousands: str | None) -> Cells:
    """Return how cells are written, as far as options say."""
    decimal = _SPELLED_MARKS.get(decimal or "", decimal)
    if decimal not in (None, POINT, COMMA):
        raise typer.BadParameter("it is . or a comma", param_hint="--decimal")
    thousands = _SPELLED_MARKS.get(thousands or "", thousands)
    if thousands is not None and (len(thousands) > 1 or thousands == decimal):
        raise typer.BadParameter(
            "it is one character, other than the decimal mark, or none", param_hint="--thousands"
        )
    cells = Cells(decimal=decimal, thousands=thousands)
    # An empty word is an empty cell, which is missing in any case.
    return cells if missing is None else declared(_names(missing), cells)


def _categories(values: list[str] | None) -> frozenset[str] | None:
    """Return the columns of categories; None where the option is left out."""
    if values is None:
        return None
    names = _names(values)
    if NONE not in names:
        return names
    if len(names) > 1:
        raise typer.BadParameter("none goes with no other name", param_hint="--categorical")
    return frozenset()
