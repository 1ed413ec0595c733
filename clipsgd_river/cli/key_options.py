"""Options that say whose events are, and what becomes of their values."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import Annotated, Final

import typer

from clipsgd_river.cli.options import seconds_in
from clipsgd_river.cli.scoring.alert_watch import AlertOptions
from clipsgd_river.cli.scoring.keys import Keys

#: Share of events that alert where nothing else is said.
_SHARE: Final = 0.01
#: Windows in which keys are counted have names of these units.
_LETTERS: Final = frozenset("smhdw")

ByOption = Annotated[
    str | None,
    typer.Option(
        metavar="COL",
        help="Whose events are: a model for each value of a column, or of several together; with "
        "--counter rates, and with --every windows, of each apart.",
    ),
]
ActivityOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIMES",
        help="Judge what each value of --by did lately, in windows such as 1m,1h: events, "
        "different values, sums, by one model for all; needs --time.",
    ),
]
MaxKeysOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=100_000_000,
        metavar="N",
        help="Values of --by that are kept, 10,000, or 100,000 with --activity; those not seen "
        "for longest are forgotten.",
    ),
]


def keys_in(
    by: str | None,
    activity: str | None,
    most: int | None,
    *,
    time: str | None,
    windows: bool,
    counters: bool,
) -> Keys:
    """Return whose events are.

    Parameters
    ----------
    by, activity, most, time
        The options ``--by``, ``--activity``, ``--max-keys`` and ``--time``.
    windows, counters
        Whether windows, or rates of counters, are judged instead of events.
    """
    for option, value in (("--activity", activity), ("--max-keys", most)):
        if value is not None and by is None:
            raise typer.BadParameter("it needs --by, whose events are", param_hint=option)
        if value is not None and windows:
            raise typer.BadParameter("it counts events: leave --every out", param_hint=option)
    if activity is not None and time is None:
        raise typer.BadParameter("it needs --time", param_hint="--activity")
    columns = _columns(by)
    if by is not None and not columns:
        raise typer.BadParameter("it names a column", param_hint="--by")
    if len(columns) > 1 and (windows or counters):
        raise typer.BadParameter("with --every and --counter it is one column", param_hint="--by")
    if windows:
        # Each key has columns of its own in one event.
        return Keys()
    return Keys(columns, _windows(activity), most, time)


def alerts_for(keys: Keys, options: AlertOptions, contamination: float | None) -> AlertOptions:
    """Return which events alert: with keys a share of all, where nothing else is said."""
    if options.risk is not None and keys.columns and not keys.windows:
        raise typer.BadParameter(
            "--tail-risk judges by one model: with --by it is --alert-rate or --alerts-per-day",
            param_hint="--by",
        )
    if not keys.columns or options.wanted:
        return options
    return replace(options, rate=_SHARE if contamination is None else contamination)


def _columns(by: str | None) -> tuple[str, ...]:
    """Names of columns, in order; quotes protect a comma within a name."""
    names = (name.strip() for row in csv.reader([by or ""]) for name in row)
    return tuple(dict.fromkeys(name for name in names if name))


def _windows(activity: str | None) -> tuple[str, ...]:
    if activity is None:
        return ()
    found = {}
    for part in activity.split(","):
        window = part.strip().lower()
        length = seconds_in(window, "--activity")
        if window[-1:] not in _LETTERS or window[-2:] == "ms" or length is None:
            raise typer.BadParameter(
                f"'{window}' is no time such as 30s, 1m, 1h or 1d", param_hint="--activity"
            )
        found[length] = window
    return tuple(found[length] for length in sorted(found))
