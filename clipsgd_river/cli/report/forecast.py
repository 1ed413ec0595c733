"""What a detector of time series expects after the last event, for the report's pictures."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Final

from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.report.samples import Samples
from clipsgd_river.cli.scoring.watch import Watch

#: So much of the time so far is looked ahead, at no more than so many moments.
_SHARE: Final = 0.1
_MOST: Final = 96


def add_forecast(samples: Samples, watch: Watch, first: Event | None, last: Event | None) -> None:
    """Add the bands of moments after the last event, without values.

    Parameters
    ----------
    samples
        Where to.
    watch, first, last
        What judged, and its first and last event.
    """
    clock = watch.clock
    if clock is None or first is None or last is None or not watch.forecasts:
        return
    begin, end, moment = clock.seconds(first), clock.seconds(last), clock.moment(last)
    if moment is None or not 0.0 < end - begin < math.inf:
        return
    length = end - begin
    # Whole gaps: of times of day at which there never was a value, little is known.
    gap = length / max(last.row - first.row, 1)
    rows = math.ceil(max(_SHARE * length / _MOST / gap, 1.0))
    step = gap * rows
    for n in range(1, math.floor(_SHARE * length / step + 1e-9) + 1):
        try:
            then = moment + timedelta(seconds=n * step)
        except OverflowError:
            # Beyond the end of the calendar.
            return
        bands = watch.detector.expect_one({clock.column: then})
        samples.add(last.row + n * rows, end + n * step, {}, bands)
