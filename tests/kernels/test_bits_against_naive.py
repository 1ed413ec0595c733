"""`ClippedSurprisal` against its formulas, event by event."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from naive_bits import NaiveBits

from clipsgd_river.anomaly import ClippedSurprisal

# Both modes are compared bit for bit in tests/test_compiled.py.
pytestmark = pytest.mark.either_mode

USERS = ["ann", "bob", "eve", "joe"]


def events(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """A measurement, an amount, a count, a flag, a rounded reading, a user, a country, an id."""
    rng = np.random.default_rng(seed)
    found = []
    for t in range(n):
        user = USERS[int(rng.integers(4))]
        home = "FR" if user == "bob" else "DE"
        found.append(
            {
                "load": float(rng.normal(50, 5) + (30 if 500 <= t < 900 else 0)),
                "bytes": float(rng.lognormal(8, 2)),
                "errors": float(rng.poisson(0.2)),
                "admin": float(rng.random() < 0.02),
                "heat": float(np.round(rng.normal(21, 0.7), 1)),
                "idle": 0.0 if t < 300 else float(rng.normal()),
                "user": user,
                "country": home if rng.random() < 0.95 else "US",
                "id": f"request {t}",
            }
        )
        if t % 7 == 3:
            del found[-1]["load"], found[-1]["user"]
        if t % 97 == 50:
            found[-1]["bytes"] = [1e150, -1e150, 1e9][t % 3]
    return found


@pytest.mark.parametrize(("memory", "warm_up"), [(10_000, 20), (300, 5)])
def test_distances_and_contributions_are_those_of_the_formulas(memory: int, warm_up: int) -> None:
    given = {"country": "user"}
    detector = ClippedSurprisal(memory=memory, warm_up=warm_up, given=given)
    naive = NaiveBits(memory, warm_up, given)
    for t, x in enumerate(events(1200)):
        assert detector.distance_one(x) == pytest.approx(naive.distance(x), rel=1e-7, abs=1e-9), t
        if t % 20 == 0:
            found = detector.explain_one(x)
            assert found == pytest.approx(naive.contributions(x), rel=1e-7, abs=1e-9), t
            assert sum(found.values()) == pytest.approx(detector.distance_one(x), rel=1e-9)
        detector.learn_one(x)
        naive.learn(x)
