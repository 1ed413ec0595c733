"""The commands and their options."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from clipsgd_river.cli.delivery.options import ExecOption, MetricsOption, NotifyOption
from clipsgd_river.cli.delivery.outbox import DeliveryOptions
from clipsgd_river.cli.demo import DemoOptions, demo
from clipsgd_river.cli.feedback import FeedbackOptions, feedback
from clipsgd_river.cli.formats import OutFormat
from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.input.events import Selection
from clipsgd_river.cli.inspect import InspectOptions, inspect
from clipsgd_river.cli.key_options import (
    ActivityOption,
    ByOption,
    MaxKeysOption,
    alerts_for,
    keys_in,
)
from clipsgd_river.cli.options import (
    CategoricalOption,
    DecimalOption,
    DelimiterOption,
    FileArgument,
    FormatOption,
    GivenOption,
    IgnoreOption,
    KeepOption,
    MemoryOption,
    MissingOption,
    NoHeaderOption,
    OnlyOption,
    ThousandsOption,
    TimeFormatOption,
    TimeOption,
    ZoneOption,
    categories_of,
    cells_of,
    check_times,
    contexts_in,
    floor_in,
    labels_in,
    lasting_in,
    memory_in,
    names_in,
    seconds_in,
)
from clipsgd_river.cli.score import score
from clipsgd_river.cli.score_options import ScoreOptions
from clipsgd_river.cli.scoring.alert_watch import AlertOptions
from clipsgd_river.cli.scoring.default_detector import RULE, list_of_detectors

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
    file: FileArgument,
    out: Annotated[
        str, typer.Option(metavar="FILE", help="Where judged events go; - is standard output.")
    ] = STANDARD_STREAM,
    kind: FormatOption = None,
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
    memory: MemoryOption = None,
    ignore: IgnoreOption = None,
    only: OnlyOption = None,
    categorical: CategoricalOption = None,
    given: GivenOption = None,
    keep: KeepOption = None,
    label: Annotated[
        str | None,
        typer.Option(
            metavar="COL",
            help="Column of known labels, kept from the detector: reports ROC AUC and average "
            "precision. 0, false, normal, benign, ... are normal, and any other label an anomaly.",
        ),
    ] = None,
    anomaly_value: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE",
            help="A label that means an anomaly; may come several times. All others do not.",
        ),
    ] = None,
    normal_value: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE",
            help="Instead: a label that means normal; may come several times, and '' is no label. "
            "All others are anomalies.",
        ),
    ] = None,
    time: TimeOption = None,
    time_format: TimeFormatOption = None,
    zone: ZoneOption = None,
    counter: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLS",
            help="Counters to turn into what they rise by: in a second with --time, otherwise from "
            "event to event. One that falls was set back.",
        ),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Judge windows of time, such as 5m, instead of events: how many events each had, "
            "sums of amounts and counts, means of other numbers; needs --time.",
        ),
    ] = None,
    by: ByOption = None,
    activity: ActivityOption = None,
    max_keys: MaxKeysOption = None,
    alert_rate: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Alerts per event, kept whatever the stream does."),
    ] = None,
    alerts_per_day: Annotated[
        float | None, typer.Option(metavar="N", help="Alerts per day instead; needs --time.")
    ] = None,
    floor: Annotated[
        str,
        typer.Option(
            metavar="P|auto|none",
            help="No event alerts that is more ordinary than one with this probability; auto, the "
            "default: 0.1, or twice the rate; none: the budget is spent whatever events are.",
        ),
    ] = "auto",
    tail_risk: Annotated[
        float | None,
        typer.Option(metavar="P", help="Alert where a distance as large is less likely than P."),
    ] = None,
    alerts: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.jsonl",
            help="Write each alert at once, with its reasons; needs --alert-rate, "
            "--alerts-per-day or --tail-risk.",
        ),
    ] = None,
    execute: ExecOption = None,
    notify: NotifyOption = None,
    metrics: MetricsOption = None,
    rules: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.toml",
            help="Rules for alerts: directions, least deviations, values never to alert on, a "
            "calendar with holidays, incidents by key.",
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
    checkpoint_every: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Save --state after every N events instead of every minute, with the row reached: "
            "after a crash the same command goes on from there.",
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Judge and learn a file that --state has learned before."),
    ] = False,
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
    delimiter: DelimiterOption = None,
    no_header: NoHeaderOption = False,
    missing: MissingOption = None,
    decimal: DecimalOption = None,
    thousands: ThousandsOption = None,
    spreadsheet_safe: Annotated[
        bool,
        typer.Option(
            "--spreadsheet-safe",
            help="Put an apostrophe before text in a CSV result of which a spreadsheet would make "
            "a formula (= + - @); by default text comes back as it was.",
        ),
    ] = False,
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
    labels = labels_in(label, anomaly_value, normal_value)
    if contamination is not None and not contamination > 0.0:
        raise typer.BadParameter("it must be above 0", param_hint="--contamination")
    check_times(time, time_format, zone)
    if every is not None and (time is None or label is not None):
        word = "it needs --time" if time is None else "windows have no labels: leave --label out"
        raise typer.BadParameter(word, param_hint="--every")
    contexts = contexts_in(given)
    windows, counters = every is not None, counter is not None
    keys = keys_in(by, activity, max_keys, time=time, windows=windows, counters=counters)
    alerts_wanted = AlertOptions(
        alert_rate, alerts_per_day, tail_risk, time, alerts, floor_in(floor), rules
    )
    options_of_alerts = alerts_for(keys, alerts_wanted, contamination)
    categories = categories_of(categorical)
    options = ScoreOptions(
        file=file,
        out=out,
        format=kind,
        out_format=out_format,
        delimiter=delimiter,
        header=not no_header,
        detector=detector,
        contamination=None if options_of_alerts is not alerts_wanted else contamination,
        memory=memory_in(memory),
        categorical=categories,
        given=contexts or None,
        time_format=time_format,
        zone=zone,
        cells=cells_of(missing, decimal, thousands),
        selection=Selection(
            names_in(only),
            names_in(ignore),
            labels,
            time,
            # What others are conditional on must be there.
            keep=names_in(keep) | frozenset(contexts.values()),
            counters=names_in(counter),
            by=by if windows or counters else None,
            keys=keys.columns,
        ),
        keys=keys,
        every=seconds_in(every, "--every"),
        spreadsheet_safe=spreadsheet_safe,
        alerts=options_of_alerts,
        delivery=DeliveryOptions(execute, tuple(notify or ())),
        metrics=metrics,
        state=state,
        checkpoint_every=checkpoint_every,
        again=again,
        plot=plot,
        report=report,
        skip_bad_events=on_error is OnError.SKIP,
        prefix=prefix,
        quiet=quiet,
    )
    raise typer.Exit(score(options))


@app.command(name="inspect")
def inspect_command(
    file: FileArgument,
    kind: FormatOption = None,
    ignore: IgnoreOption = None,
    only: OnlyOption = None,
    categorical: CategoricalOption = None,
    keep: KeepOption = None,
    delimiter: DelimiterOption = None,
    no_header: NoHeaderOption = False,
    missing: MissingOption = None,
    decimal: DecimalOption = None,
    thousands: ThousandsOption = None,
) -> None:
    """Say what is understood of a file: its format, and what each column holds and becomes.

    Reads the first rows alone. Ends with a command to go on with.
    """
    selection = Selection(names_in(only), names_in(ignore), keep=names_in(keep))
    options = InspectOptions(
        file=file,
        format=kind,
        delimiter=delimiter,
        header=not no_header,
        categorical=categories_of(categorical),
        cells=cells_of(missing, decimal, thousands),
        selection=selection,
    )
    raise typer.Exit(inspect(options))


@app.command(name="feedback")
def feedback_command(
    state: Annotated[
        str, typer.Option(metavar="FILE", help="The state file of the run that alerted.")
    ],
    alert: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="The alert, by its id in --alerts; without it, list what is muted."
        ),
    ] = None,
    useful: Annotated[
        bool | None,
        typer.Option(
            "--yes/--no",
            help="Whether it was useful: --no mutes alerts like it, --yes undoes that.",
        ),
    ] = None,
    factor: Annotated[
        float, typer.Option(metavar="N", help="How many times rarer one like it must be.")
    ] = 100.0,
    lasting: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="TIME",
            help="In what the mute fades: a number of events, or with alerts per day a time such "
            "as 30d. By default, what the budget takes to earn 1,000 alerts.",
        ),
    ] = None,
) -> None:
    """Say whether an alert was useful; the next run goes by it.

    Alerts like one that was not, with the same features, directions, categories and key, must be
    rarer to alert again.
    """
    if alert is not None and useful is None:
        raise typer.BadParameter("say --no or --yes", param_hint="--alert")
    if alert is None and useful is not None:
        raise typer.BadParameter("it needs --alert ID", param_hint="--yes or --no")
    time, is_time = lasting_in(lasting)
    options = FeedbackOptions(state, alert, bool(useful), factor, time, is_time)
    raise typer.Exit(feedback(options))


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
