"""Options of `score` that say who gets alerts."""

from __future__ import annotations

from typing import Annotated

import typer

ExecOption = Annotated[
    str | None,
    typer.Option(
        "--exec",
        metavar="COMMAND",
        help="Run this for each new, worsened and resolved incident, with its line of --alerts on "
        "standard input; without a shell, ten seconds at most. Exit code 0: it is delivered. Needs "
        "--alerts.",
    ),
]
NotifyOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="URL",
        envvar="CLIPSGD_RIVER_NOTIFY",
        help="Tell Slack, mail, a web hook, ... by a URL of Apprise; may come several times. Needs "
        "--alerts.",
    ),
]
MetricsOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE.prom",
        help="Keep events, alerts, incidents, threshold, lag and failures in a file for "
        "Prometheus' node_exporter.",
    ),
]
