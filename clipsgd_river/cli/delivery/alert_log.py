"""The file of alerts: what is told, in order, and what of it still waits to be delivered."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from clipsgd_river.cli.delivery.marks import Identity, identity_of, mark_at, with_marks
from clipsgd_river.cli.output.text_output import TextOutput
from clipsgd_river.cli.terminal.errors import UsageError

try:
    import fcntl
except ImportError:  # Windows has none.
    fcntl = None  # type: ignore[assignment]

#: Of so many of the latest lines it is known that they are there.
MOST_KNOWN: Final = 10_000
OPTION: Final = "--alerts"


class AlertLog:
    """Append lines, none of them twice.

    Parameters
    ----------
    path
        A path, or ``-`` for standard output.
    append
        Whether to go on at the end of an existing file instead of replacing it. Where there are
        receivers lines are always added: the file has what waits for them.
    labels
        Names of receivers, for whom each line waits.
    """

    def __init__(self, path: str, *, append: bool = False, labels: Sequence[str] = ()) -> None:
        self.path = path
        self._appends = append or bool(labels)
        self._labels = labels
        self._output = TextOutput(path, OPTION, append=self._appends)
        self._known: dict[Identity, None] = {}
        self._lock: int | None = None
        self._is_open = False
        #: Up to where lines are whole, and how many of them wait for each receiver.
        self.end = 0
        self.waiting: Counter[str] = Counter()
        #: Lines that were there before, and so were not told again.
        self.repeated = 0

    def open(self) -> None:
        """Create the file, or read what it has; a second time does nothing.

        Raises
        ------
        UsageError
            If it cannot be written, or another process has it.
        """
        if self._is_open:
            return
        path = Path(self.path)
        if self._labels and path.exists() and not (path.is_file() or path.is_dir()):
            raise UsageError(
                f"{OPTION} {self.path} is no regular file: what is not delivered must stay in one"
            )
        self._output.open()
        self._is_open = True
        try:
            if self._labels:
                self._lock = _locked(self.path)
            if self._appends and path.is_file():
                self._look(path)
        except BaseException:
            self.close()
            raise

    def write(self, text: str, identity: Identity) -> bool:
        """Append a line at once; return whether it is new.

        Raises
        ------
        OutputError, OutputClosed
            If it cannot be written.
        """
        if identity in self._known:
            self.repeated += 1
            return False
        line = f"{with_marks(text, self._labels)}\n"
        self._output.write(line)
        self._output.flush()
        self.waiting.update(self._labels)
        self._know(identity)
        if self._labels:
            self.end = self._output.size()
        return True

    def close(self) -> None:
        """Close the file."""
        self._output.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _know(self, identity: Identity) -> None:
        self._known[identity] = None
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def _look(self, path: Path) -> None:
        """Read which lines are there, and which of them wait."""
        line = b"\n"
        with path.open("rb") as file:
            for line in file:
                identity = identity_of(line)
                if identity is not None:
                    self._know(identity)
                    self.waiting.update(x for x in self._labels if mark_at(line, x) is not None)
        if not line.endswith(b"\n"):
            # A crash cut it off; what follows is a line of its own.
            self._output.write("\n")
            self._output.flush()
        self.end = self._output.size()


def _locked(path: str) -> int | None:
    """Return a lock on a file; None where the system has none."""
    if fcntl is None:
        return None
    lock = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise UsageError(
            f"{OPTION} {path} is in use by another process that delivers alerts: name another file"
        ) from None
    except OSError:  # a file system without locks
        with contextlib.suppress(OSError):
            os.close(lock)
        return None
    return lock
