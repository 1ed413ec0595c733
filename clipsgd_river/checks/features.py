"""Promises about features: which may be missing, appear or vanish, and in which order they come."""

from __future__ import annotations

import importlib.util
import random
from typing import Any

from clipsgd_river.checks._promise import (
    BrokenPromiseError,
    Event,
    answers,
    call,
    contradict,
    fresh,
    is_supervised,
    learn,
    promise,
    require,
    require_close,
    require_equal,
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
    score_near_and_far,
    warm_rows,
)

__all__ = [
    "check_absent_features_are_still_watched",
    "check_empty_event",
    "check_max_features",
    "check_missing_values_are_alike",
    "check_missing_values_contribute_nothing",
    "check_missing_values_teach_nothing",
    "check_new_features_start_when_they_come",
    "check_order_of_arrival_changes_next_to_nothing",
    "check_order_of_keys_changes_nothing",
    "check_scoring_starts_no_feature",
]


def _missing_values() -> list[Any]:
    values: list[Any] = [None, float("nan")]
    if importlib.util.find_spec("pandas"):
        import pandas as pd

        values.append(pd.NA)
    return values


@promise("learn_one", "score_one", supervised=True)
def check_missing_values_are_alike(detector: Any) -> None:
    """Check that a missing key, None, NaN and pandas.NA are the same to score and to learn."""
    stream = events(warm_rows(detector))
    for feature in (0, 3):
        absent = fresh(detector)
        present = [(value, fresh(detector)) for value in _missing_values()]
        for n, x in enumerate(stream):
            gap = {key: number for key, number in x.items() if key != feature}
            whole = n % 3 != 1
            call(absent, "learn_one", x if whole else gap)
            for value, subject in present:
                call(subject, "learn_one", x if whole else {**x, feature: value})
        queries = probes()
        wanted = answers(absent, queries)
        gone = [{key: x[key] for key in x if key != feature} for x in queries]
        for value, subject in present:
            what = f"feature {feature} absent from every third event, and given as {value!r}"
            require_equal(answers(subject, queries), wanted, what)
            before = state(subject)
            found = answers(subject, [{**x, feature: value} for x in queries])
            require_equal(found, answers(absent, gone), f"scoring {value!r} and no key")
            require(state(subject) == before, f"scoring an event with {value!r} changed the state")


@promise("expect_one")
def check_missing_values_teach_nothing(detector: Any) -> None:
    """Check that an absent feature keeps its expected value and its band, bit for bit."""
    subject = trained(detector, events(warm_rows(detector)))
    before = subject.expect_one()
    for x in events(ordinary_rows(100, seed=1)):
        subject.learn_one({0: x[0], 1: None, 2: float("nan")})
    after = subject.expect_one()
    require(before.keys() == after.keys(), f"features {list(before)} became {list(after)}")
    for feature in (1, 2, 3):
        require_equal(
            after[feature], before[feature], f"band of absent feature {feature}, after and before"
        )
    require(tuple(after[0]) != tuple(before[0]), "the feature that was present taught nothing")


@promise("distance_one")
def check_absent_features_are_still_watched(detector: Any) -> None:
    """Check that a feature that returns after a long absence is scored as before it left."""
    subject = trained(detector, events(warm_rows(detector)))
    far = {3: float(LOCATION[3] + 10 * SCALE[3])}
    usual = {3: float(LOCATION[3] + 0.5 * SCALE[3])}
    before = subject.distance_one(far)
    learn(subject, [{0: x[0], 1: x[1]} for x in events(ordinary_rows(200, seed=1))])
    after = subject.distance_one(far)
    require(
        before / 2 <= after <= 2 * before,
        f"the distance of {far} went from {before!r} to {after!r} while the feature was absent",
    )
    require(
        subject.distance_one(usual) < after, f"after an absence {usual} is not nearer than {far}"
    )


@promise("distance_one", supervised=True)
def check_missing_values_contribute_nothing(detector: Any) -> None:
    """Check that a missing value adds nothing to the distance, nor to how odd a target is."""
    subject = trained(detector, events(warm_rows(detector)))
    if is_supervised(subject):
        # The target is there even if no feature is, but then it contradicts none.
        odd = contradict(subject, "distance_one", ordinary_event(2.0))
        for gaps in ({}, dict.fromkeys(range(len(SCALE)))):
            distances = [f(subject, "distance_one", gaps) for f in (call, contradict)]
            require(
                max(distances) < odd,
                f"of {gaps} the targets are {distances} away, and a target that contradicts the "
                f"features {odd!r}",
            )
        return
    distance = call(subject, "distance_one", {})
    require(distance == 0.0, f"the event without features is {distance!r} away")
    gaps = call(subject, "distance_one", dict.fromkeys(range(len(SCALE))))
    require(gaps == 0.0, f"the event of missing values only is {gaps!r} away")


