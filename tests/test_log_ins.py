"""The stream of log-ins is what its documentation says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from clipsgd_river.datasets import LogIns
from clipsgd_river.datasets._log_in_world import CODES, OFFSETS, SERVICES
from clipsgd_river.datasets.log_ins import DAY, EARLIEST_THEFT, NIGHT


@pytest.fixture(scope="module")
def stream() -> LogIns:
    return LogIns(n_users=120, n_days=400, events_per_day=200, n_stolen=30)


def test_events_are_the_columns_in_order_of_time(stream: LogIns) -> None:
    drawn = stream.drawn
    assert len(drawn.seconds) == stream.n_samples == 80_000
    assert (np.diff(drawn.seconds) >= 0).all()
    for i, (x, stolen) in enumerate(stream.take(2000)):
        assert x["time"] == datetime.fromtimestamp(int(drawn.seconds[i]), UTC)
        assert (x["hour"], x["weekday"]) == (x["time"].hour, x["time"].weekday())
        assert x["country"] == CODES[drawn.country[i]]
        assert x["service"] == SERVICES[drawn.service[i]]
        assert stolen == (drawn.stolen[i] >= 0)


def test_thefts_are_at_night_from_a_country_that_the_owner_does_not_know(stream: LogIns) -> None:
    drawn = stream.drawn
    first = datetime(2023, 1, 2, tzinfo=UTC).timestamp()
    users = set()
    for theft in range(30):
        at = drawn.stolen == theft
        (user,), (country,) = set(drawn.user[at]), set(drawn.country[at])
        own = (drawn.user == user) & (drawn.stolen < 0)
        users.add(user)
        assert at.sum() >= 3
        assert country not in drawn.country[own]
        assert drawn.seconds[at].min() - first >= EARLIEST_THEFT * DAY - DAY
        homes = np.array([1, 1, 0, -5, 5])
        local = (drawn.seconds[at].min() / 3600 + homes) % 24
        assert ((local >= NIGHT[0]) & (local <= NIGHT[1])).any()
    assert len(users) == 30


def test_windows_are_what_the_calendar_says(stream: LogIns) -> None:
    drawn = stream.drawn
    assert [w for w in stream.windows if w.kind == "sale"][1][1:] == (
        date(2023, 11, 20),
        date(2023, 11, 28),
    )
    for x, at in zip((x for x, _ in stream.take(20_000)), drawn.window.tolist(), strict=False):
        day = x["time"].date()
        found = [i for i, w in enumerate(stream.windows) if w.start <= day < w.end]
        assert found == ([] if at < 0 else [at])


def test_habits_change_in_windows(stream: LogIns) -> None:
    drawn = stream.drawn
    kinds = np.array([w.kind for w in stream.windows] + [""])[drawn.window]
    shop = drawn.service == list(SERVICES).index("shop")
    days = {
        kind: sum(
            (w.end - w.start).days
            for w in stream.windows
            if w.kind == kind and w.start > stream.start and w.end <= stream.start + timedelta(400)
        )
        for kind in ("sale", "holiday")
    }
    usual = shop[kinds == ""].sum() / (400 - sum(days.values()))
    assert shop[kinds == "sale"].sum() / days["sale"] > 2 * usual
    home = np.isin(CODES[drawn.country], ("DE", "FR", "GB", "US", "IN"))
    assert home[kinds == ""].mean() > 0.85
    assert home[kinds == "holiday"].mean() < 0.7
    assert home[kinds == "holiday"].mean() > 0.2
    assert len(OFFSETS) == len(CODES) == len(set(CODES.tolist()))


def test_no_theft_no_label() -> None:
    stream = LogIns(n_users=10, n_days=120, events_per_day=5, n_stolen=0)
    assert not any(stolen for _, stolen in stream)
