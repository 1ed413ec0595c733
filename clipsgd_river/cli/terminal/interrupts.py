"""Ctrl-C and its relatives end a run between two events, never within one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, TypeVar

_T = TypeVar("_T")


class Interrupted(BaseException):
    """A signal asked for the end; not an `Exception`, so that no library swallows it."""


class Interrupts:
    """Turn SIGINT, SIGTERM and SIGHUP into a wish that the loop reads when it suits it.

    While waiting for input the wish is granted at once; a second signal ends even a blocked write.
    A signal the parent process had set to be ignored (``nohup``) stays ignored.

    Examples
    --------
    >>> before = signal.signal(signal.SIGINT, signal.default_int_handler)
    >>> with Interrupts() as interrupts:
    ...     signal.raise_signal(signal.SIGINT)
    ...     interrupts.received
    2
    >>> signal.signal(signal.SIGINT, before) is signal.default_int_handler
    True
    """

    _NAMES = ("SIGINT", "SIGTERM", "SIGHUP")

    def __init__(self) -> None:
        self.received: int | None = None
        self._waiting = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        # Python lets only the main thread set handlers; elsewhere the caller handles signals.
        if threading.current_thread() is threading.main_thread():
            for name in self._NAMES:
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, previous in self._previous.items():
            signal.signal(number, previous)
        self._previous.clear()

    def wait_for(self, read: Callable[[], _T]) -> _T:
        """Return ``read()``, which may block; a signal before or during it raises `Interrupted`."""
        # Set before the check: a signal between the two then raises instead of being overlooked.
        self._waiting = True
        try:
            if self.received is not None:
                raise Interrupted
            return read()
        finally:
            self._waiting = False

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self.received is not None:
            raise KeyboardInterrupt
        self.received = number
        if self._waiting:
            raise Interrupted
