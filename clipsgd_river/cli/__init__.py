"""The command line: score files and streams of events without writing code."""

from __future__ import annotations

import sys

__all__ = ["main"]

_EXTRA = frozenset({"typer", "rich"})


def main() -> int:
    """Run the command line on `sys.argv` and return the exit code.

    Returns
    -------
    int
        0 done (or the reader of our output closed it), 1 the data was bad, 2 the command was,
        130 and 143 ended by Ctrl-C and by SIGTERM after everything so far was written.
    """
    try:
        from clipsgd_river.cli.app import run
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        sys.stderr.write(
            f"clipsgd-river needs {error.name}, which is not installed: "
            'pip install "clipsgd_river[cli]"\n'
        )
        return 2
    try:
        return run()
    except KeyboardInterrupt:  # before the command itself listens
        return 130
