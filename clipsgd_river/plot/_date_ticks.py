"""Ticks of a time axis that keep their distance. Importing this needs matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.dates import AutoDateLocator

#: Ticks nearer to each other than this part of the usual gap would be written on each other.
_NEAR = 0.75


class SpacedDateLocator(AutoDateLocator):
    """Leave out what precedes a new month or year too closely, as the 31st does the 1st."""

    def __call__(self) -> Any:
        """Return the places of the ticks."""
        ticks = np.asarray(super().__call__(), dtype=float)  # type: ignore[no-untyped-call, type-var]
        if len(ticks) < 3:
            return ticks
        gaps = np.diff(ticks)
        return ticks[np.append(gaps > _NEAR * np.median(gaps), True)]
