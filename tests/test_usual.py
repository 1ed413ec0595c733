"""What is usual, in words that fit the feature."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clipsgd_river._numbers import differ
from clipsgd_river._words.seen import NOTHING, Seen
from clipsgd_river._words.usual import in_words

# What tables hold and how numbers are worded is the same with any kernels.
pytestmark = pytest.mark.either_mode

ERRORS = Seen(0.0, 5.0, ((0.0, 0.9), (1.0, 0.09), (2.0, 0.009), (5.0, 0.001)), None, 5000)
FLAG = Seen(0.0, 1.0, ((0.0, 0.98), (1.0, 0.02)), None, 5000)
DOOR = Seen(0.0, 0.0, ((0.0, 1.0),), None, 5000)
BYTES = Seen(0.0, 2e6, ((0.0, 0.9),), (312.0, 9000.0, 81455.0), 5000)
SENSOR = Seen(18.5, 23.5, tuple((18.5 + k / 2, 0.09) for k in range(11)), None, 5000)
STATUS = Seen(200.0, 500.0, ((200.0, 0.95), (404.0, 0.03), (500.0, 0.02)), None, 5000)
POISSON = Seen(0.0, 9.0, ((0.0, 0.3), (1.0, 0.36), (2.0, 0.2), (3.0, 0.1), (4.0, 0.04)), None, 900)


@pytest.mark.parametrize(
    ("value", "band", "seen", "words"),
    [
        # Counts.
        (3, (0, 0.11, 0.8), ERRORS, "3; 0 in 90 % of events, at most 2 in 99.9 %"),
        (200, (0, 0.11, 0.8), ERRORS, "200; 0 in 90 % of events, at most 2 in 99.9 %"),
        (1, (0, 0.11, 0.8), ERRORS, "1; 0 in 90 % of events, 1 in 9 %"),
        (2, (0, 0.11, 0.8), ERRORS, "2; 0 in 90 % of events, at most 1 in 99 %"),
        (0, (0, 0.11, 0.8), ERRORS, "0, as in 90 % of events"),
        (-4, (0, 0.11, 0.8), ERRORS, "-4; 0 in 90 % of events, never less than 0 in 5,000 events"),
        (30, (-1, 1.2, 3.4), POISSON, "30, usually between 0 and 3"),
        (404, (150, 205, 260), STATUS, "404; 200 in 95 % of events, 404 in 3 %"),
        (
            999,
            (150, 205, 260),
            STATUS,
            "999; 200 in 95 % of events, never more than 500 in 5,000 events",
        ),
        # Flags.
        (1, (0, 0.02, 0.3), FLAG, "1; 0 in 98 % of events, 1 in 2 %"),
        (7, (0, 0.02, 0.3), FLAG, "7; 0 in 98 % of events, 1 in 2 %"),
        (True, (0, 0.02, 0.3), FLAG, "1; 0 in 98 % of events, 1 in 2 %"),
        (
            0,
            (0, 0.9, 1),
            Seen(0, 1, ((0, 0.05), (1, 0.95)), None, 60),
            "0; 1 in 95 % of events, 0 in 5 %",
        ),
        # Constants.
        (1, (0, 0, 0), DOOR, "1; always 0 in 5,000 events"),
        (
            0.3001,
            (0.3, 0.3, 0.3),
            Seen(0.3, 0.1 + 0.2, (), None, 1),
            "0.3001; always 0.3 in 1 event",
        ),
        (7, (3, 3, 3), Seen(3.0, 3.0), "7; always 3"),
        (3.1, (3, 3, 3), NOTHING, "3.1, usually 3"),
        # Once something else, which is forgotten.
        (1, (0, 0, 0), DOOR._replace(highest=1.0), "1; 0 in 99.9 % of events"),
        (
            9,
            (0, 0, 0),
            DOOR._replace(highest=1.0),
            "9; 0 in 99.9 % of events, never more than 1 in 5,000 events",
        ),
        # Amounts that are mostly 0.
        (
            5e6,
            (0, 900, 30000),
            BYTES,
            "5,000,000; 0 in 90 % of events, otherwise usually 310 to 81,000",
        ),
        (
            5e6,
            (0, 900, 30000),
            BYTES._replace(rest=None),
            "5,000,000; 0 in 90 % of events, never more than 2,000,000 in 5,000 events",
        ),
        (1e6, (0, 900, 30000), BYTES._replace(rest=None), "1,000,000; 0 in 90 % of events"),
        (
            5e6,
            (0, 900, 30000),
            BYTES._replace(rest=(-5000.0, 9000.0, 81455.0)),
            "5,000,000; 0 in 90 % of events, otherwise usually up to 81,000",
        ),
        (
            -2.0,
            (-30, -2, 0),
            Seen(-90.0, 0.0, ((0.0, 0.9),), (-9.0, -5.0, 3.0)),
            "-2; 0 in 90 % of events, otherwise usually down to -9",
        ),
        (
            5.0,
            (0, 0, 0),
            Seen(0.0, 8.0, ((0.0, 0.9),), (7.0, 7.0, 7.0)),
            "5; 0 in 90 % of events, otherwise usually 7",
        ),
        # Measurements.
        (900.0, (19.87, 50, 75.31), NOTHING, "900, usually between 20 and 75"),
        (35.0, (18.2, 21, 23.8), SENSOR, "35, usually between 18.5 and 23.5"),
        (35.0, (18.2, 21, 23.4), SENSOR, "35, usually between 18.5 and 23"),
        (35.12, (18.2, 21, 23.4), SENSOR, "35.12, usually between 18.5 and 23.4"),
        (
            1.7e9 + 969,
            (1.7e9, 1.7e9 + 450, 1.7e9 + 900),
            NOTHING,
            "1,700,000,969, usually between 1,700,000,000 and 1,700,000,900",
        ),
        (3, (0, 0, 0), Seen(0.0, 2.0, ((0.0, 0.5), (1.0, 0.5)), None, 9), "3, usually 0"),
        # What is no number, and what is far too large.
        (math.nan, (0, 0.11, 0.8), ERRORS, "missing; 0 in 90 % of events"),
        (math.inf, (0, 0.11, 0.8), ERRORS, "infinite; 0 in 90 % of events, at most 2 in 99.9 %"),
        (10**300, (0, 1, 2), NOTHING, "1e+300, usually between 0 and 2"),
        (-(10**400), (0, 1, 2), NOTHING, "minus infinity, usually between 0 and 2"),
        (Fraction(7, 2), (0, 1, 2), NOTHING, "3.5, usually between 0 and 2"),
    ],
)
def test_words_fit_the_feature(value: Any, band: Any, seen: Seen, words: str) -> None:
    assert in_words(value, band, seen) == words


NUMBERS = st.one_of(
    st.floats(),
    st.integers(-3, 12).map(float),
    st.sampled_from([1e308, -1e308, 1e-300, 5e-324, 0.1 + 0.2, 0.3, 1.7e9, 1.7e9 + 1]),
)
ODD = NUMBERS | st.booleans() | st.integers(-(10**300), 10**300) | st.just(10**400)
BANDS = st.lists(NUMBERS, min_size=3, max_size=3).map(lambda found: tuple(sorted(found)))


@st.composite
def histories(draw: st.DrawFn, numbers: st.SearchStrategy[Any]) -> Seen:
    """What may have been seen of a feature."""
    values = sorted(draw(st.lists(numbers, max_size=6, unique=True)))
    weights = [draw(st.floats(1e-6, 1.0)) for _ in values]
    total = sum(weights) / draw(st.sampled_from([1.0, 0.95, 0.5])) if weights else 1.0
    shares = tuple(zip(values, (weight / total for weight in weights), strict=True))
    ends = sorted([*values, *draw(st.lists(numbers, min_size=1, max_size=3))])
    known = draw(st.booleans())
    rest = draw(st.none() | st.tuples(numbers, numbers, numbers).map(sorted).map(tuple))
    events = draw(st.none() | st.integers(1, 10**9))
    return Seen(ends[0] if known else None, ends[-1] if known else None, shares, rest, events)


@given(ODD, BANDS, histories(NUMBERS))
def test_words_are_said_of_any_number(value: Any, band: Any, seen: Seen) -> None:
    words = in_words(value, band, seen)
    assert words.isprintable()
    assert len(words) < 200


FINITE = st.floats(0.0, allow_infinity=False) | st.integers(0, 12).map(float)


@given(FINITE, st.floats(allow_nan=False), st.floats(allow_nan=False), histories(FINITE))
@example(3.0, -0.000008, 0.000018, Seen(0.0, 2.0))
def test_what_was_never_negative_is_not_expected_to_be(
    value: float, low: float, high: float, seen: Seen
) -> None:
    if seen.lowest is None:
        seen = seen._replace(lowest=0.0, highest=1e308)
    if seen.rest is not None:
        seen = seen._replace(rest=(-seen.rest[2], *seen.rest[1:]))
    low, high = sorted([low, high])
    assert not re.search(r"(?<![e\d])-\d|minus", in_words(value, (low, low, high), seen))


@given(st.floats(allow_nan=False), st.lists(st.floats(allow_nan=False), min_size=2, max_size=2))
def test_a_value_looks_other_than_the_ends_of_its_band(value: float, ends: list[float]) -> None:
    low, high = sorted(ends)
    actual, _, usual = in_words(value, (low, low, high)).partition(", usually ")
    shown = usual.removeprefix("between ").split(" and ")
    for end, text in ((low, shown[0]), (high, shown[-1])):
        assert not differ(value, end) or actual != text, (value, ends)


@given(st.integers(2, 10**6), st.floats(0.5, 1.0, exclude_min=True))
def test_no_share_is_larger_than_so_many_events_can_show(events: int, share: float) -> None:
    seen = Seen(0.0, 9.0, ((0.0, share), (1.0, 1.0 - share)), None, events)
    for found in re.findall(r"([\d.]+) %", in_words(5.0, (0.0, 0.0, 0.0), seen)):
        assert float(found) <= 100.0 * (1.0 - 1.0 / events) + 1e-9
