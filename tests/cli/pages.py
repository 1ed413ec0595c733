"""What the tests read in a report, and streams that try it."""

from __future__ import annotations

import base64
import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import numpy as np

HOSTILE_NAMES = (
    "<script>document.title = 'pwned'</script>",
    '"><img src=x onerror="document.title=\'pwned\'">',
    "</style></title></svg><b>bold",
    "{{ 7 * 7 }} {% raw %}",
    "$\\frac$ & &amp; 0.123456789",
    "\u202elanguage, 日本語 \ud83d \x00 \x1b[31m\n",
    "x" * 5000,
)


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._pieces: list[str] = []
        self._in_style = False
        self.source = path.read_text("utf-8")
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self._pieces.append(" ")
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._in_style = tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        """Note that a style or a script has ended."""
        self._in_style = self._in_style and tag not in ("style", "script")

    def handle_data(self, data: str) -> None:
        """Note text."""
        if not self._in_style:
            self._pieces.append(data)

    @property
    def text(self) -> str:
        """All text, with single spaces."""
        return " ".join("".join(self._pieces).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of all tags of a kind."""
        return [attributes for name, attributes in self.tags if name == tag]

    def pictures(self) -> list[str]:
        """Return the SVG of all pictures, which must be well-formed."""
        addresses = [each["src"] for each in self.all("img")]
        addresses += [each["srcset"] for each in self.all("source")]
        pictures = []
        for address in addresses:
            kind, _, data = unquote(address).partition(",")
            assert kind == "data:image/svg+xml;base64"
            pictures.append(base64.b64decode(data).decode())
            ET.fromstring(pictures[-1])
        return pictures


def hostile_lines() -> str:
    """Return JSON lines whose names, times and values are as bad as can be."""
    generator = np.random.default_rng(0)
    lines = []
    for row in range(600):
        event: dict[str, object] = {
            name: float(value)
            for name, value in zip(HOSTILE_NAMES, generator.normal(size=9), strict=False)
        }
        if row % 100 == 99:
            event[HOSTILE_NAMES[row // 100 % len(HOSTILE_NAMES)]] = 1e308
        event["when"] = f"<i>{row}</i>"
        lines.append(json.dumps(event))
    return "\n".join(lines) + "\n"
