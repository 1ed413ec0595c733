"""A command that gets each line on its standard input: one process for each, never a shell."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import Final

from clipsgd_river.cli.delivery.receiver import Outcome, Result
from clipsgd_river.cli.terminal.errors import UsageError
from clipsgd_river.cli.terminal.text import shown

#: How long a command may take for a line.
SECONDS: Final = 10.0
#: The exit code by which a command says that it will never take a line: EX_DATAERR of sysexits.h.
WILL_NEVER: Final = 65
_SLICE: Final = 0.2


class Command:
    """A command that is run for each line.

    Its exit code 0 says that it has the line, 65 that it will never take it, and any other that it
    shall be tried again. So does taking longer than ten seconds, which ends it and all that it
    started. It must read its input itself; what it writes goes to standard error.

    Parameters
    ----------
    command
        With its arguments, quoted as in a shell.

    Raises
    ------
    UsageError
        If there is no such command.
    """

    label = "exec"
    name = "--exec"
    pace = 0.05

    def __init__(self, command: str, seconds: float = SECONDS) -> None:
        try:
            self._words = shlex.split(command, posix=os.name == "posix")
        except ValueError as error:
            raise UsageError(f"--exec: '{shown(command)}': {error}") from None
        if not self._words:
            raise UsageError("--exec names no command")
        program = self._words[0]
        if shutil.which(program) is None:
            raise UsageError(
                f"--exec: there is no command '{shown(program)}' that can be run: give its path, "
                "and make it executable; it is run without a shell, so for pipes and variables "
                "write a script"
            )
        self._seconds = seconds

    def send(self, line: bytes, stop: threading.Event) -> Outcome:
        """Run the command on a line."""
        try:
            process = subprocess.Popen(
                self._words,
                stdin=subprocess.PIPE,
                stdout=_standard_error(),
                start_new_session=True,
            )
        except OSError as error:
            return Outcome(Result.FAILED, f"it cannot be started: {error.strerror}")
        end = time.monotonic() + self._seconds
        given: bytes | None = line
        while True:
            try:
                process.communicate(given, timeout=_SLICE)
                break
            except subprocess.TimeoutExpired:
                given = None
                if stop.is_set() or time.monotonic() > end:
                    _kill(process)
                    why = "the run ended" if stop.is_set() else f"after {self._seconds:g} seconds"
                    return Outcome(Result.FAILED, f"it was killed: {why}")
        code = process.returncode
        if code == 0:
            return Outcome(Result.DELIVERED)
        if code == WILL_NEVER:
            return Outcome(Result.REFUSED, f"its exit code was {code}")
        why = f"its exit code was {code}" if code > 0 else f"it was ended by signal {-code}"
        return Outcome(Result.FAILED, why)


def _standard_error() -> int:
    """Where the command's output goes: standard output is for data alone."""
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # closed, or replaced by something that is none
        return subprocess.DEVNULL


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    process.wait()
