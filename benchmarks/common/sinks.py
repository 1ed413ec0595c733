"""A web server that takes alerts, or hangs, refuses and dies, as web servers do."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What a server does.
TAKES, REFUSES, HANGS, DIES = "takes", "refuses", "hangs", "dies"
MANNERS = (TAKES, REFUSES, HANGS, DIES)
#: Of so many requests one is taken where others are refused, and as many are taken before it dies.
EACH = 3
UNTIL_DEATH = 25

Line = tuple[str, int]


class Sink(ThreadingHTTPServer):
    """A server on a free port of this machine, which keeps what it read and what it took.

    A line is taken once the answer says so. One that dies closes connections without a word,
    in the middle of a request that it has read; so does one that hangs, at its end.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.manner = TAKES
        self.read: list[Line] = []
        self.taken: list[Line] = []
        self.ends = threading.Event()
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_port}"

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that have gone."""

    def answers(self, line: Line) -> bool:
        """Keep a line; return whether it is taken."""
        with self.lock:
            self.read.append(line)
            if self.manner == REFUSES and len(self.read) % EACH:
                return False
            if self.manner == DIES and len(self.taken) >= UNTIL_DEATH:
                raise ConnectionAbortedError
        if self.manner == HANGS:
            self.ends.wait()
            raise ConnectionAbortedError
        with self.lock:
            self.taken.append(line)
        return True


class _Handler(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:  # as the library names it
        """Take a line, or what Apprise sends with one in it."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "message" in body:
            body = json.loads(body["message"])
        try:
            taken = self.server.answers((body["uid"], body["update"]))
        except ConnectionAbortedError:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(200 if taken else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def sink() -> Iterator[Sink]:
    """Run a server while it is of use."""
    with Sink() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield found
        finally:
            found.ends.set()
            found.shutdown()
            thread.join()
