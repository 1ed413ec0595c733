"""Events side by side as rows, where that changes nothing."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Final

import numpy as np

from clipsgd_river._rows import Rows

from .events import Event

#: Fewer are judged as fast one by one.
FEWEST_TOGETHER: Final = 16


def together(events: Sequence[Event], known: Iterable[Hashable]) -> Rows | None:
    """Return events as rows, or None where they must be judged one by one.

    Parameters
    ----------
    events
        In turn.
    known
        Features that have started: a new one may be refused, which is for its event alone.

    Examples
    --------
    >>> events = [Event(n, {"a": 1.0, "b": None}, 0, None) for n in range(3)]
    >>> together(events, ["a", "b"]).values[0]
    array([ 1., nan])
    >>> together(events, ["b"]) is None
    True
    """
    keys = list(events[0].features)
    if not keys or not set(keys) <= set(known):
        return None
    cells: list[object] = []
    for event in events:
        if list(event.features) != keys:
            return None
        cells += event.features.values()
    try:
        numbers = np.array(cells, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None  # integers beyond the range of a float, among others
    return Rows(numbers.reshape(len(events), len(keys)), keys)
