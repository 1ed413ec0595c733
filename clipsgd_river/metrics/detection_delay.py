"""How soon after its beginning an anomaly, or a change, is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clipsgd_river import _settings
from clipsgd_river.metrics import _alerts
from clipsgd_river.metrics._waiting import WaitingMetric


class DetectionDelay(WaitingMetric):
    """Mean delay from the beginning of an anomaly to its first alert.

    An anomaly that is missed counts with all of its length, so that missing what is hard gains
    nothing. `mean` and `median` are those of the anomalies that were found, `share_detected` says
    how many that is (``docs/alert_metrics.md``). 0.0 before the first anomaly.

    Consecutive events with ``y_true`` = 1 are one anomaly, whose length is the number of them.
    With ``changes`` given, these are to be found, and labels are ignored: a change lasts up to the
    next one.

    Choose it where one alert is enough for an incident, as for people who then look; an alert that
    never stops finds everything at once, so read it beside `AlertRate` or `Precision`.

    Parameters
    ----------
    changes
        Where changes begin: positions of events, counted from 0, or times with a unit of time.
        Rising.
    within
        Longest delay that counts as found, in units; beyond it an anomaly is missed. ``None`` for
        no limit.
    unit
        As ``per`` in `AlertRate`.
    threshold
        As in `Precision`.

    Attributes
    ----------
    delays
        Delay of each anomaly in order, ``None`` where it has no alert (yet).

    Notes
    -----
    O(1) per event; `get` and the other results take O(n), n the anomalies so far. Some 100 bytes
    per anomaly. `revert` takes back the oldest event, as `river.utils.Rolling` does: an anomaly is
    in the window if its beginning is.

    Examples
    --------
    A change-point detector:

    >>> import random
    >>> from clipsgd_river.drift import ClippedOCPD
    >>> from clipsgd_river.metrics import DetectionDelay
    >>> rng, detector = random.Random(0), ClippedOCPD()
    >>> delay = DetectionDelay(changes=[1000, 2000])
    >>> for t in range(3000):
    ...     detector.update(rng.gauss(3 * (t // 1000), 1))
    ...     delay.update(None, detector.drift_detected)
    >>> delay.share_detected, delay.n_missed, delay.get() < 100
    (1.0, 0, True)

    Labels, of which two are one anomaly:

    >>> delay = DetectionDelay()
    >>> for y_true, alert in [(0, False), (1, False), (1, True), (0, False), (1, False)]:
    ...     delay.update(y_true, alert)
    >>> delay.delays, delay.get()
    ([1.0, None], 1.0)
    """

    def __init__(
        self,
        changes: Sequence[Any] | None = None,
        within: float | None = None,
        unit: str = "event",
        threshold: float = _alerts.THRESHOLD,
    ) -> None:
        super().__init__(changes, unit, threshold)
        self.within = within
        if within is not None:
            self._longest = _settings.positive("within", within)

    @property
    def share_detected(self) -> float:
        """Share of the anomalies that were found; 0.0 before the first."""
        return self._share()

    def _observe(self, y_true: Any, y_pred: Any, now: float) -> None:
        if self.changes is None:
            if y_true != True:  # noqa: E712
                self._end(now)
            elif self._open is None:
                self._begin(now)
        wait = self._open
        if wait is None or wait.ended:
            return
        delay = now - wait.start
        if delay > self._longest:
            wait.give_up(self._longest)
        elif _alerts.is_alert(y_pred, self.threshold):
            wait.meet(delay)
        else:
            wait.length = self._so_far(wait, now)
