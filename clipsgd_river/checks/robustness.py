"""Promises about hard streams: constant, narrow, wide, badly begun, drifting, rescaled."""

from __future__ import annotations

from typing import Any

import numpy as np

from clipsgd_river.checks._promise import (
    fresh,
    learn,
    promise,
    require,
    require_close,
    require_scores,
    trained,
)
from clipsgd_river.checks._streams import (
    LOCATION,
    SCALE,
    events,
    ordinary_event,
    ordinary_rows,
    warm_rows,
)

__all__ = [
    "check_a_thousand_features",
    "check_constant_feature_among_others",
    "check_constant_stream",
    "check_first_event_an_outlier",
    "check_level_shift_is_followed",
    "check_one_feature",
    "check_units_change_nothing",
]


@promise("learn_one", "score_one")
def check_constant_stream(detector: Any) -> None:
    """Check that on a stream that never changes, scores are defined and a change stands out."""
    for value in (0.0, 5.0, -1e9, 1e-300):
        constant = {0: value, 1: 3.0}
        subject = trained(detector, [dict(constant) for _ in warm_rows(detector)])
        usual = subject.score_one(constant)
        other = subject.score_one({0: value + max(1.0, abs(value)), 1: 3.0})
        require_scores([usual, other], f"after a constant {constant}")
        require(
            other > usual,
            f"after a constant {value!r}, another value scores {other!r}, the same {usual!r}",
        )


@promise("learn_one", "score_one")
def check_constant_feature_among_others(detector: Any) -> None:
    """Check that a feature that never changed stands out when it does, and does no harm before."""
    stream = [{**x, 4: 4.0} for x in events(warm_rows(detector))]
    subject = trained(detector, stream)
    usual = subject.score_one({**ordinary_event(), 4: 4.0})
    changed = subject.score_one({**ordinary_event(), 4: 40.0})
    far = subject.score_one({**ordinary_event(), 0: 20.0, 4: 4.0})
    require(changed > usual, f"the constant changed: {changed!r}, it did not: {usual!r}")
    require(far > usual, f"beside a constant, a far value scores {far!r}, a usual one {usual!r}")


@promise("learn_one", "score_one")
def check_one_feature(detector: Any) -> None:
    """Check that a stream of one feature is scored like any other."""
    stream = [{"only": float(value)} for value in warm_rows(detector)[:, 1]]
    subject = trained(detector, stream)
    near, far = subject.score_one({"only": 50.0}), subject.score_one({"only": 300.0})
    require(far > near, f"50 scores {near!r}, 300 scores {far!r}, usual is 50 +- 10")


@promise("learn_one", "score_one")
def check_a_thousand_features(detector: Any) -> None:
    """Check that a thousand features, or `max_features` of them, are learned and scored."""
    most = getattr(detector, "max_features", None)
    d = min(1000, most) if isinstance(most, int) else 1000
    # Few events: with a full covariance each costs a million operations.
    rows = np.random.default_rng(0).normal(size=(8, d))
    subject = fresh(detector)
    for x in events(rows):
        require_scores([subject.score_one(x)], f"a stream of {d} features")
        subject.learn_one(x)
    if hasattr(subject, "distance_one"):
        near = subject.distance_one(dict.fromkeys(range(d), 0.0))
        far = subject.distance_one(dict.fromkeys(range(d), 1e6))
        require(far > near, f"{d} features: 0 is {near!r} away, 1e6 is {far!r} away")


@promise("learn_one", "score_one")
def check_first_event_an_outlier(detector: Any) -> None:
    """Check that an outlier as the first event does no lasting harm."""
    for deviations in (1e3, 1e6, -1e12, 1e300):
        subject = trained(detector, [ordinary_event(deviations), *events(warm_rows(detector))])
        near = subject.score_one(ordinary_event())
        for feature, (location, scale) in enumerate(zip(LOCATION, SCALE, strict=True)):
            off = {**ordinary_event(), feature: float(location + 10 * scale)}
            score = subject.score_one(off)
            require(
                score > near,
                f"after a first event {deviations:g} standard deviations off, {off} scores "
                f"{score!r} and the typical event {near!r}",
            )
            if hasattr(subject, "expect_one"):
                _, expected, _ = subject.expect_one()[feature]
                require(
                    abs(expected - location) <= scale,
                    f"after a first event {deviations:g} standard deviations off, feature "
                    f"{feature} is expected at {expected!r}, it is {location!r} on average",
                )


@promise("learn_one", "score_one")
def check_level_shift_is_followed(detector: Any) -> None:
    """Check that when behaviour really changes, the new level becomes the ordinary one."""
    before = trained(detector, events(warm_rows(detector)))
    old, new = ordinary_event(), ordinary_event(10.0)
    require(
        before.score_one(new) > before.score_one(old),
        f"before the shift {new} scores {before.score_one(new)!r}, no more than {old}",
    )
    shifted = ordinary_rows(600, seed=1) + 10 * SCALE
    after = learn(before, events(shifted))
    require(
        after.score_one(new) < after.score_one(old),
        f"600 events after a shift the new level scores {after.score_one(new)!r}, the old one "
        f"{after.score_one(old)!r}",
    )
    recent = [after.score_one(x) for x in events(ordinary_rows(100, seed=2) + 10 * SCALE)]
    median = float(np.median(recent))
    require(median <= 0.75, f"600 events after a shift ordinary events score {median!r} (median)")


@promise("distance_one", "scale_invariant")
def check_units_change_nothing(detector: Any) -> None:
    """Check that a change of units, a shift and a scale per feature, changes no distance."""
    stream = warm_rows(detector)
    queries = np.vstack([ordinary_rows(20, seed=4), ordinary_rows(20, seed=5) + 8 * SCALE])
    factor = np.array([1000.0, 0.01, 7.0, 1e-5])
    offset = np.array([32.0, -5.0, 0.0, 1.0])
    plain = trained(detector, events(stream))
    converted = trained(detector, events(stream * factor + offset))
    require_close(
        [converted.distance_one(x) for x in events(queries * factor + offset)],
        [plain.distance_one(x) for x in events(queries)],
        1e-6,
        "distances in other units and in the first ones",
    )
