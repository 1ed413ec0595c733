"""Alerts on events whose distance has a tail probability below a chosen risk."""

from __future__ import annotations

from collections.abc import Hashable
from copy import deepcopy
from typing import Any, Self

from clipsgd_river import _settings
from clipsgd_river._kernels.alerts.tail_filter import TailFilterKernel
from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river._pipelines import last_step
from clipsgd_river.alerts._filter import Event, Veto, distance_by
from clipsgd_river.alerts._filter_rows import FilterOfRows
from clipsgd_river.alerts._incident_filter import Given
from clipsgd_river.alerts._incidents import LEAST_EVENTS
from clipsgd_river.alerts.alert import Alert
from clipsgd_river.alerts.verdict import Verdict, new_verdict

DISTRIBUTION = {"bins": 20, "learning_rate": "auto", "warm_up": 20}


class TailFilter(FilterOfRows):
    r"""Alerts on events whose distance is exceeded with a probability below ``q``.

    Choose it where a risk is given, "one false alert in 10,000 normal events", and where each
    event should come with a p-value. It extrapolates: it alerts at 1e-6 after 10,000 events. Where
    a rate of alerts is given that must be kept whatever happens, take `AlertBudget`.

    The distances of a stream are followed by a spliced binned-Pareto distribution
    (`clipsgd_river.proba.SplicedBinnedPareto`), which shifts and stretches with them. The p-value
    of an event is P(R >= r), r its distance. An alert begins an `Incident`, and events like it join
    that one: they are no alerts, and their distances are not learned, so that a flood hides no
    other kind. All other distances are learned, clipped, alerts too, and those of incidents once
    nearly all events join them: a level that has changed for good is one incident, and then normal.

    Parameters
    ----------
    anomaly_detector
        Any River detector or pipeline that ends in one (``scaler | detector``), supervised ones
        too. Its ``distance_one`` is judged if it has one, otherwise its score. It learns with the
        filter.
    q
        Probability below which a distance is an alert, above 0 and below 1.
    resolved_after
        For how many events an incident stays open after its latest one, at least 0. ``None``: at
        first for 1 / (20 q), five at least, twice as long with every event that joins, up to
        1 / (4 q), or 1 / q while events join four times as often as alerts come. With 0 no event
        joins any.
    protect_anomaly_detector
        Whether the detector is kept from learning what is an alert, or one of the first 16 events
        of an incident. It costs detectors that clip more than it gives: one that does not learn
        does not adapt either.
    never_mute
        Alerts that `feedback` never mutes, as of `AlertBudget`.
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
        resolved_after: float | None = None,
        protect_anomaly_detector: bool = False,
        never_mute: Any = None,
        tail: float = 0.02,
        warm_up: int = 200,
    ) -> None:
        super().__init__(anomaly_detector, protect_anomaly_detector)
        self.q = q
        self.resolved_after = resolved_after
        self.never_mute = never_mute
        self.tail = tail
        self.warm_up = warm_up
        self._kernel = TailFilterKernel(
            {
                "q": _settings.probability("q", q),
                "warm_up": _settings.warm_up(warm_up),
                "distances": {**DISTRIBUTION, "tail": _settings.tail(tail)},
            }
        )
        self._begin_incidents(resolved_after)
        self._is_ready = False
        # A pipeline may seem to have the methods of its last step; its class does not.
        has_methods = hasattr(type(anomaly_detector), "learn_one_within")
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
        distance = self.distance_one(x, *args)
        score: float = self._kernel.score(distance)
        self._ask(score, distance, x, args)
        return score

    def learn_one(self, x: Event, *args: Any, **kwargs: Any) -> None:
        """Judge an event, learn its distance, and let the detector learn it."""
        self.score_learn_one(x, *args, **kwargs)

    def score_learn_one(self, x: Event, *args: Any, **kwargs: Any) -> float:
        """Score an event, then learn it; the same as `score_one` followed by `learn_one`."""
        if not self._one_pass or args:
            return self.judge_learn_one(x, *args, **kwargs).score
        # The short way for the many events that are neither alerts nor in an incident.
        score, distance = self._admit(x)
        if not self._kernel.admitted:
            self._judge(self._held(x, score, distance))
        return score

    def alert_one(
        self, x: Event, *args: Any, key: Hashable = None, unless: Veto | None = None, **kwargs: Any
    ) -> Alert | None:
        """Judge an event, then learn it; the alert with its reasons, or ``None``.

        The alert of the verdict that `judge_learn_one` gives; parameters as there.
        """
        if not self._one_pass or args:
            return self.judge_learn_one(x, *args, key=key, unless=unless, **kwargs).alert
        score, distance = self._admit(x)
        if self._kernel.admitted:
            return None
        about = kwargs.pop("time", None), key
        held = self._held(x, score, distance)
        return self._judge(held._replace(about=about, unless=unless)).alert

    def judge_one(
        self,
        x: Event,
        *args: Any,
        key: Hashable = None,
        time: Any = None,
        unless: Veto | None = None,
    ) -> Verdict:
        """Verdict on an event, as `judge_learn_one` would give it now. Changes nothing."""
        threshold = float(self._kernel.threshold_now())
        if any(map(is_missing, args)):
            return Verdict(0.0, 0.0, threshold)
        distance = self.distance_one(x, *args)
        score = float(self._kernel.score(distance))
        measured = distance, score, distance, threshold, 0.0
        return self._verdict_on(Given(x, args, {}, *measured, (time, key), unless))

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
        kernel = self._kernel
        threshold: float = kernel.threshold_now()
        if self._one_pass and not args:
            score, distance = self._admit(x)
            if kernel.admitted:
                return new_verdict((score, distance, threshold, None, None))
        else:
            if any(map(is_missing, args)):
                return Verdict(0.0, 0.0, threshold)
            distance = self.distance_one(x, *args)
            score = kernel.score(distance)
        measured = distance, score, distance, threshold, 0.0
        return self._judge(Given(x, args, kwargs, *measured, (time, key), unless))

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
            resolved_after=self.resolved_after,
            protect_anomaly_detector=self.protect_anomaly_detector,
            never_mute=self.never_mute,
            tail=self.tail,
            warm_up=self.warm_up,
        )
        found._kernel.restore(*self._kernel.snapshot())
        found._kernel.forget_incidents()
        by = found._kernel.place_now() - self._kernel.place_now()
        found._feedback.copy_mutes(self._feedback, by)
        return found

    def changed(self, **parameters: Any) -> Self:
        """The filter with other parameters, which goes on from here: its history stays.

        Detector, distribution and incidents are this filter's own, so use only one of the two from
        here on.

        Parameters
        ----------
        parameters
            ``q``, ``resolved_after``, ``protect_anomaly_detector``, ``never_mute``, ``warm_up``;
            the tail is part of the distribution.
        """
        after = {name: getattr(self, name) for name in self._get_params()} | parameters
        if after["anomaly_detector"] is not self.anomaly_detector or after["tail"] != self.tail:
            raise ValueError("detector and tail stay: make a new filter for others")
        found = type(self)(**after)
        found._kernel.restore(*self._kernel.snapshot())
        found._incidents, found._feedback = self._incidents, self._feedback
        return found

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

    def would_alert(self, event: Event, *args: Any) -> bool:
        """Whether an event, as `detector_input` gives it, would be an alert now."""
        distance = distance_by(last_step(self.anomaly_detector), event, args)
        return self.classify(self._kernel.score(distance))

    def _admit(self, x: Event) -> tuple[float, float]:
        """Score and distance of an event, which is learned unless it must be looked at first."""
        detector, kernel = self.anomaly_detector, self._kernel
        if not self._is_ready:
            # Once a kernel is ready it stays so.
            self._is_ready = detector.ready
            kernel.open_for_rows((), 0 if self._is_ready else 1, ())
        detector.score_learn_until(x, kernel)
        return kernel.last_score, kernel.distance

    def _held(self, x: Event, score: float, distance: float) -> Given:
        """An event that was not admitted."""
        return Given(x, (), {}, distance, score, distance, self._kernel.threshold_now())

    @property
    def _gate(self) -> TailFilterKernel:
        kernel: TailFilterKernel = self._kernel
        return kernel

    def _value_of(self, score: float, distance: float) -> float:
        return distance

    def _part_of(self, value: float, share: float) -> float:
        return value * share

    def _scores_count(self) -> bool:
        return self.detector_ready

    def _span(self) -> tuple[float, float]:
        return 1.0 / self.q, LEAST_EVENTS
