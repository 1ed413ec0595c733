"""Chats, mail, pagers and web hooks, through Apprise."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any, Final

from clipsgd_river.cli.delivery.receiver import Outcome, Result
from clipsgd_river.cli.terminal.errors import UsageError
from clipsgd_river.cli.terminal.text import shown

#: Services that programs read, which get the whole line.
_FOR_PROGRAMS: Final = frozenset({"json", "jsons", "xml", "xmls", "form", "forms"})
_GRAVE: Final = frozenset({"critical", "high"})


class Notification:
    """A service that Apprise knows by its URL.

    People get a title and the sentence of the alert; ``json://``, ``xml://`` and ``form://`` get
    the whole line as the message.

    Parameters
    ----------
    url
        As in ``slack://...`` or ``mailto://...``.

    Raises
    ------
    UsageError
        If Apprise is missing, or does not know the URL.
    """

    # Apprise works for some milliseconds, in threads of its own.
    pace = 0.2

    def __init__(self, url: str) -> None:
        try:
            import apprise
        except ImportError:
            raise UsageError(
                "--notify needs Apprise: pip install 'clipsgd-river[notify]'"
            ) from None
        scheme = url.partition(":")[0].lower()
        server = apprise.Apprise.instantiate(url, suppress_exceptions=True)
        if server is None:
            # The rest of a URL may be secret.
            raise UsageError(
                f"--notify: '{shown(scheme)}:...' is no URL that Apprise understands: "
                "https://github.com/caronc/apprise/wiki has those of each service"
            )
        self.label = scheme
        self._gets_lines = scheme in _FOR_PROGRAMS
        self.name = f"--notify {scheme}"
        self._apprise: Any = apprise
        self._server = apprise.Apprise()
        self._server.add(server)
        logging.getLogger("apprise").addHandler(logging.NullHandler())

    def send(self, line: bytes, stop: threading.Event) -> Outcome:
        """Notify of a line."""
        fields = json.loads(line)
        with self._apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as said:
            done = self._server.notify(
                title=title_of(fields),
                body=line.decode().strip() if self._gets_lines else str(fields["sentence"]),
                notify_type=self._kind(fields),
                # Text of the data is no markup, whatever it holds.
                body_format=self._apprise.NotifyFormat.TEXT,
                interpret_escapes=False,
            )
            why = said.getvalue().strip().splitlines()
        if done:
            return Outcome(Result.DELIVERED)
        return Outcome(Result.FAILED, shown(why[-1], 200) if why else "it was not delivered")

    def _kind(self, fields: dict[str, Any]) -> Any:
        kinds = self._apprise.NotifyType
        if fields["status"] == "resolved":
            return kinds.SUCCESS
        return kinds.FAILURE if fields["severity"] in _GRAVE else kinds.WARNING


def title_of(fields: dict[str, Any]) -> str:
    """Return the title of a message.

    Examples
    --------
    >>> title_of({"status": "new", "severity": "high", "incident": 12, "key": "web-1"})
    'new incident 12 (high), web-1'
    """
    whom = "" if fields.get("key") is None else f", {shown(fields['key'])}"
    return f"{fields['status']} incident {fields['incident']} ({fields['severity']}){whom}"
