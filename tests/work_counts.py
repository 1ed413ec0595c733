"""Print how many steps Python takes for an event of three features, before and after a junk event.

Run uncompiled by `test_work.py`, so that every element which a loop of a kernel touches is counted,
on any machine alike. A line for each detector, scaler and linear model: its name, the count before
an event with 990 new keys, and the count 300 events after it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

# The environment says that no folder is to be searched of itself.
sys.path.insert(0, str(Path(__file__).parent))

from conftest import discover_detectors
from parts import Tabular, discover_parts

from clipsgd_river.checks._promise import call

NEW_KEYS = 990
COUNTED = 20


def events(count: int, seed: int) -> list[dict[Any, float]]:
    rows = np.random.default_rng(seed).normal(size=(count, 3)).tolist()
    return [dict(zip("abc", row, strict=True)) for row in rows]


def steps(subject: Any, stream: list[dict[Any, float]]) -> int:
    """Bytecodes run while these events are explained, scored and learned."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        count += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        for x in stream:
            for method in ("explain_one", "distance_one", "learn_one"):
                if hasattr(subject, method):
                    call(subject, method, x)
    finally:
        sys.settrace(None)
    return count


def subjects() -> Iterator[Any]:
    """All but rules, which ask for the bands of all features at an unusual event."""
    for found in discover_detectors():
        if not type(found).__module__.startswith("clipsgd_river.alerts.rules"):
            yield found
    yield from (part for part in discover_parts() if isinstance(part, Tabular))


def main() -> None:
    """Print a line for each subject."""
    for subject in subjects():
        # As many as fill what is bounded, such as a sample of past events.
        for x in events(300, 0):
            call(subject, "learn_one", x)
        before = steps(subject, events(COUNTED, 1))
        junk = {f"new {k}": 1.0 for k in range(NEW_KEYS)}
        call(subject, "learn_one", {**events(1, 2)[0], **junk})
        for x in events(300, 3):
            call(subject, "learn_one", x)
        after = steps(subject, events(COUNTED, 1))
        sys.stdout.write(f"{type(subject).__name__} {before} {after}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
