"""Everything said to the user, on standard error: standard output is for data alone."""

from __future__ import annotations

import contextlib
import time
from types import TracebackType
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_SECONDS_BETWEEN_LINES: Final = 5.0


class Reporter:
    """Notes, errors, progress and the summary.

    On a terminal progress is a live bar, elsewhere a plain line every five seconds.

    Parameters
    ----------
    quiet
        Leave out progress and summary; notes of what is left out or skipped, and errors, remain.
    live
        Whether a live bar may be drawn, which it may not where results go to the same terminal.
    """

    def __init__(self, *, quiet: bool = False, live: bool = True) -> None:
        self._console = _StandardError()
        self._quiet = quiet
        self._started = self._last_line = time.monotonic()
        self._progress: Progress | None = None
        self._task: Any = None
        if live and not quiet and self._console.is_terminal:
            self._progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TimeElapsedColumn(),
                console=self._console,
                transient=True,
            )

    def __enter__(self) -> Reporter:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            with contextlib.suppress(OSError):
                self._progress.stop()

    def note(self, text: str) -> None:
        """Say what the user must not miss."""
        self._print(f"note: {text}")

    def error(self, text: str) -> None:
        """Say why the run ends."""
        self._print(f"error: {text}")

    def say(self, text: str) -> None:
        """Say what a quiet run leaves out."""
        if not self._quiet:
            self._print(text)

    def progress(self, what: str, events: int, fraction: float | None) -> None:
        """Show how far the run is.

        Parameters
        ----------
        what
            What is running.
        events
            Events done.
        fraction
            Share of the input done, in [0, 1]; None where its end is unknown.
        """
        if self._quiet:
            return
        now = time.monotonic()
        if self._progress is None and now - self._last_line < _SECONDS_BETWEEN_LINES:
            return
        rate = events / max(now - self._started, 1e-9)
        text = f"{what}: {events:,} events, {rate:,.0f} a second"
        if self._progress is None:
            self._last_line = now
            self._print(text if fraction is None else f"{text}, {fraction:.0%}")
            return
        if self._task is None:
            self._task = self._progress.add_task(text, total=None)
        self._progress.update(
            self._task,
            description=text,
            completed=fraction or 0.0,
            total=None if fraction is None else 1.0,
        )

    def restart(self) -> None:
        """Begin a new count of events and seconds."""
        self._started = time.monotonic()

    def _print(self, text: str) -> None:
        # A terminal that was closed takes no words; the data is what matters.
        with contextlib.suppress(OSError):
            self._console.print(text, markup=False, highlight=False, soft_wrap=True, emoji=False)


class _StandardError(Console):
    """A console that falls silent, where Rich would end the program, when nobody reads it."""

    def __init__(self) -> None:
        super().__init__(stderr=True)

    def on_broken_pipe(self) -> None:
        self.quiet = True
