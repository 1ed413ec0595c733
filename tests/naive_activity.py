"""Two buckets a window, written straight from the formulas; distinct values are counted exactly."""

from __future__ import annotations

from typing import Any


class NaiveWindow:
    """The events of one key in one window, all of them kept."""

    def __init__(self, length: float) -> None:
        self.length = length
        self.began = 0.0
        self.events: list[tuple[float, Any, float]] = []

    def add(self, now: float, value: Any, amount: float) -> bool:
        """Take an event; returns whether a bucket was over."""
        over = bool(self.events) and now >= self.began + self.length
        if over and now < self.began + 2 * self.length:
            self.began += self.length
        elif over or not self.events:
            self.began = now
        self.events.append((now, value, amount))
        return over

    def seen(self, now: float) -> tuple[float, float, float]:
        """Events, distinct values and the sum within the window."""
        here = [e for e in self.events if e[0] >= self.began]
        before = [e for e in self.events if self.began - self.length <= e[0] < self.began]
        left = 1 - (now - self.began) / self.length
        values = {value for _, value, _ in here}
        both = values | {value for _, value, _ in before}
        return (
            len(here) + left * len(before),
            len(values) + left * (len(both) - len(values)),
            sum(e[2] for e in here) + left * sum(e[2] for e in before),
        )
