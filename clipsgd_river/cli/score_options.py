"""The options of the command ``score``."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from clipsgd_river.cli.delivery.metrics import check_metrics_path
from clipsgd_river.cli.delivery.outbox import DeliveryOptions
from clipsgd_river.cli.formats import OutFormat
from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.input.columns.cells import Cells
from clipsgd_river.cli.input.events import Selection
from clipsgd_river.cli.recognise import Format
from clipsgd_river.cli.report import check_report_path
from clipsgd_river.cli.report.timeline import check_plot_path
from clipsgd_river.cli.scoring.alert_watch import AlertOptions, refuse_two_on_standard_output
from clipsgd_river.cli.scoring.detectors import check_state_path
from clipsgd_river.cli.scoring.keys import NO_KEYS, Keys
from clipsgd_river.cli.terminal.errors import UsageError


@dataclass(frozen=True)
class ScoreOptions:
    """The options of the command, as they are explained in its help."""

    file: str
    out: str = STANDARD_STREAM
    format: Format | None = None
    out_format: OutFormat | None = None
    delimiter: str | None = None
    header: bool = True
    detector: str | None = None
    contamination: float | None = None
    memory: int | str | None = None
    #: None where the option is left out; the selection has what then counts.
    categorical: frozenset[str] | None = None
    given: dict[str, str] | None = None
    time_format: str | None = None
    zone: str | None = None
    cells: Cells = field(default_factory=Cells)
    selection: Selection = field(default_factory=Selection)
    state: str | None = None
    #: Events after which the state is saved; None to do so every minute.
    checkpoint_every: int | None = None
    #: Whether a file that the state has learned from is judged and learned once more.
    again: bool = False
    plot: str | None = None
    report: str | None = None
    alerts: AlertOptions = field(default_factory=AlertOptions)
    delivery: DeliveryOptions = field(default_factory=DeliveryOptions)
    #: File of metrics for Prometheus.
    metrics: str | None = None
    skip_bad_events: bool = False
    #: Length of windows in seconds; None to judge single events.
    every: float | None = None
    spreadsheet_safe: bool = False
    prefix: str = ""
    quiet: bool = False
    keys: Keys = NO_KEYS

    @property
    def shows_time(self) -> bool:
        """Whether times are of use without a rule for alerts."""
        shown = self.plot is not None or self.report is not None
        return shown or self.every is not None or bool(self.selection.counters)

    def check(self) -> None:
        """Refuse what would destroy a file or fail at the end of a long run."""
        self.alerts.check(self.contamination, shows_time=self.shows_time)
        self.delivery.check(self.alerts.path)
        refuse_two_on_standard_output(self.out, self.alerts.path)
        named = {
            "FILE": self.file,
            "--out": self.out,
            "--state": self.state,
            "--plot": self.plot,
            "--report": self.report,
            "--alerts": self.alerts.path,
            "--metrics": self.metrics,
            "--rules": self.alerts.rules_file,
        }
        seen: dict[str, str] = {}
        for option, path in named.items():
            if path is not None and path != STANDARD_STREAM:
                real = os.path.realpath(path)
                if real in seen:
                    raise UsageError(f"{seen[real]} and {option} are the same file: {path}")
                seen[real] = option
        if self.state is not None:
            check_state_path(self.state)
        if self.metrics is not None:
            check_metrics_path(self.metrics)
        if self.plot is not None:
            check_plot_path(self.plot)
        if self.report is not None:
            check_report_path(self.report)
