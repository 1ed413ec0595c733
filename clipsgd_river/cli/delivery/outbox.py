"""The file of alerts and those who get what is in it."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from clipsgd_river.cli.delivery.alert_log import AlertLog
from clipsgd_river.cli.delivery.command import Command
from clipsgd_river.cli.delivery.courier import Courier
from clipsgd_river.cli.delivery.marks import Identity
from clipsgd_river.cli.delivery.notification import Notification
from clipsgd_river.cli.delivery.receiver import Receiver, Result
from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.terminal.errors import OutputError, UsageError
from clipsgd_river.cli.terminal.interrupts import Interrupts

#: At the end of a stream, so long may attempts fail in all before what waits is left to the next
#: run; and after a signal all of it may take so long.
LAST_SECONDS: Final = 15.0
SECONDS_AFTER_A_SIGNAL: Final = 5.0
_GRACE: Final = 1.0


@dataclass(frozen=True)
class DeliveryOptions:
    """Who gets alerts beside the file: a command, and services by their URLs."""

    command: str | None = None
    urls: tuple[str, ...] = ()

    @property
    def wanted(self) -> bool:
        """Whether anybody does."""
        return self.command is not None or bool(self.urls)

    def check(self, path: str | None) -> None:
        """Refuse to deliver what is kept nowhere."""
        if self.wanted and (path is None or path == STANDARD_STREAM):
            option = "--notify" if self.command is None else "--exec"
            raise UsageError(
                f"{option} needs --alerts FILE.jsonl, which keeps what is not delivered for the "
                "next run"
            )

    def receivers(self) -> list[Receiver]:
        """Make the receivers, no two of which have the same label.

        Raises
        ------
        UsageError
            If one cannot work.
        """
        found: list[Receiver] = [] if self.command is None else [Command(self.command)]
        taken: Counter[str] = Counter()
        for url in self.urls:
            service = Notification(url)
            taken[service.label] += 1
            if taken[service.label] > 1:
                service.label = f"{service.label} {taken[service.label]}"
                service.name = f"--notify {service.label}"
            found.append(service)
        return found


class Outbox:
    """Write lines to the file of alerts, and have them delivered.

    Parameters
    ----------
    path
        The file of alerts.
    options
        Who gets its lines.
    append
        Whether lines are added to what the file has.
    note
        Says what the user must not miss.
    """

    def __init__(
        self, path: str, options: DeliveryOptions, note: Callable[[str], object], *, append: bool
    ) -> None:
        receivers = options.receivers()
        self._note = note
        self._log = AlertLog(path, append=append, labels=[each.label for each in receivers])
        self._receivers = receivers
        self._unkept: list[bytes] = []
        self.couriers: list[Courier] = []

    @property
    def delivers(self) -> bool:
        """Whether anybody gets the lines."""
        return bool(self._receivers)

    def open(self) -> None:
        """Open the file, and begin to deliver what waits in it; a second time does nothing."""
        self._log.open()
        if self.couriers:
            return
        for receiver in self._receivers:
            waiting = self._log.waiting[receiver.label]
            if waiting:
                self._note(
                    f"{waiting:,} alerts of an earlier run wait in {self._log.path} for "
                    f"{receiver.name}: they go first"
                )
            courier = Courier(receiver, self._log.path, self._note, waiting)
            self.couriers.append(courier)
            courier.start(self._log.end)

    def write(self, fields: dict[str, Any]) -> None:
        """Append a line, and have it delivered.

        Raises
        ------
        OutputError, OutputClosed
            If it cannot be written; it is then delivered all the same, once.
        """
        text = json.dumps(fields, ensure_ascii=False, allow_nan=False)
        try:
            is_new = self._log.write(text, Identity(str(fields["uid"]), int(fields["update"])))
        except OutputError:
            self._unkept.append(f"{text}\n".encode("utf-8", "backslashreplace"))
            raise
        if is_new:
            for courier in self.couriers:
                courier.add(self._log.end)

    def close(self, interrupts: Interrupts) -> None:
        """Deliver what can be delivered, and close the file."""
        for courier in self.couriers:
            courier.finish(LAST_SECONDS)
        signalled: float | None = None
        running = list(self.couriers)
        while running:
            if interrupts.received is not None and signalled is None:
                signalled = time.monotonic() + SECONDS_AFTER_A_SIGNAL
                for courier in running:
                    courier.finish(SECONDS_AFTER_A_SIGNAL)
            if signalled is not None and time.monotonic() > signalled:
                for courier in running:
                    courier.stop()
                    # One that does not heed it ends with the process.
                    courier.join(_GRACE)
                break
            running = [each for each in running if not each.join(0.05)]
        if signalled is None:
            self._deliver_unkept()
        self._log.close()

    def _deliver_unkept(self) -> None:
        """Hand on what could not be written, without a second attempt."""
        for line in self._unkept:
            for receiver in self._receivers:
                outcome = receiver.send(line, threading.Event())
                if outcome.result is not Result.DELIVERED:
                    self._note(f"{receiver.name} failed for an alert that is lost: {outcome.why}")

    def lines(self) -> Iterator[tuple[str, bool]]:
        """Yield what became of the lines, and whether the user must not miss it."""
        if self._log.repeated:
            yield f"{self._log.repeated:,} alerts are in {self._log.path} already", False
        for each in self.couriers:
            name = each.receiver.name
            refused = f", {each.refused:,} refused" if each.refused else ""
            yield (
                (
                    f"{name}: {each.delivered:,} delivered{refused}, "
                    f"{each.failures:,} attempts failed"
                ),
                False,
            )
            if each.waiting:
                yield (
                    (
                        f"{name}: {each.waiting:,} alerts are not delivered: they wait in "
                        f"{self._log.path} for the next run"
                    ),
                    True,
                )
