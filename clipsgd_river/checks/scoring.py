"""Promises about scores: their range, their direction, and that asking for one changes nothing."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np

from clipsgd_river.checks._promise import (
    answers,
    call,
    contradict,
    fresh,
    is_supervised,
    learn,
    promise,
    require,
    require_equal,
    require_scores,
    score_and_learn,
    state,
    trained,
)
from clipsgd_river.checks._streams import (
    LOCATION,
    SCALE,
    events,
    ordinary_event,
    ordinary_rows,
    probes,
    warm_rows,
)

__all__ = [
    "check_events_are_neither_changed_nor_kept",
    "check_far_events_score_above_near_ones",
    "check_missing_targets_are_passed_over",
    "check_ready_tells_when_the_warm_up_is_over",
    "check_rows_are_neither_changed_nor_kept",
    "check_score_is_zero_before_learning",
    "check_score_learn_one_scores_then_learns",
    "check_scores_in_range",
    "check_scores_rise_with_distances",
    "check_scoring_has_no_side_effect",
    "check_scoring_rows_has_no_side_effect",
    "check_unexpected_targets_score_above_expected_ones",
]

_READERS_OF_EVENTS = ("score_one", "distance_one", "explain_one", "expect_one")
_READERS_OF_ROWS = ("score_many", "score_samples", "decision_function", "predict")


@promise("score_one", supervised=True)
def check_scores_in_range(detector: Any) -> None:
    """Check that scores are floats in [0, 1), distances finite and >= 0, from the first on."""
    subject = fresh(detector)
    queries = [*probes(), ordinary_event(1e300), {0: 1e308, 1: -1e308}, {}]
    for n, x in enumerate(events(warm_rows(detector))):
        if n in (0, 1, 2, 5, 20, 50) or n % 100 == 0:
            for probe in queries:
                score = call(subject, "score_one", probe)
                require(isinstance(score, float), f"score_one returned {type(score).__name__}")
                require_scores([score], f"score_one({probe}) after {n} events")
                if hasattr(subject, "distance_one"):
                    distance = call(subject, "distance_one", probe)
                    require(
                        isinstance(distance, float) and math.isfinite(distance) and distance >= 0,
                        f"distance_one({probe}) after {n} events is {distance!r}",
                    )
        call(subject, "learn_one", x)


@promise("score_one", supervised=True)
def check_score_is_zero_before_learning(detector: Any) -> None:
    """Check that the score is 0.0 before anything was learned."""
    subject = fresh(detector)
    for x in (ordinary_event(), ordinary_event(100.0), {}):
        score = call(subject, "score_one", x)
        require(score == 0.0, f"score_one({x}) is {score!r} on a fresh detector")


@promise("score_one", supervised=True)
def check_scoring_has_no_side_effect(detector: Any) -> None:
    """Check that asking a detector anything leaves its state as it was."""
    stream = events(warm_rows(detector))
    undisturbed, queried = fresh(detector), fresh(detector)
    for n, x in enumerate(stream):
        call(undisturbed, "learn_one", x)
        call(queried, "learn_one", x)
        if n % 50 == 10:
            for reader in _READERS_OF_EVENTS:
                if hasattr(queried, reader):
                    before = state(queried)
                    for probe in probes():
                        call(queried, reader, probe)
                    require(state(queried) == before, f"{reader} changed the state")
    require_equal(
        answers(queried, probes()),
        answers(undisturbed, probes()),
        "a detector that was queried between events, and one that was not",
    )


@promise("score_one", "partial_fit")
def check_scoring_rows_has_no_side_effect(detector: Any) -> None:
    """Check that asking a detector about rows leaves its state, and the rows, as they were."""
    subject = fresh(detector)
    subject.partial_fit(warm_rows(detector))
    rows = np.vstack([ordinary_rows(10, seed=5), LOCATION + 100 * SCALE])
    for reader in _READERS_OF_ROWS:
        if hasattr(subject, reader):
            before, kept = state(subject), rows.copy()
            getattr(subject, reader)(rows)
            require(state(subject) == before, f"{reader} changed the state")
            require(np.array_equal(rows, kept), f"{reader} changed the rows it was given")


@promise("learn_one", "score_one", supervised=True)
def check_events_are_neither_changed_nor_kept(detector: Any) -> None:
    """Check that an event is not changed, and later changes to it do not reach the detector."""
    methods = [
        name
        for name in (*_READERS_OF_EVENTS, "learn_one", "score_learn_one")
        if hasattr(detector, name)
    ]
    subject = trained(detector, events(ordinary_rows(100)))
    for name in methods:
        for probe in probes():
            given, kept = dict(probe), copy.copy(probe)
            call(subject, name, given)
            same = list(given) == list(kept) and all(given[key] is kept[key] for key in kept)
            require(same, f"{name} changed its event {kept} to {given}")
            # Pickled: that holds what the bytes of a state may leave out.
            before = pickle.dumps(subject)
            given.clear()
            given["later"] = 1e9
            require(pickle.dumps(subject) == before, f"{name} keeps the event it was given")
    answer = subject.explain_one(ordinary_event(3.0)) if hasattr(subject, "explain_one") else {}
    before = state(subject)
    answer.clear()
    require(state(subject) == before, "the explanation handed out is part of the state")


@promise("learn_many", "score_one", supervised=True)
def check_rows_are_neither_changed_nor_kept(detector: Any) -> None:
    """Check that rows are not changed, and later changes to them do not reach the detector."""
    subject, rows = fresh(detector), warm_rows(detector)
    kept = rows.copy()
    call(subject, "learn_many", rows)
    require(np.array_equal(rows, kept), "learn_many changed the rows it was given")
    before = answers(subject, probes())
    rows[:] = 1e9
    require_equal(answers(subject, probes()), before, "before and after the rows were overwritten")


@promise("score_learn_one", supervised=True)
def check_score_learn_one_scores_then_learns(detector: Any) -> None:
    """Check that `score_learn_one` is `score_one`, then `learn_one`."""
    together, apart = fresh(detector), fresh(detector)
    stream = [*events(warm_rows(detector)), *probes()]
    found = [call(together, "score_learn_one", x) for x in stream]
    require_equal(found, score_and_learn(apart, stream), "score_learn_one and score_one")
    require_equal(
        answers(together, probes()), answers(apart, probes()), "scores after the same events"
    )


@promise("learn_one", "score_one")
def check_far_events_score_above_near_ones(detector: Any) -> None:
    """Check that an event far off in any feature scores above a typical one."""
    subject = trained(detector, events(warm_rows(detector)))
    near = subject.score_one(ordinary_event())
    for feature, (location, scale) in enumerate(zip(LOCATION, SCALE, strict=True)):
        for deviations in (-20.0, 20.0):
            far = {**ordinary_event(), feature: float(location + deviations * scale)}
            score = subject.score_one(far)
            require(
                score > near,
                f"feature {feature} at {deviations:+} standard deviations scores {score!r}, "
                f"the typical event {near!r}",
            )


@promise("learn_one", "score_one", when=is_supervised, supervised=True)
def check_unexpected_targets_score_above_expected_ones(detector: Any) -> None:
    """Check that the target that does not go with an event scores above the one that does."""
    subject = trained(detector, events(warm_rows(detector)))
    for deviations in (-3.0, -2.0, 2.0, 3.0):
        x = ordinary_event(deviations)
        expected, unexpected = call(subject, "score_one", x), contradict(subject, "score_one", x)
        require(
            unexpected > expected,
            f"at {deviations:+} standard deviations the wrong target scores {unexpected!r}, the "
            f"right one {expected!r}",
        )


@promise("learn_one", "score_one", when=is_supervised, supervised=True)
def check_missing_targets_are_passed_over(detector: Any) -> None:
    """Check that a missing target, None or NaN, scores 0 and teaches nothing."""
    subject = trained(detector, events(warm_rows(detector)))
    before = state(subject)
    for missing in (None, float("nan"), np.float64("nan")):
        for x in (ordinary_event(), ordinary_event(1e6), {}, {"new": 1.0}):
            score = subject.score_one(x, missing)
            require(score == 0.0, f"the target {missing!r} scores {score!r}")
            subject.learn_one(x, missing)
            require(state(subject) == before, f"the target {missing!r} taught something")


@promise("distance_one", "score_one", supervised=True)
def check_scores_rise_with_distances(detector: Any) -> None:
    """Check that of two events the one with the larger distance never has the smaller score."""
    subject = trained(detector, events(warm_rows(detector)))
    queries = [*probes(), *(ordinary_event(deviations) for deviations in np.linspace(-9, 9, 19))]
    callers = (call, contradict) if is_supervised(subject) else (call,)
    pairs = sorted(
        (query(subject, "distance_one", x), query(subject, "score_one", x))
        for x in queries
        for query in callers
    )
    scores = [score for _, score in pairs]
    require(scores == sorted(scores), f"(distance, score) pairs are not in one order: {pairs}")
    require(scores[0] < scores[-1], f"all scores are {scores[0]!r}, whatever the distance")


@promise("learn_one", when=lambda detector: hasattr(detector, "ready"), supervised=True)
def check_ready_tells_when_the_warm_up_is_over(detector: Any) -> None:
    """Check that `ready` is False on a fresh detector, True after the warm-up, and stays so."""
    subject = fresh(detector)
    require(subject.ready is False, f"ready is {subject.ready!r} on a fresh detector")
    was_ready = False
    for n, x in enumerate(events(warm_rows(detector))):
        learn(subject, [x])
        require(subject.ready or not was_ready, f"ready went back to False after {n + 1} events")
        was_ready = subject.ready
    require(was_ready is True, f"ready is {was_ready!r} after {n + 1} events")
