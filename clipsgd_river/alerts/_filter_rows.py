"""The rows of tables through alert filters, and the times of events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsgd_river._kernels import COMPILED
from clipsgd_river._tables.mixed_rows import rows_for, to_learn
from clipsgd_river._tables.rows import Rows, rows_and_targets
from clipsgd_river.alerts import _event_time
from clipsgd_river.alerts._filter import Event, EventsWithTargets
from clipsgd_river.alerts._incident_filter import Given, IncidentFilter
from clipsgd_river.alerts.verdict import Verdict


class FilterOfRows(IncidentFilter):
    """Methods of alert filters that take tables: the same as those of events on each row."""

    #: Key of the feature that is the time of an event.
    time: Any = None
    _one_pass: bool
    #: Whether the detector is told when an event was.
    _keeps_time = False

    @property
    def time_feature(self) -> Any:
        """Feature that is the time of an event; ``None`` if none is."""
        return self.time

    def learn_many(self, X: Any, *args: Any, **kwargs: Any) -> None:
        """Learn rows in order; the same as `learn_one` on each.

        Parameters
        ----------
        X
            As for `score_learn_many`.
        args, kwargs
            The targets, a sequence of n, for a supervised detector.
        """
        self.score_learn_many(X, *args, *kwargs.values())

    def score_learn_many(self, X: Any, *args: Any) -> NDArray[np.float64]:
        """Scores of rows, each scored before it is learned; the same as `score_learn_one` on each.

        Parameters
        ----------
        X
            A pandas, polars or pyarrow frame with named columns, a list of events, or an array of
            shape (n, d), whose columns are the features 0..d-1; with ``time``, a frame.
        args
            The targets, a sequence of n, for a supervised detector.
        """
        if self._one_pass:
            return self._run(X, args)[0]
        return self._score_events(*self.events_of(X, *args))

    def classify_learn_many(self, X: Any, *args: Any) -> NDArray[np.bool_]:
        """Which rows are alerts, each judged before it is learned; learns them all.

        The same as `alert_one` on each, without the reasons. Two kernel calls where the detector
        is one of this package: millions of rows a second.
        """
        if self._one_pass:
            return self._run(X, args)[1]
        return self._classify_events(*self.events_of(X, *args))

    def events_of(self, X: Any, *args: Any) -> tuple[int, EventsWithTargets]:
        """How many rows there are, and each as an event with its targets."""
        times, table = self._split_rows(X)
        rows, targets = self._rows_and_targets(table, args)
        return len(targets), zip(self._events(rows, times), targets, strict=True)

    def _run(self, X: Any, args: tuple[Any, ...]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Scores of rows and whether they are alerts, by a detector that takes rows at once."""
        times, table = self._split_rows(X)
        rows, _ = self._rows_and_targets(table, args)
        detector, gate = self.anomaly_detector, self._gate
        scores = np.empty(len(rows))
        alerts = np.zeros(len(scores), dtype=bool)
        if not isinstance(rows, Rows):
            for row, x in enumerate(self._events(rows, times)):
                verdict = self.judge_learn_one(x)
                scores[row], alerts[row] = verdict.score, verdict.is_alert
            return scores, alerts
        # Part by part, so that Ctrl-C does not leave a detector far ahead of its filter.
        for at, part in rows.parts():
            begun = 0
            while begun < len(part):
                rest = slice(at.start + begun, at.stop)
                seconds = times[rest] if COMPILED else times[rest].tolist()
                gate.open_for_rows(seconds, detector.events_until_ready, scores[rest])
                left = replace(part, values=part.values[begun:])
                try:
                    begun += detector.learn_rows_until(left, gate, scores[rest])
                finally:
                    gate.open_for_rows((), 0, ())
                self._scores_count()
                if begun < len(part):
                    row = at.start + begun
                    found = self._judge_row(part, begun, float(scores[row]), times[row:])
                    alerts[row] = found.is_alert
                    begun += 1
        return scores, alerts

    def learn_rows_until_held(
        self, rows: Rows, scores: NDArray[np.float64], distances: NDArray[np.float64]
    ) -> int:
        """Learn rows up to one that may alert or join an incident; returns how many were learned.

        For those who have rows and want verdicts: `judge_learn_one` says what the next one is.
        Without ``time``.

        Parameters
        ----------
        rows
            As `ClippedDetector.learn_rows_until` takes them.
        scores, distances
            Where those of the rows go.
        """
        if not self._one_pass or self.time is not None:
            return 0
        detector, gate = self.anomaly_detector, self._gate
        gate.open_for_rows((), detector.events_until_ready, scores)
        try:
            learned: int = detector.learn_rows_until(rows, gate, scores, distances)
        finally:
            gate.open_for_rows((), 0, ())
        self._scores_count()
        return learned

    def _judge_row(self, rows: Any, row: int, score: float, times: NDArray[np.float64]) -> Verdict:
        """The verdict on a row that may be an alert and has not been learned yet; learns it."""
        event = next(replace(rows, values=rows.values[row : row + 1]).events())
        moment = float(times[0]) if self.time is not None else None
        distance = self._gate.distance
        given = Given(
            event, (), {}, self._value_of(score, distance), score, distance, nan, moment or 0.0
        )
        return self._judge(given._replace(about=(moment, None)))

    def _events(self, rows: Any, times: NDArray[np.float64]) -> Iterator[Event]:
        """Rows as events, with their times."""
        for i, x in enumerate(rows.events()):
            if self.time is not None:
                seconds = float(times[i])
                x[self.time] = _event_time.as_datetime(seconds) if self._keeps_time else seconds
            yield x

    def _split_rows(self, X: Any) -> tuple[NDArray[np.float64], Any]:
        """Times of rows in seconds, none without ``time``, and the other columns.

        All columns for a detector that takes times.
        """
        if self.time is None:
            return np.empty(0), X
        times, others = _event_time.split_rows(X, self.time)
        return times, X if self._keeps_time else others

    def _table_without_time(self, X: Any) -> Any:
        return self._split_rows(X)[1]

    def _rows_and_targets(
        self, table: Any, args: tuple[Any, ...]
    ) -> tuple[Any, list[tuple[Any, ...]]]:
        """Rows, and the arguments beside each: its target if the detector is supervised."""
        if not self._supervised:
            if args:
                raise TypeError("a detector without targets takes rows only")
            rows = rows_for(self.anomaly_detector, table)
            return rows, [()] * len(rows)
        numbers, targets = rows_and_targets(table, *args)
        return to_learn(self.anomaly_detector, numbers), [(target,) for target in targets]

    def _without_time(self, x: Event) -> Event:
        return x if self.time is None else self._split(x)[2]

    def _split(self, x: Event, moment: Any = None) -> tuple[Any, float, Event]:
        """Time of an event, the same in seconds, and the event without it.

        A detector that takes times gets that of the calendar. An event without the feature has the
        time that is given beside it.
        """
        if self.time is None:
            return moment, 0.0, x
        if moment is None or self.time in x:
            moment, event = _event_time.split(x, self.time)
        else:
            event = x
        if self._keeps_time:
            event = {**event, self.time: _event_time.as_datetime(moment)}
        return moment, _event_time.seconds_of(self.time, moment), event
