"""The log-ins that `benchmarks/security.py` generates are what their docstring says."""

from __future__ import annotations

from datetime import date
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from conftest import Load


@pytest.fixture(scope="module")
def log_ins(script: Load) -> ModuleType:
    return script("common.log_ins")


@pytest.fixture(scope="module")
def stream(log_ins: ModuleType) -> Any:
    return log_ins.LogIns(n_users=120, n_days=400, events_per_day=200, n_stolen=30)


def test_thefts_are_at_night_from_a_country_that_the_owner_does_not_know(
    log_ins: ModuleType, stream: Any
) -> None:
    drawn = stream.drawn
    assert len(drawn.seconds) == stream.n_samples == 80_000
    assert (np.diff(drawn.seconds) >= 0).all()
    first = np.datetime64(log_ins.START, "s").astype(int)
    users = set()
    for theft in range(30):
        at = drawn.stolen == theft
        (user,), (country,) = set(drawn.user[at]), set(drawn.country[at])
        users.add(user)
        assert at.sum() >= log_ins.FEWEST
        assert country not in drawn.country[(drawn.user == user) & (drawn.stolen < 0)]
        start = drawn.seconds[at].min()
        assert start - first >= (log_ins.EARLIEST_THEFT - 1) * log_ins.DAY
        # At the home of one of the five offices.
        local = (start / 3600 + np.array([1, 1, 0, -5, 5])) % 24
        assert ((local >= log_ins.NIGHT[0]) & (local <= log_ins.NIGHT[1])).any()
    assert len(users) == 30


def test_habits_change_in_the_windows_of_the_calendar(log_ins: ModuleType, stream: Any) -> None:
    drawn, windows = stream.drawn, stream.windows
    assert [w[1:] for w in windows if w.kind == "sale"][1] == (
        date(2023, 11, 20),
        date(2023, 11, 28),
    )
    days = drawn.seconds.astype("datetime64[s]").astype("datetime64[D]")
    for at, window in enumerate(windows):
        within = (days >= np.datetime64(window.start)) & (days < np.datetime64(window.end))
        assert (within == (drawn.window == at)).all()
    kinds = np.array([w.kind for w in windows] + [""])[drawn.window]
    shop = drawn.service == list(log_ins.SERVICES).index("shop")
    share = {kind: len(np.unique(days[kinds == kind])) / 400 for kind in ("", "holiday", "sale")}
    assert shop[kinds == "sale"].sum() / share["sale"] > 2 * shop[kinds == ""].sum() / share[""]
    home = np.isin(log_ins.CODES[drawn.country], ("DE", "FR", "GB", "US", "IN"))
    assert home[kinds == ""].mean() > 0.85
    assert 0.2 < home[kinds == "holiday"].mean() < 0.7
