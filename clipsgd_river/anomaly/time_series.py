"""One metric or several, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from clipsgd_river._kernels.anomaly.series import SeriesPart
from clipsgd_river._kernels.anomaly.series_detector import SeriesKernel
from clipsgd_river._tables.rows import Rows, rows_of
from clipsgd_river._tables.timed import timed_table
from clipsgd_river._words.usual import in_words
from clipsgd_river.anomaly._settings import SERIES
from clipsgd_river.anomaly.base import ClippedDetector

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray
    from river import base
    from river.optim.base import Scheduler


class ClippedTimeSeries(ClippedDetector):
    r"""One metric or several over time, with seasons: how rare is what happens now.

    Choose it for what is measured again and again: requests, temperatures, queue lengths. An event
    is ``{"timestamp": datetime, "value": 3.2}``, with as many metrics as there are. No period, no
    range and no threshold need be known, and nothing is read ahead. Choose `ClippedEnsemble` where
    events have no order.

    Eight channels listen to each metric: its level; its deviation from what is usual at this time
    of day and week; its dispersion; what autoregression does not predict, and the dispersion of
    that; its short-run mean; how long it has stood still; how long there was no value. Each keeps a
    table of what it has said, clipped, so that no outlier hides others. With s the rarity of what
    the most surprised channel says, in decades, and s' how rarely any was as surprised,

    .. math:: r = (s + s') / 2,

    a p-value of the metric's own past: a distance of 3 is 1 in 1,000. Several metrics are seen one
    by one and together: the largest and the mean of their r, each with its own rarity.

    A metric that only rises, such as requests since a start, is found in the data: it has risen 32
    times and not fallen, but for a reset to at most a hundredth. It is judged by its rate, per
    second or, without times, per event.

    After an event is told it is no news: a bar stands at its r and falls by a decade per
    ``cooldown`` events, and what is at or below the bar is brought below 3. With alerts from 3 on,
    what lasts is told once; what gets rarer is told again. ``docs/time_series.md`` has the
    formulas.

    Parameters
    ----------
    timestamp
        Name of the feature that says when an event was: a datetime, date or number of seconds since
        1970. Without a name it is the first feature to hold a datetime; an event without one comes
        as long after the last as usual. Times with a zone count by their clock on the wall, so that
        seasons follow daylight-saving time. Seasons of up to 192 events are found by themselves
        without times, and beside those of day and week.
    cooldown
        Events in which the bar of what was told falls by a decade.
    shapes
        Whether three more channels compare the shape of the last 16 values, and of means of 4 and
        of 16, with shapes so far. Choose it where wrong shapes at usual levels matter: heart beats,
        cycles of a machine. It doubles the time and takes 32 KB more for each metric.
    holidays
        Days that are not like others: dates in a set or list, or any object that can be asked
        ``date in holidays``, such as one of the package of that name. They are to the season an
        eighth day of the week, the first one a Sunday. Other than dates, such an object cannot go
        into a state file.
    learning_rate
        Step of location and scale, as for `ClippedZScore`: a memory of 1,000 events.
    clip
        Clip threshold of location and scale, as for `ClippedZScore`.
    warm_up
        Events whose medians give a metric's first location and scale, 1 to 10,000.
    contamination
        Expected share of anomalies, in (0, 0.5]; sets `offset_` and so `predict`, not the scores.
    max_features
        Metrics, 15 KB each; beyond it a new one takes the place of one unseen for 10,000 events, or
        raises a ``ValueError``.

    Notes
    -----
    O(192) per metric and event. State file: about 15 KB a metric; in memory
    18 KB more for all. Values that come back keep their tables: what was rare 30,000 events ago may
    be told anew.
    An event may have a time and no value: it changes nothing.

    The constants but those of shapes were chosen with the Numenta Anomaly Benchmark in view.
    ``benchmarks/nab.py`` has the score, channel by channel.

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> from math import sin, pi
    >>> from clipsgd_river.anomaly import ClippedTimeSeries
    >>> model = ClippedTimeSeries()
    >>> start = datetime(2026, 3, 2)
    >>> for n in range(1000):
    ...     load = 50 + 10 * sin(2 * pi * n / 48) + 0.618 * n % 1
    ...     model.learn_one({"timestamp": start + timedelta(minutes=30 * n), "load": load})
    >>> evening = start + timedelta(minutes=30 * 1000)
    >>> [round(value, 1) for value in model.expect_one({"timestamp": evening})["load"]]
    [41.1, 41.7, 42.3]
    >>> usual, odd = ({"timestamp": evening, "load": load} for load in (41.9, 45.0))
    >>> round(model.distance_one(usual), 1), round(model.distance_one(odd), 1)
    (2.0, 3.5)
    >>> said = model.channels_one(odd)["load"]
    >>> max(said, key=said.get)
    'season'
    """

    _kernel: SeriesKernel
    _kernel_class: ClassVar[type[SeriesKernel]] = SeriesKernel
    _part_class = SeriesPart
    _checks: ClassVar[Any] = SERIES

    #: Each event is expected to be as surprising as most, not to be the most usual one.
    distance_zero_when_expected: ClassVar[bool] = False
    #: A datetime among the features is no error.
    takes_times: ClassVar[bool] = True

    def __init__(
        self,
        *,
        timestamp: base.typing.FeatureName | None = None,
        cooldown: int = 300,
        shapes: bool = False,
        holidays: Container[date] | Iterable[date | str] | None = None,
        learning_rate: str | float | Scheduler = 0.001,
        clip: str | float | None = "auto",
        warm_up: int = 20,
        contamination: float = 0.001,
        max_features: int = 1_000,
    ) -> None:
        self.timestamp = timestamp
        self.cooldown = cooldown
        self.shapes = shapes
        self.holidays = holidays
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_features = max_features

    def channels_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, dict[str, float]]:
        """How rare is what each channel says of each metric of an event, in decades.

        The largest is the reason for the surprise. A channel without a say, such as the season
        where there is no time, is left out; so is a metric that was never learned. Changes nothing.
        """
        found: dict[base.typing.FeatureName, dict[str, float]] = self._kernel.channels_one(x)
        return found

    def describe_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, tuple[float, str]]:
        """Value of each metric that stands still, and for how long, where that is the reason.

        And of each counter that rises at an unusual rate. Of the others `expect_one` says what is
        usual. Changes nothing.

        Examples
        --------
        >>> import random
        >>> from clipsgd_river.anomaly import ClippedTimeSeries
        >>> rng = random.Random(0)
        >>> model = ClippedTimeSeries()
        >>> for _ in range(1000):
        ...     model.learn_one({"flow": rng.gauss(100, 1)})
        >>> for _ in range(31):
        ...     model.learn_one({"flow": 100.2})
        >>> model.describe_one({"flow": 100.2})
        {'flow': (100.2, 'the same value 32 times in a row')}

        >>> model, requests = ClippedTimeSeries(), 0
        >>> for _ in range(1000):
        ...     requests += rng.randint(80, 120)
        ...     model.learn_one({"requests": requests})
        >>> _, said = model.describe_one({"requests": requests + 900})["requests"]
        >>> said
        'rising per event by 900, usually between 80 and 120'
        """
        rates = self._kernel.rates_one(x)
        said = {}
        for name, (timed, rate, low, expected, high) in rates.items():
            if not low <= rate <= high:
                unit, usual = "second" if timed else "event", (low, expected, high)
                said[name] = (x[name], f"rising per {unit} by {in_words(rate, usual)}")
        for name, (value, length) in self._kernel.standing_one(x).items():
            what = "rate" if name in rates else "value"
            said[name] = (value, f"the same {what} {length:,} times in a row")
        return said

    def told_one(self) -> dict[base.typing.FeatureName, tuple[float, int]]:
        """The bar of what was told of each metric, and how many events ago it was raised.

        A surprise at or below the bar, if that is above 2, belongs to what was told so long ago.
        """
        found: dict[base.typing.FeatureName, tuple[float, int]] = self._kernel.told_one()
        return found

    def expect_one(
        self, x: dict[base.typing.FeatureName, Any] | None = None
    ) -> dict[base.typing.FeatureName, tuple[float, float, float]]:
        """Normal band of each metric, as (low, expected, high) in its own unit.

        By the season, by autoregression from the last values, or by location and scale: whichever
        has had the smallest deviations. It covers 95 % of Gaussian ones. The band of a counter is
        where its usual rates lead.

        Parameters
        ----------
        x
            An event whose time the bands are for. Without it, or without a time, they are for when
            the next value of each metric is due.
        """
        return super().expect_one(x)

    def _rows(self, X: Any) -> Rows:
        return X if isinstance(X, Rows) else rows_of(timed_table(X, self._kernel.clock))

    def _validated(self, X: Any, *, reset: bool) -> Any:
        # A fit forgets which column was the clock.
        clock = self.timestamp if reset else self._kernel.clock
        return super()._validated(timed_table(X, clock), reset=reset)

    def learn_rows_until(
        self,
        rows: Any,
        gate: Any,
        scores: NDArray[np.float64],
        distances: NDArray[np.float64] | None = None,
    ) -> int:
        """Learn rows up to one at which a gate stops them; returns how many were learned."""
        self._start_clock(rows)
        return super().learn_rows_until(rows, gate, scores, distances)

    def _run(self, rows: Any, *, learn: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if learn:
            self._start_clock(rows)
        return super()._run(rows, learn=learn)

    def _start_clock(self, rows: Any) -> None:
        """Take the column that is the clock of rows about to be learned, if they are the first."""
        if rows.clock is not None and not self._kernel.features.size:
            self._kernel.start_clock(rows.clock)
