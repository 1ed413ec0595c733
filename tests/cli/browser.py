"""A real browser, driven over its own protocol: a page is opened and asked what it shows."""

from __future__ import annotations

import itertools
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
_PATIENCE = 120.0


def find_browser() -> str:
    """Return the path of a browser; without one skip, or fail where one must be there."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is not None:
        return found
    message = f"needs one of the browsers {', '.join(NAMES)}"
    if os.environ.get("CLIPSGD_BROWSER_MUST_BE_THERE"):
        pytest.fail(message)
    pytest.skip(message)


class Browser:
    """A browser with one page; messages go through pipes, so nothing listens on the network.

    See https://chromedevtools.github.io/devtools-protocol for what it understands.
    """

    def __init__(self, profile: Path) -> None:
        browser = find_browser()
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        # The browser reads from descriptor 3 and writes to 4.
        start = f'exec 3<&{to_browser} 4>&{from_browser}; exec "$0" "$@"'
        command = [browser, *OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        self._log = (profile.parent / f"{profile.name}.log").open("wb")
        self._process = subprocess.Popen(
            ["bash", "-c", start, *command],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._numbers = itertools.count(1)
        self._received = b""
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Browser:
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.send(f"{domain}.enable")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._to)  # without its pipe the browser ends
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._from)
        self._log.close()

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask for something and return the answer."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        for answer in self._messages():
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)
        raise AssertionError(f"{method} was not answered")

    def open(self, path: Path, width: int, *, dark: bool = False, printed: bool = False) -> None:
        """Open a page in a window of some width and wait until all of it is there."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        medium = "print" if printed else "screen"
        self.send("Emulation.setEmulatedMedia", media=medium, features=[scheme])
        self.events.clear()
        self.send("Page.navigate", url=path.as_uri())
        for event in self._messages():
            self.events.append(event)
            if event.get("method") == "Page.loadEventFired":
                return

    def ask(self, expression: str) -> Any:
        """Return the value of an expression on the page."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def complaints(self) -> list[str]:
        """Return what went wrong on the page since it was opened: errors, blocked requests."""
        bad = {"Network.loadingFailed", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"}
        return [
            json.dumps(event["params"])
            for event in self.events
            if event.get("method") in bad or event.get("method") == "Log.entryAdded"
        ]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the page was opened."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
        ]

    def _messages(self) -> Iterator[dict[str, Any]]:
        end = time.monotonic() + _PATIENCE
        while True:
            while b"\0" in self._received:
                message, _, self._received = self._received.partition(b"\0")
                yield json.loads(message)
            ready, _, _ = select.select([self._from], [], [], max(end - time.monotonic(), 0.0))
            part = os.read(self._from, 1 << 20) if ready else b""
            if not part:
                log = Path(self._log.name).read_text(errors="replace")[-2000:]
                raise AssertionError(f"the browser fell silent; it had said: {log}")
            self._received += part
