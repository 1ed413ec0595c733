"""Figures of a run in a file that the text file collector of Prometheus' node_exporter reads."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

from clipsgd_river.cli.terminal.errors import UsageError

#: Seconds between two versions of the file.
SECONDS: Final = 5.0
_PREFIX: Final = "clipsgd_river"


@dataclass
class Figures:
    """What there is to say of a run at some moment.

    Parameters
    ----------
    events, bad_events, alerts
        Since the run began.
    incidents_open
        Incidents that are open; None without a rule for alerts.
    threshold
        Score that an event must exceed.
    newest
        Time of the newest event, in seconds since 1970; None where events have none.
    delivered, failures, waiting
        By receiver: lines delivered, attempts that failed, lines that wait.
    """

    events: int = 0
    bad_events: int = 0
    alerts: int = 0
    incidents_open: int | None = None
    threshold: float = math.inf
    newest: float | None = None
    delivered: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)


class MetricsFile:
    """A file of metrics, written anew every few seconds, also while a stream is silent.

    Parameters
    ----------
    path
        Ends in ``.prom``. Its name without the ending is the label ``stream`` of each metric, so
        that several runs on one host do not get in each other's way.
    read
        Gives the figures as they are now.
    note
        Says what the user must not miss.
    """

    def __init__(
        self, path: str, read: Callable[[], Figures], note: Callable[[str], object]
    ) -> None:
        self._path = path
        self._stream = PurePath(path).name.removesuffix(".prom")
        self._read = read
        self._note = note
        self._over = threading.Event()
        self._fails = False
        self._thread = threading.Thread(target=self._run, name="--metrics", daemon=True)

    def start(self) -> None:
        """Write the file for the first time, and go on.

        Raises
        ------
        UsageError
            If it cannot be written.
        """
        try:
            self._write()
        except OSError as error:
            raise UsageError(f"cannot write {self._path}: {error.strerror}") from None
        self._thread.start()

    def finish(self) -> None:
        """Write the file for the last time."""
        if self._thread.is_alive():
            self._over.set()
            self._thread.join()
            self._try()

    def _run(self) -> None:
        while not self._over.wait(SECONDS):
            self._try()

    def _try(self) -> None:
        """Write the file, or say once that it cannot be written."""
        try:
            self._write()
        except OSError as error:
            if not self._fails:
                self._note(f"cannot write {self._path}: {error.strerror}")
            self._fails = True
        else:
            self._fails = False

    def _write(self) -> None:
        from clipsgd_river._state.file_format import write_atomically

        text = "".join(f"{line}\n" for line in lines_of(self._read(), self._stream, time.time()))
        write_atomically(self._path, text.encode())


def lines_of(figures: Figures, stream: str, now: float) -> Iterator[str]:
    """Yield the lines of the text format.

    Examples
    --------
    >>> for line in lines_of(Figures(events=3, newest=90.0), "web", 100.0):
    ...     if "lag" in line:
    ...         print(line)
    # HELP clipsgd_river_lag_seconds Seconds from the time of the newest event to now.
    # TYPE clipsgd_river_lag_seconds gauge
    clipsgd_river_lag_seconds{stream="web"} 10
    """
    one: list[tuple[str, str, str, float | None]] = [
        ("events_total", "counter", "Events judged since the run began.", figures.events),
        ("bad_events_total", "counter", "Events skipped as unreadable.", figures.bad_events),
        ("alerts_total", "counter", "Incidents that began, each of which alerted.", figures.alerts),
        ("incidents_open", "gauge", "Incidents that are open.", figures.incidents_open),
        ("threshold", "gauge", "Score that an event must exceed to alert.", figures.threshold),
        (
            "newest_event_timestamp_seconds",
            "gauge",
            "Time of the newest event, in seconds since 1970.",
            figures.newest,
        ),
        (
            "lag_seconds",
            "gauge",
            "Seconds from the time of the newest event to now.",
            None if figures.newest is None else now - figures.newest,
        ),
    ]
    label = f'stream="{_escaped(stream)}"'
    for name, kind, words, value in one:
        if value is not None:
            yield from _head(name, kind, words)
            yield f"{_PREFIX}_{name}{{{label}}} {_number(value)}"
    each: list[tuple[str, str, str, dict[str, int]]] = [
        ("delivered_total", "counter", "Alerts delivered, by receiver.", figures.delivered),
        (
            "delivery_failures_total",
            "counter",
            "Attempts to deliver that failed, by receiver.",
            figures.failures,
        ),
        ("undelivered", "gauge", "Alerts that wait to be delivered, by receiver.", figures.waiting),
    ]
    for name, kind, words, values in each:
        if values:
            yield from _head(name, kind, words)
        for receiver, number in values.items():
            yield f'{_PREFIX}_{name}{{{label},receiver="{_escaped(receiver)}"}} {number}'


def check_metrics_path(path: str) -> None:
    """Raise `UsageError` if the collector would pass a file over."""
    if not path.endswith(".prom"):
        raise UsageError(
            f"--metrics {path}: its name must end in .prom, or node_exporter passes it over"
        )


def _head(name: str, kind: str, words: str) -> Iterator[str]:
    yield f"# HELP {_PREFIX}_{name} {words}"
    yield f"# TYPE {_PREFIX}_{name} {kind}"


def _number(value: float) -> str:
    if math.isfinite(value):
        return f"{value:.17g}"
    return "NaN" if math.isnan(value) else "+Inf" if value > 0.0 else "-Inf"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
