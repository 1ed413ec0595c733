"""Hand the lines of a file of alerts to a receiver, in order, beside the stream."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from clipsgd_river.cli.delivery.marks import DELIVERED, REFUSED, WAITING, mark_at, without_marks
from clipsgd_river.cli.delivery.receiver import Outcome, Receiver, Result

#: Seconds until the first further attempt, and the most; each wait is twice the one before.
FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0


class Courier:
    """A thread that delivers what waits in a file.

    The file is the queue, so that the stream never waits, and nothing is kept in memory: the next
    line that waits for the receiver is handed on until it is delivered, then marked, then comes the
    one after it. What is delivered when the process dies before it is marked is delivered again by
    the next run; all else is delivered once.

    Parameters
    ----------
    receiver
        Who gets the lines.
    path
        The file, where lines are marked.
    note
        Says what the user must not miss.
    waiting
        How many lines wait already.
    """

    def __init__(
        self, receiver: Receiver, path: str, note: Callable[[str], object], waiting: int = 0
    ) -> None:
        self.receiver = receiver
        #: Lines that wait, were delivered, were refused for good; and attempts that failed.
        self.waiting = waiting
        self.delivered = self.refused = self.failures = 0
        self._path = path
        self._note = note
        self._end = 0
        self._changed = threading.Condition()
        self._stop = threading.Event()
        #: Once no line will come: since when, and how long attempts may still fail.
        self._finished: float | None = None
        self._patience = 0.0
        self._fails = False
        self._thread = threading.Thread(target=self._run, name=receiver.name, daemon=True)

    def start(self, end: int) -> None:
        """Begin with a file of whole lines up to a place."""
        self._end = end
        self._thread.start()

    def add(self, end: int) -> None:
        """Say that there is one line more, up to a place."""
        with self._changed:
            self.waiting += 1
            self._end = end
            self._changed.notify()

    def finish(self, patience: float) -> None:
        """Say that no line will come.

        It ends when all is delivered, or what failed has taken so long in all.
        """
        with self._changed:
            self._patience = patience
            if self._finished is None:
                self._finished = time.monotonic()
            self._changed.notify()

    def stop(self) -> None:
        """Let it end at once."""
        with self._changed:
            self._stop.set()
            self._changed.notify()

    def join(self, seconds: float) -> bool:
        """Wait for its end; return whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            path = Path(self._path)
            with path.open("rb") as lines, path.open("r+b", buffering=0) as marks:
                while self._deliver_next(lines, marks):
                    pass
        except Exception as error:  # whatever it is, the stream goes on
            self._note(f"{self.receiver.name} delivers no more in this run: {error!r}")

    def _deliver_next(self, lines: BinaryIO, marks: BinaryIO) -> bool:
        """Deliver the next line that waits; return whether to go on."""
        if not self._has_more(lines):
            return False
        start = lines.tell()
        line = lines.readline()
        at = mark_at(line, self.receiver.label)
        if at is None:
            return True
        outcome = self._attempts(without_marks(line))
        if outcome.result is Result.FAILED:
            return False
        with self._changed:
            self.waiting -= 1
        if outcome.result is Result.REFUSED:
            self.refused += 1
            self._note(f"{self.receiver.name} refused an alert for good: {outcome.why}")
        else:
            self.delivered += 1
        self._mark(marks, start + at, DELIVERED if outcome.result is Result.DELIVERED else REFUSED)
        if self._finished is None:
            self._rest(self.receiver.pace)
        return True

    def _rest(self, seconds: float) -> None:
        """Leave the processor to the stream, as long as there is one."""
        until = time.monotonic() + seconds
        with self._changed:
            while self._finished is None and not self._stop.is_set():
                left = until - time.monotonic()
                if left <= 0.0:
                    return
                self._changed.wait(left)

    def _has_more(self, lines: BinaryIO) -> bool:
        """Wait until there is a line to read; return whether there is one."""
        with self._changed:
            while not self._stop.is_set():
                if self._end < lines.tell():
                    # Somebody has emptied the file.
                    lines.seek(0)
                if self._end > lines.tell():
                    return True
                if self._finished is not None:
                    return False
                self._changed.wait()
        return False

    def _attempts(self, line: bytes) -> Outcome:
        """Try until a line is delivered or refused, or there is no more time."""
        wait = FIRST_WAIT
        while True:
            started = time.monotonic()
            outcome = self.receiver.send(line, self._stop)
            if outcome.result is not Result.FAILED:
                self._say_it_works()
                return outcome
            self.failures += 1
            self._say_it_fails(outcome.why)
            until = time.monotonic() + wait
            with self._changed:
                while not self._is_over(started, until) and time.monotonic() < until:
                    self._changed.wait(until - time.monotonic())
                if self._is_over(started, until):
                    return outcome
                if self._finished is not None:
                    self._patience -= until - max(started, self._finished)
            wait = min(2.0 * wait, LONGEST_WAIT)

    def _is_over(self, started: float, until: float) -> bool:
        """Whether there is no time to wait until then for what has failed since it started."""
        if self._finished is None:
            return self._stop.is_set()
        return self._stop.is_set() or until - max(started, self._finished) > self._patience

    def _say_it_works(self) -> None:
        if self._fails:
            self._fails = False
            self._note(f"{self.receiver.name} delivers again")

    def _say_it_fails(self, why: str) -> None:
        """Say it once, until it works again."""
        if not self._fails:
            self._fails = True
            self._note(f"{self.receiver.name} failed: {why}; it is tried again, alerts wait")

    def _mark(self, marks: BinaryIO, at: int, mark: bytes) -> None:
        """Mark a line, unless the file has changed meanwhile."""
        try:
            marks.seek(at)
            if marks.read(len(WAITING)) == WAITING:
                marks.seek(at)
                marks.write(mark)
                return
            why = "the file was changed"
        except OSError as error:
            why = error.strerror or str(error)
        self._note(
            f"an alert that {self.receiver.name} took cannot be marked in {self._path}: {why}; the "
            "next run may deliver it again"
        )
