"""The command ``feedback``: what somebody says of an alert, for the next runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.reporter import Reporter
from clipsgd_river.cli.scoring.detectors import load_any_filter
from clipsgd_river.cli.scoring.kept_filters import base_of
from clipsgd_river.cli.scoring.state_file import StateFile
from clipsgd_river.cli.terminal.errors import CommandError, UsageError
from clipsgd_river.cli.terminal.text import listed, shown

if TYPE_CHECKING:
    from clipsgd_river.alerts import Mute

_DAY = 86_400.0


@dataclass(frozen=True)
class FeedbackOptions:
    """The options of the command.

    Parameters
    ----------
    state
        Of the run that alerted.
    alert
        ID of the alert, as `--alerts` has it; ``None`` to list what is muted.
    useful
        What is said of it.
    factor, lasting
        As of `AlertBudget.feedback`; the time in events, or seconds where alerts are per day.
    """

    state: str
    alert: str | None = None
    useful: bool = False
    factor: float = 100.0
    lasting: float | None = None
    lasting_in_seconds: bool = False


def feedback(options: FeedbackOptions) -> int:
    """Run the command and return its exit code; whatever goes wrong is said in one line."""
    reporter = Reporter(quiet=False, live=False)
    try:
        with StateFile(options.state, STANDARD_STREAM) as state:
            _say(options, state, reporter)
    except CommandError as error:
        reporter.error(str(error))
        return error.exit_code
    return 0


def _say(options: FeedbackOptions, state: StateFile, reporter: Reporter) -> None:
    """Say it to the filter in the state file, and what comes of it."""
    model = load_any_filter(options.state)
    timed = getattr(base_of(model), "alerts_per", None) is not None
    if options.alert is None:
        mutes = model.mutes_
        if not mutes:
            reporter.say("nothing is muted")
        for mute in mutes:
            reporter.say(_muted(mute, timed))
        return
    if options.lasting is not None and options.lasting_in_seconds != timed:
        unit = "a time such as 30d" if timed else "a number of events"
        raise UsageError(f"--for is {unit}, since alerts are {'per day' if timed else 'per event'}")
    try:
        mute = model.feedback(
            options.alert, options.useful, factor=options.factor, lasting=options.lasting
        )
    except ValueError as error:
        raise UsageError(f"the state file {options.state}: {error}") from None
    state.save(model, 0, complete=False, told=state.told)
    name = shown(options.alert)
    if options.useful:
        reporter.say(
            f"alerts like {name} alert again"
            if mute is not None
            else f"alerts like {name} were not muted: nothing changes"
        )
    elif mute is not None:
        reporter.say(_muted(mute, timed))


def _muted(mute: Mute, timed: bool) -> str:
    """Say what is muted, as in ``alerts like 7 (errors, of web-1) must be 100 times rarer``."""
    about = listed(mute.features)
    categories = [f"{shown(name)} = {value!r}" for name, value in mute.categories.items()]
    about = ", ".join([about, *map(shown, categories)])
    if mute.key is not None:
        about += f"; of '{shown(mute.key)}'"
    left = f"{mute.fades_in / _DAY:,.3g} days" if timed else f"{mute.fades_in:,.0f} events"
    muted = f"; {mute.count:,} were muted" if mute.count else ""
    return (
        f"alerts like {shown(mute.alert)} ({about}) must be {mute.factor:,.3g} times rarer to "
        f"alert again; this fades over {left}{muted}"
    )
