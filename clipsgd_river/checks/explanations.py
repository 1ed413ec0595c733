"""Promises about explanations: contributions add up, and what is expected is what is usual."""

from __future__ import annotations

import math
from typing import Any

from clipsgd_river.checks._promise import promise, require, require_close, require_equal, trained
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
    "check_contributions_are_drops_of_the_distance",
    "check_contributions_belong_to_features",
    "check_contributions_sum_to_the_distance",
    "check_expectations_are_ordered_and_usual",
    "check_explain_many_equals_explain_one",
    "check_the_expected_event_is_no_distance_away",
    "check_the_location_is_what_is_expected",
    "check_the_unusual_feature_contributes_most",
]


@promise("explain_one", "distance_one")
def check_contributions_belong_to_features(detector: Any) -> None:
    """Check that each feature present and known has a finite contribution, and no other."""
    subject = trained(detector, events(warm_rows(detector)))
    known = ordinary_event().keys()
    for x in [*probes(), ordinary_event(1e300), {}]:
        explanation = subject.explain_one(x)
        present = {f for f in x if f in known and x[f] is not None and not math.isnan(x[f])}
        require(present <= explanation.keys(), f"explain_one({x}) is {explanation}")
        for feature, contribution in explanation.items():
            require(
                isinstance(contribution, float) and math.isfinite(contribution),
                f"the contribution of {feature!r} in {x} is {contribution!r}",
            )
            require(
                feature in present or contribution == 0.0,
                f"{feature!r}, missing from or unknown in {x}, contributes {contribution!r}",
            )


@promise("explain_one", "distance_one", "additive_contributions")
def check_contributions_sum_to_the_distance(detector: Any) -> None:
    """Check that contributions sum to the distance within 1e-9 relative."""
    subject = trained(detector, events(warm_rows(detector)))
    for x in [*probes(), ordinary_event(1e100)]:
        require_close(
            [math.fsum(subject.explain_one(x).values())],
            [subject.distance_one(x)],
            1e-9,
            f"sum of the contributions of {x} and its distance",
        )


@promise(
    "explain_one",
    "distance_one",
    when=lambda detector: getattr(detector, "additive_contributions", None) is False,
)
def check_contributions_are_drops_of_the_distance(detector: Any) -> None:
    """Check that a contribution is the drop of the distance without the feature."""
    subject = trained(detector, events(warm_rows(detector)))
    for x in probes():
        distance = subject.distance_one(x)
        for feature, contribution in subject.explain_one(x).items():
            without = {key: value for key, value in x.items() if key != feature}
            drop = distance - subject.distance_one(without)
            require(
                abs(contribution - drop) <= 1e-9 * distance,
                f"{feature!r} in {x} contributes {contribution!r}, the distance drops by {drop!r}",
            )


@promise(
    "expect_one",
    # The attribute itself is there only once something has been learned.
    when=lambda detector: hasattr(type(detector), "location_"),
)
def check_the_location_is_what_is_expected(detector: Any) -> None:
    """Check that ``location_`` holds what `expect_one` expects, in the order of ``features_``."""
    subject = trained(detector, events(warm_rows(detector)))
    location = getattr(subject, "location_", None)
    if location is None:
        # An ensemble of given detectors, for instance, has none of its own.
        return
    band = subject.expect_one()
    expected = [band[feature][1] for feature in subject.features_]
    require_close(location, expected, 1e-12, "location_ and what expect_one expects")


@promise("explain_one", "distance_one")
def check_the_unusual_feature_contributes_most(detector: Any) -> None:
    """Check that of an event ordinary but for one feature, that feature contributes most."""
    subject = trained(detector, events(warm_rows(detector)))
    for feature, (location, scale) in enumerate(zip(LOCATION, SCALE, strict=True)):
        for deviations in (-20.0, 20.0):
            x = {**ordinary_event(), feature: float(location + deviations * scale)}
            explanation = subject.explain_one(x)
            most = max(explanation, key=explanation.__getitem__)
            require(most == feature, f"{feature} is off in {x}, explained by {explanation}")


@promise("explain_many", "explain_one")
def check_explain_many_equals_explain_one(detector: Any) -> None:
    """Check that `explain_many` gives the largest contributions of `explain_one`, row by row."""
    subject = trained(detector, events(warm_rows(detector)))
    rows = ordinary_rows(30, seed=3)
    rows[::4, 1] = rows[5, :3] = math.nan
    rows[7] += 20 * SCALE
    found = subject.explain_many(rows, n=2)
    for at, x in enumerate(events(rows)):
        present = {feature: value for feature, value in x.items() if value == value}
        explanation = subject.explain_one(present)
        wanted = sorted(explanation.items(), key=lambda item: -item[1])[:2]
        told = [(found[f"feature_{k}"][at], found[f"contribution_{k}"][at]) for k in (1, 2)]
        require(
            told[: len(wanted)] == wanted
            and all(feature == -1 for feature, _ in told[len(wanted) :]),
            f"explain_many gives {told} of {present}, and explain_one {explanation}",
        )


@promise("expect_one")
def check_expectations_are_ordered_and_usual(detector: Any) -> None:
    """Check that low <= expected <= high are finite and hold most ordinary values."""
    subject = trained(detector, events(warm_rows(detector)))
    band = subject.expect_one()
    require(list(band) == list(range(len(SCALE))), f"expect_one() tells of features {list(band)}")
    for x in (None, *probes()):
        for feature, (low, expected, high) in subject.expect_one(x).items():
            ordered = low <= expected <= high and math.isfinite(low) and math.isfinite(high)
            require(ordered, f"expect_one({x})[{feature!r}] is {low, expected, high}")
    ordinary = events(ordinary_rows(200, seed=3))
    for feature, (low, expected, high) in band.items():
        scale, location = SCALE[feature], LOCATION[feature]
        require(
            abs(expected - location) <= scale,
            f"{feature} is expected at {expected!r}, it is {location!r} on average",
        )
        within = sum(low <= x[feature] <= high for x in ordinary) / len(ordinary)
        require(within >= 0.5, f"{within:.0%} of ordinary values of {feature} are in {low, high}")
        require(
            high - low <= 20 * scale,
            f"the band of {feature} is {low, high}, its standard deviation {scale!r}",
        )


@promise(
    "expect_one",
    "distance_one",
    # One that looks at each event in a way of its own expects something else of each.
    when=lambda detector: getattr(detector, "distance_zero_when_expected", True),
)
def check_the_expected_event_is_no_distance_away(detector: Any) -> None:
    """Check that an event at its expected value in every feature is next to no distance away."""
    subject = trained(detector, events(warm_rows(detector)))
    expected = {feature: middle for feature, (_, middle, _) in subject.expect_one().items()}
    reference = subject.distance_one(ordinary_event(3.0))
    distance = subject.distance_one(expected)
    require(
        # Members with memories of their own expect nearly the same, and not the same.
        distance <= 1e-6 * reference,
        f"the expected event {expected} is {distance!r} away, one 3 deviations off {reference!r}",
    )
    require_equal(
        [middle for _, middle, _ in subject.expect_one({}).values()],
        list(expected.values()),
        "what is expected beside an empty event, and at all",
    )
