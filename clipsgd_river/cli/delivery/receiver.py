"""What whoever gets alerts has in common."""

from __future__ import annotations

import threading
from enum import Enum
from typing import NamedTuple, Protocol


class Result(Enum):
    """What became of an attempt."""

    DELIVERED = "delivered"
    FAILED = "failed"
    REFUSED = "refused"


class Outcome(NamedTuple):
    """What became of an attempt, and why where it failed."""

    result: Result
    why: str = ""


class Receiver(Protocol):
    """Someone to whom lines are handed, one at a time."""

    #: What the marks in the file call it.
    label: str
    #: What messages call it.
    name: str
    #: Seconds between two lines while the stream runs, of which they take a thirtieth or so.
    pace: float

    def send(self, line: bytes, stop: threading.Event) -> Outcome:
        """Hand on a line, in bounded time, and soon after `stop` is set."""
        ...
