"""A stream of log-ins for tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def log_ins(count: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Users with a country or two each, ports, bytes; gaps."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        user = int(rng.zipf(1.8)) % 50
        country = ("DE", "FR", "US")[user % 3] if rng.random() < 0.95 else f"c{rng.integers(40)}"
        event = {
            "user": f"u{user}",
            "country": country,
            "port": int(rng.choice([22, 80, 443])),
            "bytes": float(rng.normal()),
        }
        yield {name: value for name, value in event.items() if rng.random() < 0.97}
