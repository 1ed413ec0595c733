"""Units: numbers keep them, in a multiple that is read easily, and stay told apart."""

from __future__ import annotations

from decimal import Decimal
from math import inf, nan

import pytest

from clipsgd_river._numbers import told_apart
from clipsgd_river._units import with_unit
from clipsgd_river._words.seen import Seen
from clipsgd_river._words.usual import in_words
from clipsgd_river.alerts.alert import AlertFeature

pytestmark = pytest.mark.either_mode


@pytest.mark.parametrize(
    ("number", "unit", "told"),
    [
        (3_100_000_000, "B", "3.1 GB"),
        (3_100, "MB", "3.1 GB"),
        (2048, "MiB", "2 GiB"),
        (1, "kbps", "1 kbps"),
        (0.5, "B", "0.5 B"),
        (-5, "kB", "-5 kB"),
        (0, "GB", "0 B"),
        (0, "ms", "0 s"),
        (5_400, "s", "1.5 h"),
        (4_000, "s", "1.111 h"),
        (90, "m", "1.5 h"),
        (0.25, "us", "250 ns"),
        (2e18, "B", "2,000 PB"),
        (21.5, "°C", "21.5 °C"),
        (-3, "$", "-$3"),
        (12, "%", "12 %"),
        (1200, "apples", "1,200 apples"),
    ],
)
def test_numbers_are_shown_in_a_multiple_of_their_unit(number: float, unit: str, told: str) -> None:
    assert told_apart([float(number)], [6], unit=unit) == [told]


def test_what_is_rounded_again_is_told_apart() -> None:
    # 1.0000 h and 1.00003 h are the same to four digits.
    assert with_unit([Decimal(3600), Decimal("3600.1")], ["3,600", "3,600.1"], "s") == [
        *("3,600 s", "3,600.1 s")
    ]
    value, high = told_apart([3.1e9, 3.1e9 - 40.0], [0, -8], unit="B")
    assert value != high
    assert told_apart([nan, inf, 1e308], [0, 0, 0], unit="B")[:2] == ["missing", "infinite"]


@pytest.mark.parametrize(
    ("value", "seen", "unit", "said"),
    [
        (
            3.1e9,
            Seen(0.0, 2e6, ((0.0, 0.9),), (312.0, 9000.0, 81_455.0), 5000),
            "B",
            "3.1 GB; 0 B in 90 % of events, otherwise usually 310 B to 81 kB",
        ),
        (5e3, Seen(60.0, 60.0, ((60.0, 1.0),), None, 9), "s", "1.389 h; always 1 min in 9 events"),
        (
            -900.0,
            Seen(-300.0, 60.0, (), None, 6000),
            None,
            "-900, usually between 0 and 50, never less than -300 in 6,000 events",
        ),
        (-900.0, Seen(-30.0, 60.0, (), None, 6000), None, "-900, usually between 0 and 50"),
        (
            20.5,
            Seen(9.99, 49.99, ((9.99, 0.3), (19.99, 0.4), (49.99, 0.3)), None, 6000),
            None,
            "20.5; 19.99 in 40 % of events, 9.99 in 30 %, 49.99 in 30 %",
        ),
    ],
)
def test_words_keep_units_and_name_the_few_values_there_are(
    value: float, seen: Seen, unit: str | None, said: str
) -> None:
    assert in_words(value, (0.0, 20.0, 50.0), seen, unit) == said
    feature = AlertFeature(
        "f", 1.0, value, 20.0, 0.0, 50.0, "above", "rare", None, None, seen, unit
    )
    assert str(feature) == f"f was {said}"
