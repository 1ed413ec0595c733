"""Alerts on events whose distance has a tail probability below a chosen risk."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable
from copy import deepcopy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from river import base

from clipsgd_river import _settings
from clipsgd_river._kernels import COMPILED
from clipsgd_river._kernels.alerts.tail_filter import TailFilterKernel
from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river._pipelines import passes
from clipsgd_river._tables.mixed_rows import rows_for
from clipsgd_river._tables.rows import Rows, rows_and_targets, rows_of
from clipsgd_river.alerts._filter import DistanceFilter, judged
from clipsgd_river.alerts._saveable_filter import SaveableFilter
from clipsgd_river.alerts.alert import Alert
from clipsgd_river.anomaly.base import ClippedDetector

DISTRIBUTION = {"bins": 20, "learning_rate": "auto", "warm_up": 20}


class TailFilter(SaveableFilter, DistanceFilter):
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
        # River's isinstance takes a pipeline for its last step.
        ours = issubclass(type(anomaly_detector), ClippedDetector)
        self._one_pass = ours and not protect_anomaly_detector

    def tail_probability(self, x: dict[base.typing.FeatureName, Any], *args: Any) -> float:
        """p-value of an event in (0, 1]: how likely a distance as large or larger is.

        1.0 before anything was learned. Changes nothing.
        """
        if any(map(is_missing, args)):
            return 1.0
        probability: float = self._kernel.tail_probability(self.distance_one(x, *args))
        return probability

    def score_one(self, x: dict[base.typing.FeatureName, Any], *args: Any, **kwargs: Any) -> float:
        """Score in [0, 1): 1 - 1 / (1 - log2 p), p the tail probability. Changes nothing.

        The typical event scores 0.5. 0.0 before anything was learned.
        """
        if any(map(is_missing, args)):
            return 0.0
        return super().score_one(x, *args, **kwargs)

    def score_learn_one(
        self, x: dict[base.typing.FeatureName, Any], *args: Any, **kwargs: Any
    ) -> float:
        """Score an event, then learn it; the same as `score_one` followed by `learn_one`."""
        if any(map(is_missing, args)):
            return 0.0
        if not self._one_pass:
            return super().score_learn_one(x, *args, **kwargs)
        relied_on = self.anomaly_detector.ready
        distance = self.anomaly_detector._kernel.distance_learn_one(x)
        score: float = self._kernel.observe(distance, relied_on)
        return score

    def alert_one(
        self,
        x: dict[base.typing.FeatureName, Any],
        *args: Any,
        key: Hashable = None,
        unless: Callable[[Alert], bool] | None = None,
        **kwargs: Any,
    ) -> Alert | None:
        """Judge an event, then learn it; the alert with its reasons, or ``None``.

        Its severity says how many times rarer than ``q`` the event is.

        Parameters
        ----------
        x
            The event.
        args, kwargs
            The target, for a supervised detector, and what else its ``learn_one`` takes.
        key
            Whom the event is about: the account, host or metric. It goes into the alert.
        unless
            Asked about an alert; if it says True there is none, and the detector alone learns the
            event: its distance is not one of those that the risk is of.
        """
        found = None
        score = self.score_one(x, *args)
        if self.classify(score):
            # Asked before the event is learned, or it would be explained by itself.
            probability = self.tail_probability(x, *args)
            found = self._record(score, probability, self.q, x, args, (None, key))
            if unless is not None and unless(found):
                self.anomaly_detector.learn_one(x, *args, **kwargs)
                return None
        self.learn_one(x, *args, **kwargs)
        return found

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

    @passes("learn_many")
    def learn_many(self, X: Any, *targets: Any, **kwargs: Any) -> None:
        """Learn rows in order; the same as `learn_one` on each."""
        self.score_learn_many(X, *targets, **kwargs)

    @passes("learn_many")
    def score_learn_many(self, X: Any, *targets: Any, **kwargs: Any) -> NDArray[np.float64]:
        """Scores of rows, each scored before it is learned; the same as `score_learn_one` on each.

        Parameters
        ----------
        X
            Array-like of shape (n, d), its columns the features 0..d-1, or a pandas, polars or
            pyarrow frame with named columns. NaN is missing.
        targets
            For a supervised detector, the sequence of n targets.

        Returns
        -------
        ndarray of shape (n,)
        """
        return self._run(X, targets, **kwargs)[0]

    @passes("learn_many")
    def classify_learn_many(self, X: Any, *targets: Any, **kwargs: Any) -> NDArray[np.bool_]:
        """Which rows are alerts, each judged before it is learned; learns them all.

        The same as `alert_one` on each, without the reasons. Parameters as of `score_learn_many`.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        return self._run(X, targets, **kwargs)[1]

    def _run(
        self, X: Any, targets: tuple[Any, ...], **kwargs: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Scores of rows and whether they are alerts, each before it is learned."""
        if self._one_pass and not targets:
            return self._run_rows(rows_of(X))
        count, events = self._events_of(X, targets)
        return judged(self, events, count, **kwargs)

    def _events_of(
        self, X: Any, args: tuple[Any, ...]
    ) -> tuple[int, Iterable[tuple[dict[Any, Any], tuple[Any, ...]]]]:
        if args:
            numbers, found = rows_and_targets(X, args[0])
            rows: Any = numbers
            targets: list[tuple[Any, ...]] = [(target,) for target in found]
        else:
            rows = rows_for(self.anomaly_detector, X)
            targets = [()] * len(rows)
        return len(targets), zip(rows.events(), targets, strict=True)

    def _exceeds(self, event: dict[Any, Any], args: tuple[Any, ...]) -> bool:
        detector = self._judging
        ask = getattr(detector, "distance_one", detector.score_one)
        return self.classify(self._score(float(ask(event, *args))))

    def _run_rows(self, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """`_run` for detectors that take rows at once."""
        scores = np.empty(len(rows.values))
        alerts = np.zeros(len(scores), dtype=np.intc)
        # Part by part, so that Ctrl-C does not leave a detector far ahead of its filter.
        for at, part in rows.parts():
            unready = self.anomaly_detector._events_to_ready
            distances, _ = self.anomaly_detector._run(part, learn=True)
            given = distances if COMPILED else distances.tolist()
            self._kernel.observe_many(given, unready, scores[at], alerts[at])
        return scores, alerts.astype(bool)

    def _own_numbers(self) -> array[float]:
        numbers: array[float] = self._kernel.snapshot()[1]
        return numbers

    def _take_own_numbers(self, numbers: array[float]) -> None:
        self._kernel.restore([], numbers)

    def _score(self, distance: float) -> float:
        score: float = self._kernel.score(distance)
        return score

    def _observe(self, distance: float, relied_on: bool, is_alert: bool) -> None:
        self._kernel.observe(distance, relied_on)
