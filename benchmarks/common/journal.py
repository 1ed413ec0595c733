"""Figures of a long run, kept as they are measured, so that a run can be interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from common.data import DataError


class Journal:
    """Figures by what they are of, one JSON line each.

    Parameters
    ----------
    path
        File of figures measured before, to which new ones are added; ``None`` keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.known: dict[str, Any] = {}
        if path is None or not path.exists():
            return
        for line in path.read_text().splitlines():
            try:
                key, figure = json.loads(line)
            except ValueError as error:
                raise DataError(f"{path} holds no figures: {error}; delete it") from error
            self.known[json.dumps(key)] = figure

    def figure(self, key: Sequence[Any], measure: Callable[[], Any]) -> Any:
        """Return the figure of this key, measured only if it is not there yet."""
        name = json.dumps(key)
        if name not in self.known:
            figure = measure()
            self.known[name] = figure
            if self.path is not None:
                with self.path.open("a") as file:
                    file.write(f"{json.dumps([key, figure])}\n")
        return self.known[name]
