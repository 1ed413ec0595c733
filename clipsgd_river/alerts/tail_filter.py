"""Alerts on events whose distance has a tail probability below a chosen risk."""

from __future__ import annotations

from array import array
from collections.abc import Hashable
from copy import deepcopy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from clipsgd_river import _settings
from clipsgd_river._kernels import COMPILED
from clipsgd_river._kernels.alerts.tail_filter import TailFilterKernel
from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river._pipelines import available_if_has, last_step
from clipsgd_river._tables.mixed_rows import rows_for, to_learn
from clipsgd_river._tables.rows import Rows, rows_and_targets
from clipsgd_river.alerts._filter import DetectorFilter, Event, EventsWithTargets, Veto, distance_by
from clipsgd_river.alerts.verdict import Verdict

DISTRIBUTION = {"bins": 20, "learning_rate": "auto", "warm_up": 20}


class TailFilter(DetectorFilter):
    r"""Alerts on events whose distance is exceeded with a probability below ``q``.

    Choose it where a risk is given, "one false alert in 10,000 normal events", and where each
    event should come with a p-value. It extrapolates: it alerts at 1e-6 after 10,000 events. Where
    a rate of alerts is given that must be kept whatever happens, take `AlertBudget`.

    The distances of a stream are followed by a spliced binned-Pareto distribution
    (`clipsgd_river.proba.SplicedBinnedPareto`), which shifts and stretches with them. The p-value
    of an event is P(R >= r), r its distance. Every distance is learned, clipped, alert or not: a
    level that has changed for good stops alerting after some dozens of events, in which a filter
    that skips its alerts would alert for ever.

    Parameters
    ----------
    anomaly_detector
        Any River detector or pipeline that ends in one (``scaler | detector``), supervised ones
        too. Its ``distance_one`` is judged if it has one, otherwise its score. It learns with the
        filter.
    q
        Probability below which a distance is an alert, above 0 and below 1.
    protect_anomaly_detector
        Whether the detector is kept from learning what is an alert. It costs detectors that clip
        more than it gives: one that does not learn does not adapt either.
    tail
        Share of the largest distances that the Pareto tail describes, above 0 and at most 0.25.
    warm_up
        Events without an alert, 1 to 10,000, while the distribution is found; they are counted
        from the detector's own warm-up on, where it has one, and anew after a first change of a
        distance that never changed before.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range or of a wrong type.

    Notes
    -----
    Beside the detector: O(1), some 0.7 microseconds per event, and 4 KB. A state file takes a
    detector of clipsgd_river; pipelines, and detectors of River, need pickle.

    Under a stationary stream p-values are uniform, of dependent events too. That is no guarantee:
    the share of alerts is a law's, not a budget's, and while behaviour changes more events are
    unlikely. Where more than 98 % of distances are equal, there are fewer alerts than q says. NaN,
    as a detector of another library may give it, and a missing target of a supervised detector
    say nothing: p-value 1, and nothing learned.

    As a whole it can end a pipeline, but `river.evaluate.progressive_val_score` cannot evaluate
    a filter at the end of one, since a `river.compose.Pipeline` has no ``classify``: put the
    scaler inside, ``TailFilter(scaler | detector)``.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> from clipsgd_river.alerts import TailFilter
    >>> rng = random.Random(0)
    >>> model = TailFilter(ClippedZScore(), q=1e-4)
    >>> alerts = 0
    >>> for _ in range(10_000):
    ...     alerts += model.classify(model.score_learn_one({"load": rng.gauss(50, 10)}))
    >>> alerts <= 4
    True
    >>> model.tail_probability({"load": 55}) > 0.1, model.tail_probability({"load": 150}) < 1e-5
    (True, True)
    >>> model.classify(model.score_one({"load": 150}))
    True
    """

    def __init__(
        self,
        anomaly_detector: Any,
        q: float = 1e-4,
        *,
        protect_anomaly_detector: bool = False,
        tail: float = 0.02,
        warm_up: int = 200,
    ) -> None:
        super().__init__(anomaly_detector, protect_anomaly_detector)
        self.q = q
        self.tail = tail
        self.warm_up = warm_up
        self._kernel = TailFilterKernel(
            {
                "q": _settings.probability("q", q),
                "warm_up": _settings.warm_up(warm_up),
                "distances": {**DISTRIBUTION, "tail": _settings.tail(tail)},
            }
        )
        # A pipeline may seem to have the methods of its last step; its class does not.
        has_methods = hasattr(type(anomaly_detector), "distance_learn_many")
        self._one_pass = has_methods and not protect_anomaly_detector

    def tail_probability(self, x: Event, *args: Any) -> float:
        """p-value of an event in (0, 1]: how likely a distance as large or larger is.

        1.0 before anything was learned. Changes nothing.
        """
        if any(map(is_missing, args)):
            return 1.0
        probability: float = self._kernel.tail_probability(self.distance_one(x, *args))
        return probability

    def score_one(self, x: Event, *args: Any, **kwargs: Any) -> float:
        """Score in [0, 1): 1 - 1 / (1 - log2 p), p the tail probability. Changes nothing.

        The typical event scores 0.5. 0.0 before anything was learned.
        """
        if any(map(is_missing, args)):
            return 0.0
        score: float = self._kernel.score(self.distance_one(x, *args))
        return score

    def learn_one(self, x: Event, *args: Any, **kwargs: Any) -> None:
        """Judge an event, learn its distance, and let the detector learn it."""
        self.score_learn_one(x, *args, **kwargs)

    def score_learn_one(self, x: Event, *args: Any, **kwargs: Any) -> float:
        """Score an event, then learn it; the same as `score_one` followed by `learn_one`."""
        if any(map(is_missing, args)):
            return 0.0
        detector, kernel = self.anomaly_detector, self._kernel
        if self._one_pass:
            detector_ready = detector.ready
            distance = detector.distance_learn_one(x)
        else:
            detector_ready = self.detector_ready
            distance = self.distance_one(x, *args)
            protect = self.protect_anomaly_detector
            if not (protect and kernel.exceeds(kernel.score(distance))):
                detector.learn_one(x, *args, **kwargs)
        score: float = kernel.observe(distance, detector_ready)
        return score

    def judge_one(
        self,
        x: Event,
        *args: Any,
        key: Hashable = None,
        time: Any = None,
        unless: Veto | None = None,
    ) -> Verdict:
        """Verdict on an event, as `judge_learn_one` would give it now. Changes nothing."""
        kernel = self._kernel
        threshold = float(kernel.threshold())
        if any(map(is_missing, args)):
            return Verdict(0.0, 0.0, threshold)
        distance = self.distance_one(x, *args)
        score = float(kernel.score(distance))
        alert = None
        if kernel.exceeds(score):
            probability = float(kernel.tail_probability(distance))
            about = (time, key)
            alert, _ = self._alert_on(x, args, score, probability, self.q, about, kernel.events)
            if unless is not None and unless(alert):
                alert = None
        return Verdict(score, distance, threshold, alert)

    def judge_learn_one(
        self,
        x: Event,
        *args: Any,
        key: Hashable = None,
        time: Any = None,
        unless: Veto | None = None,
        **kwargs: Any,
    ) -> Verdict:
        """Judge an event, then learn it; a severity says how many times rarer than ``q`` it is.

        Parameters as of `AlertBudget.judge_learn_one`; the distance of an event whose alert is
        vetoed is not one of those that the risk is of.
        """
        detector_ready = self.detector_ready
        verdict = self.judge_one(x, *args, key=key, time=time)
        if any(map(is_missing, args)):
            return verdict
        vetoed = verdict.alert is not None and unless is not None and unless(verdict.alert)
        if vetoed or not (verdict.is_alert and self.protect_anomaly_detector):
            self.anomaly_detector.learn_one(x, *args, **kwargs)
        if vetoed:
            return verdict._replace(alert=None)
        self._kernel.observe(verdict.distance, detector_ready)
        return verdict

    def rarer(self, share: float) -> Self:
        """Filter that goes on from here by itself, at a share of the risk.

        Parameters
        ----------
        share
            Above 0 and at most 1.
        """
        found = type(self)(
            deepcopy(self.anomaly_detector),
            self.q * _settings.share("share", share),
            protect_anomaly_detector=self.protect_anomaly_detector,
            tail=self.tail,
            warm_up=self.warm_up,
        )
        found._kernel.restore(*self._kernel.snapshot())
        return found

    def changed(self, **parameters: Any) -> Self:
        """The filter with other parameters, which goes on from here: its history stays.

        Detector and distribution are this filter's own, so use only one of the two from here on.

        Parameters
        ----------
        parameters
            ``q``, ``protect_anomaly_detector``, ``warm_up``; the tail is part of the distribution.
        """
        after = {name: getattr(self, name) for name in self._get_params()} | parameters
        if after["anomaly_detector"] is not self.anomaly_detector or after["tail"] != self.tail:
            raise ValueError("detector and tail stay: make a new filter for others")
        found = type(self)(**after)
        found._kernel.restore(*self._kernel.snapshot())
        return found

    def classify(self, score: float) -> bool:
        """Whether a score of this filter belongs to an alert: a tail probability below q.

        Never during the warm-up.
        """
        return bool(self._kernel.exceeds(score))

    @property
    def ready(self) -> bool:
        """Whether the warm-up is over: there may be alerts."""
        return bool(self._kernel.ready())

    @property
    def threshold_(self) -> float:
        """Distance above which an event is an alert now, once the filter is `ready`."""
        return float(self._kernel.distances.isf(self.q))

    @property
    def n_alerts_(self) -> int:
        """Alerts so far."""
        return int(self._kernel.alerts)

    @property
    def alert_rate_(self) -> float:
        """Realised share of alerts among the events learned; 0.0 before the first."""
        return float(self._kernel.alerts / max(self._kernel.events, 1.0))

    @available_if_has("learn_many")
    def learn_many(self, X: Any, *targets: Any, **kwargs: Any) -> None:
        """Learn rows in order; the same as `learn_one` on each."""
        self.score_learn_many(X, *targets, **kwargs)

    @available_if_has("learn_many")
    def score_learn_many(self, X: Any, *targets: Any, **kwargs: Any) -> NDArray[np.float64]:
        """Scores of rows, each scored before it is learned; the same as `score_learn_one` on each.

        Parameters
        ----------
        X
            A pandas, polars or pyarrow frame with named columns, a list of events, or an array of
            shape (n, d), whose columns are the features 0..d-1.
        targets
            For a supervised detector, the sequence of n targets.

        Returns
        -------
        ndarray of shape (n,)
        """
        if self._one_pass and not targets:
            rows = rows_for(self.anomaly_detector, X)
            if isinstance(rows, Rows):
                return self._run(rows)[0]
        return self._score_events(*self.events_of(X, *targets), **kwargs)

    @available_if_has("learn_many")
    def classify_learn_many(self, X: Any, *targets: Any, **kwargs: Any) -> NDArray[np.bool_]:
        """Which rows are alerts, each judged before it is learned; learns them all.

        The same as `alert_one` on each, without the reasons. Parameters as of `score_learn_many`.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        if self._one_pass and not targets:
            rows = rows_for(self.anomaly_detector, X)
            if isinstance(rows, Rows):
                return self._run(rows)[1]
        return self._classify_events(*self.events_of(X, *targets), **kwargs)

    def events_of(self, X: Any, *args: Any) -> tuple[int, EventsWithTargets]:
        """How many rows there are, and each as an event with its targets."""
        if args:
            numbers, found = rows_and_targets(X, args[0])
            rows: Any = to_learn(self.anomaly_detector, numbers)
            targets: list[tuple[Any, ...]] = [(target,) for target in found]
        else:
            rows = rows_for(self.anomaly_detector, X)
            targets = [()] * len(rows)
        return len(targets), zip(rows.events(), targets, strict=True)

    def would_alert(self, event: Event, *args: Any) -> bool:
        """Whether an event, as `detector_input` gives it, would be an alert now."""
        distance = distance_by(last_step(self.anomaly_detector), event, args)
        return self.classify(self._kernel.score(distance))

    def _run(self, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Scores of rows and whether they are alerts, by a detector that takes rows at once."""
        scores = np.empty(len(rows.values))
        alerts = np.zeros(len(scores), dtype=np.intc)
        detector = self.anomaly_detector
        # Part by part, so that Ctrl-C does not leave a detector far ahead of its filter.
        for at, part in rows.parts():
            unready = detector.events_until_ready
            distances = detector.distance_learn_many(part)
            given = distances if COMPILED else distances.tolist()
            self._kernel.observe_many(given, unready, scores[at], alerts[at])
        return scores, alerts.astype(bool)

    def _own_numbers(self) -> array[float]:
        numbers: array[float] = self._kernel.snapshot()[1]
        return numbers

    def _take_own_numbers(self, numbers: array[float]) -> None:
        self._kernel.restore([], numbers)
