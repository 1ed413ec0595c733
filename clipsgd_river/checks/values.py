"""Promises about values: which count as numbers, and what extreme ones do."""

from __future__ import annotations

import datetime as dt
import math
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from clipsgd_river.checks._promise import (
    BrokenPromiseError,
    answers,
    call,
    fresh,
    promise,
    require,
    require_equal,
    require_scores,
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
    "check_extremes_count_as_the_largest_finite_value",
    "check_extremes_leave_everything_finite",
    "check_gross_outliers_move_little",
    "check_numbers_of_all_types_are_alike",
    "check_other_types_are_refused",
]

_LARGEST = sys.float_info.max
_EXTREMES: list[tuple[Any, float]] = [
    (math.inf, _LARGEST),
    (-math.inf, -_LARGEST),
    (np.float64("inf"), _LARGEST),
    (np.float32("-inf"), -_LARGEST),
    (10**400, _LARGEST),
    (-(10**400), -_LARGEST),
    (Decimal("Infinity"), _LARGEST),
    (Decimal("1e400"), _LARGEST),
    (Decimal("-1e999999"), -_LARGEST),
]
_ALIKE: list[tuple[Any, float]] = [
    (True, 1.0),
    (False, 0.0),
    (3, 3.0),
    (2**60, float(2**60)),
    (Decimal("1.5"), 1.5),
    (Fraction(3, 2), 1.5),
    (np.float64(1.5), 1.5),
    (np.float32(1.5), 1.5),
    (np.float16(1.5), 1.5),
    (np.longdouble(1.5), 1.5),
    (np.int64(3), 3.0),
    (np.uint8(3), 3.0),
    (np.bool_(True), 1.0),
    (Decimal("NaN"), math.nan),
    (np.float32("nan"), math.nan),
]
_TIMES = (dt.datetime, np.datetime64)
_NO_NUMBERS: list[Any] = [
    "text",
    "1.5",
    "",
    b"1.5",
    1 + 2j,
    [1.0],
    (1.0,),
    {"a": 1.0},
    object(),
    dt.datetime(2020, 1, 1),
    np.datetime64("2020-01-01"),
    np.array([1.0, 2.0]),
    np.str_("1.5"),
]

# What is a category to those that take any, as ``takes_categories`` says.
_CATEGORIES = (str, bytes, tuple)


def _twins(detector: Any) -> tuple[Any, Any]:
    stream = events(warm_rows(detector))
    return trained(detector, stream), trained(detector, stream)


@promise("learn_one", "score_one", supervised=True)
def check_extremes_count_as_the_largest_finite_value(detector: Any) -> None:
    """Check that infinities and numbers beyond a float's range are the largest finite value."""
    for extreme, largest in _EXTREMES:
        given, plain = _twins(detector)
        for x in (ordinary_event(), {}):
            require_equal(
                answers(given, [{**x, 1: extreme}]),
                answers(plain, [{**x, 1: largest}]),
                f"feature 1 at {type(extreme).__name__} {extreme!s:.12} and at {largest!r}",
            )
            call(given, "learn_one", {**x, 1: extreme})
            call(plain, "learn_one", {**x, 1: largest})
        require_equal(
            answers(given, probes()),
            answers(plain, probes()),
            f"having learned {type(extreme).__name__} {extreme!s:.12} and {largest!r}",
        )


@promise("learn_one", "score_one", supervised=True)
def check_numbers_of_all_types_are_alike(detector: Any) -> None:
    """Check that bools, ints, Decimals, Fractions and NumPy scalars are the floats they equal."""
    given, plain = _twins(detector)
    for number, as_float in _ALIKE:
        x, y = {**ordinary_event(), 0: number}, {**ordinary_event(), 0: as_float}
        what = f"feature 0 as {type(number).__name__} {number!r} and as {as_float!r}"
        require_equal(answers(given, [x]), answers(plain, [y]), what)
        call(given, "learn_one", x)
        call(plain, "learn_one", y)
        require_equal(answers(given, probes()), answers(plain, probes()), f"having learned {what}")


@promise("learn_one", "score_one", supervised=True)
def check_other_types_are_refused(detector: Any) -> None:
    """Check that other values are refused by a TypeError naming feature and type, and unlearned."""
    readers = ("score_one", "distance_one", "learn_one", "score_learn_one", "explain_one")
    methods = [name for name in readers if hasattr(detector, name)]
    subjects = [fresh(detector), trained(detector, events(warm_rows(detector)))]
    for subject in subjects:
        before = state(subject)
        for value in _NO_NUMBERS:
            if isinstance(value, _TIMES) and getattr(detector, "takes_times", False):
                continue
            kind = type(value).__name__
            if isinstance(value, _CATEGORIES) and getattr(detector, "takes_categories", False):
                continue
            # A new feature and good values come first: none of them may stick.
            x = {"new": 1.0, **ordinary_event(5.0), "field seven": value}
            for method in methods:
                try:
                    call(subject, method, x)
                except TypeError as error:
                    require(
                        "field seven" in str(error) and kind in str(error),
                        f"{method} does not name the feature and its type {kind}: {error}",
                    )
                else:
                    raise BrokenPromiseError(f"{method} took the {kind} {value!r} for a number")
                require(
                    state(subject) == before,
                    f"{method} learned part of an event it refused for a {kind}",
                )


@promise("learn_one", "score_one", supervised=True)
def check_extremes_leave_everything_finite(detector: Any) -> None:
    """Check that whatever comes, scores and estimates stay finite, and ordinary events ordinary."""
    hostile = [math.inf, -math.inf, 1e308, -1e308, 10**400, math.nan, 5e-324, -0.0, 1e154, -1e200]
    for stream in ([], events(ordinary_rows(3)), events(warm_rows(detector))):
        subject = trained(detector, stream)
        for n in range(60):
            x = {f: hostile[(n * (f + 3) + f) % len(hostile)] for f in range(len(LOCATION))}
            score = call(subject, "score_one", x)
            require_scores([score], f"score_one({x}) after {len(stream)} ordinary events")
            call(subject, "learn_one", x)
        _require_finite_estimates(subject)
        for x in events(warm_rows(detector, seed=2)):
            call(subject, "learn_one", x)
        _require_finite_estimates(subject)
        near, far = score_near_and_far(subject, 1e9)
        require_scores([near, far], "ordinary events after hostile ones")
        # Where all the first events are extreme, extreme is what is usual.
        learned_ordinary_first = len(stream) > len(LOCATION)
        require(
            far > near or not learned_ordinary_first,
            f"ordinary events after hostile ones: near scores {near!r}, far {far!r}",
        )


def _require_finite_estimates(subject: Any) -> None:
    for name in dir(subject):
        if name.endswith("_") and not name.startswith("_"):
            try:
                numbers = np.asarray(getattr(subject, name), dtype=float)
            except (AttributeError, TypeError, ValueError):
                continue
            require(np.isfinite(numbers).all(), f"{name} is {numbers!r} after extreme values")


@promise("expect_one")
def check_gross_outliers_move_little(detector: Any) -> None:
    """Check that one event moves no expected value by more than half a standard deviation."""
    for deviations in (100.0, 1e6, 1e200):
        subject = trained(detector, events(warm_rows(detector)))
        before = subject.expect_one()
        subject.learn_one(ordinary_event(deviations))
        after = subject.expect_one()
        for feature, scale in enumerate(SCALE):
            moved = abs(after[feature][1] - before[feature][1]) / scale
            require(
                moved <= 0.5,
                f"an event {deviations:g} standard deviations off moved feature {feature} by "
                f"{moved:.3g} of them",
            )
