"""Numbers as they are shown: short, in order, and different where they differ."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipsgd_river._numbers import (
    band_decimals,
    differ,
    percent,
    short_score,
    told_apart,
)

# What tables hold and how numbers are worded is the same with any kernels.
pytestmark = pytest.mark.either_mode

WORDS = {"infinite": math.inf, "minus infinity": -math.inf, "missing": math.nan}
SOME = st.floats(allow_nan=False) | st.integers(-(10**6), 10**6).map(float)
# Neighbours of each other, as a value just outside its band is.
NEAR = st.tuples(SOME, st.floats(1e-13, 1e-3)).map(lambda pair: (pair[0], pair[0] * (1 + pair[1])))
CLOSE = st.tuples(NEAR, SOME).map(lambda found: [*found[0], found[1]])


def parsed(text: str) -> float:
    return WORDS[text] if text in WORDS else float(text.replace(",", ""))


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ((900.0, 19.87, 75.31), ["900", "20", "75"]),
        ((75.4, 19.87, 75.31), ["75.4", "20", "75"]),
        ((75.2, 19.87, 75.31), ["75.2", "19.9", "75.3"]),
        ((75.3112, 19.87, 75.3119), ["75.3112", "19.87", "75.312"]),
        ((999.99, 4.1, 46.7), ["999.99", "4", "47"]),
        ((0.1 + 0.2, 4.1, 46.7), ["0.3", "4", "47"]),
        ((-358.1612345, 431.2, 569.8), ["-358.2", "430", "570"]),
        ((0.5, 0.0021, 0.0042), ["0.5", "0.0021", "0.0042"]),
        ((-1234567.0, 10.0, 20.0), ["-1,234,567", "10", "20"]),
        ((3e12, 10.0, 20.0), ["3,000,000,000,000", "10", "20"]),
        ((math.nan, 1.0, 2.0), ["missing", "1", "2"]),
        ((math.inf, -math.inf, 2.0), ["infinite", "minus infinity", "2"]),
        ((5e6, 312.4, 81455.2), ["5,000,000", "310", "81,000"]),
        (
            (1780302969.0, 1780302000.0, 1780302900.0),
            ["1,780,302,969", "1,780,302,000", "1,780,302,900"],
        ),
        ((0.1 + 0.2, 0.3, 0.3), ["0.3", "0.3", "0.3"]),
        ((0.30001, 0.3, 0.3), ["0.30001", "0.3", "0.3"]),
        ((3.0, -8e-6, 1.8e-5), ["3", "-8e-06", "1.8e-05"]),
        ((1e-300, 0.0, 0.8414709848078965), ["1e-300", "0", "0.84"]),
        ((1e308, -1e308, 1e308), ["1e+308", "-1e+308", "1e+308"]),
        ((5e-324, 0.0, 1e-323), ["5e-324", "0", "1e-323"]),
        ((-0.0, -0.0, 0.0), ["0", "0", "0"]),
    ],
)
def test_numbers_are_for_people(numbers: tuple[float, float, float], shown: list[str]) -> None:
    assert told_apart(numbers, band_decimals(*numbers)) == shown


@given(CLOSE | st.lists(SOME, min_size=1, max_size=4), st.data())
def test_numbers_that_differ_look_different_and_are_in_order(
    numbers: list[float], data: st.DataObject
) -> None:
    decimals = [data.draw(st.integers(-3, 5)) for _ in numbers]
    shown = told_apart(numbers, decimals)
    for a, x in zip(numbers, shown, strict=True):
        for b, y in zip(numbers, shown, strict=True):
            if differ(a, b):
                assert (a < b) == (parsed(x) < parsed(y)), (numbers, shown)


@given(CLOSE)
def test_what_lies_within_limits_is_not_shown_beyond_them(numbers: list[float]) -> None:
    low, middle, high = sorted(numbers)
    for text in told_apart([low, middle, high], [0, -2, 0], [(low, high)] * 3):
        assert low <= parsed(text) <= high


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.floats(1.5, 1e3))
def test_numbers_far_apart_have_no_more_digits_than_they_need(
    low: float, width: float, times: float
) -> None:
    numbers = low + times * width, low, low + width
    needed = 1 - math.floor(math.log10(numbers[2] - low))
    for text in told_apart(numbers, band_decimals(*numbers))[1:]:
        assert "e" in text or len(text.partition(".")[2]) <= max(needed, 0)


def test_scores_below_1_do_not_look_like_it() -> None:
    assert [short_score(score) for score in (0.0, 0.5, 0.99991, 1.0 - 1e-12, 1.0, 37.25)] == [
        "0",
        "0.5",
        "0.9999",
        "0.999999999999",
        "1",
        "37.25",
    ]


@pytest.mark.parametrize(
    ("share", "events", "shown"),
    [
        (0.9, None, "90 %"),
        (0.98, 5000, "98 %"),
        (0.0213, 5000, "2 %"),
        (0.999, 5000, "99.9 %"),
        (0.995, 5000, "99.5 %"),
        (1.0, 5000, "99.98 %"),
        (0.99997, 10**6, "99.99 %"),
        (1.0, 20, "95 %"),
        (1.0, 4000, "99.97 %"),
        (0.0, 200, "0.5 %"),
        (1.0, 0, "50 %"),
    ],
)
def test_shares_claim_no_more_than_so_many_events_can_show(
    share: float, events: int | None, shown: str
) -> None:
    assert percent(share, events) == shown


@given(st.floats(0.0, 1.0), st.none() | st.integers(0, 10**9))
def test_a_share_is_never_all_nor_none(share: float, events: int | None) -> None:
    assert 0.0 < float(percent(share, events).removesuffix(" %")) < 100.0