@promise("learn_one", "score_one", supervised=True)
def check_empty_event(detector: Any) -> None:
    """Check that the event without features can be scored and learned, anywhere in a stream."""
    subject, plain = fresh(detector), fresh(detector)
    # Without features a target says something of all others: both in turn say nothing new.
    teach = (call, contradict) if is_supervised(subject) else (call, call)
    teach[0](subject, "learn_one", {})
    for n, x in enumerate(events(warm_rows(detector))):
        call(subject, "learn_one", x)
        teach[n % 2](subject, "learn_one", {})
        call(plain, "learn_one", x)
    near, far = score_near_and_far(subject, 20.0)
    require(far > near, f"with empty events between, far scores {far!r} and near {near!r}")
    if hasattr(subject, "expect_one") and not is_supervised(subject):
        for feature, (low, _, high) in subject.expect_one().items():
            _, wanted, _ = plain.expect_one()[feature]
            require(
                low <= wanted <= high,
                f"empty events moved the band of {feature} to {low, high}, off {wanted!r}",
            )


@promise("learn_one", "score_one", supervised=True)
def check_new_features_start_when_they_come(detector: Any) -> None:
    """Check that a feature that first appears mid-stream is watched from then on."""
    subject = trained(detector, events(warm_rows(detector)))
    for n, x in enumerate(events(warm_rows(detector, seed=1))):
        call(subject, "learn_one", {**x, 4: 7.0 + (n % 5)})
    near = call(subject, "score_one", {**ordinary_event(), 4: 9.0})
    far = call(subject, "score_one", {**ordinary_event(), 4: 900.0})
    require(far > near, f"late feature: 900 scores {far!r}, the usual 9 scores {near!r}")


@promise("learn_one", "score_one", supervised=True)
def check_scoring_starts_no_feature(detector: Any) -> None:
    """Check that scoring an event with features never learned leaves no trace of them."""
    subject = trained(detector, events(ordinary_rows(50)))
    before = state(subject)
    for n in range(20):
        call(subject, "score_one", {**ordinary_event(), 100 + n: 1.0})
    require(state(subject) == before, "features of events only scored entered the state")


@promise("learn_one", when=lambda detector: hasattr(detector, "max_features"))
def check_max_features(detector: Any) -> None:
    """Check that an event with more than `max_features` features is refused by a ValueError."""
    subject = trained(detector, events(ordinary_rows(50)), max_features=len(SCALE))
    before = state(subject)
    for method in ("learn_one", "score_learn_one"):
        if hasattr(subject, method):
            try:
                call(subject, method, {**ordinary_event(3.0), 4: 1.0})
            except ValueError as error:
                require(
                    "max_features" in str(error), f"the error does not say max_features: {error}"
                )
            else:
                raise BrokenPromiseError(
                    f"{method} accepted more than max_features={len(SCALE)} features"
                )
            require(state(subject) == before, f"{method} learned part of an event it refused")
    learn(subject, events(ordinary_rows(5, seed=1)))
    require(state(subject) != before, "nothing is learned after an event was refused")


def _reordered(x: Event, seed: int) -> Event:
    keys = list(x)
    random.Random(seed).shuffle(keys)
    return {key: x[key] for key in keys}


@promise("learn_one", "score_one", supervised=True)
def check_order_of_keys_changes_nothing(detector: Any) -> None:
    """Check that the order of keys changes no bit once features were seen in the same order."""
    stream = events(warm_rows(detector))
    given, turned = fresh(detector), fresh(detector)
    call(given, "learn_one", stream[0])
    call(turned, "learn_one", stream[0])
    for n, x in enumerate(stream[1:]):
        other = dict(reversed(x.items())) if n % 2 else _reordered(x, n)
        found, wanted = call(turned, "score_one", other), call(given, "score_one", x)
        require_equal([found], [wanted], f"{other} and {x}")
        call(given, "learn_one", x)
        call(turned, "learn_one", other)
    require_equal(answers(turned, probes()), answers(given, probes()), "after turned events")


@promise("learn_one", "score_one", supervised=True)
def check_order_of_arrival_changes_next_to_nothing(detector: Any) -> None:
    """Check that the order of first appearance changes scores by less than 1e-9 relative."""
    stream = events(warm_rows(detector))
    given = trained(detector, stream)
    turned = trained(detector, (dict(reversed(x.items())) for x in stream))
    queries = probes()
    require_close(
        answers(turned, queries), answers(given, queries), 1e-9, "features first seen in reverse"
    )
