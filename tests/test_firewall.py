"""The firewall's month of the benchmarks has the users, columns and attacks that it says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from typing import Any

import numpy as np
import pytest
from conftest import Load

pytestmark = pytest.mark.either_mode

DAY, HOUR = 86_400_000, 3_600_000
WEB = 443


@pytest.fixture(scope="module", params=[1, 2])
def month(script: Load, request: pytest.FixtureRequest) -> Any:
    return script("common.firewall").FirewallMonth(60_000, 200, seed=request.param)


@pytest.fixture(scope="module")
def usual(month: Any) -> Any:
    """Return the ordinary connections only."""
    return type(month.drawn)(*(column[month.drawn.incident < 0] for column in month.drawn))


def test_events_are_those_of_a_log(script: Load) -> None:
    month = script("common.firewall").FirewallMonth(2_000, 60, seed=3)
    events = list(month)
    assert len(events) == month.n_samples == 2_573
    x = events[0][0]
    assert list(x)[:5] == ["time", "user", "country", "port", "protocol"]
    assert [type(x[name]) for name in ("user", "port", "bytes_out", "failed", "admin")] == [
        str,
        int,
        int,
        int,
        bool,
    ]
    times = [x["time"] for x, _ in events]
    assert times == sorted(times)
    assert all(x["hour"] == x["time"].hour for x, _ in events)
    assert {moment.tzinfo for moment in times} == {UTC}
    assert (times[-1] - times[0]).days == 29
    assert [incident is not None for _, incident in events] == month.labels.tolist()


def test_a_seed_is_a_stream(script: Load) -> None:
    make = script("common.firewall").FirewallMonth
    assert list(make(1_000, 60, seed=7)) == list(make(1_000, 60, seed=7))
    assert list(make(1_000, 60, seed=7)) != list(make(1_000, 60, seed=8))


def test_columns_are_as_real_ones(usual: Any) -> None:
    assert 0.94 < np.mean(usual.failed == 0) < 0.96
    assert usual.failed.max() > 4
    assert 0.002 < usual.admin.mean() < 0.01
    ports = Counter(usual.port.tolist())
    assert ports[WEB] > 0.5 * len(usual.port)
    assert sum(count == 1 for count in ports.values()) > 200
    for sent in (usual.bytes_in, usual.bytes_out):
        middle, far = np.quantile(sent, (0.5, 0.999))
        assert far > 500 * middle
    assert (usual.bytes_in[usual.action == 1] == 0).all()
    # Names are asked and the time is told without logging in.
    assert not usual.failed[usual.protocol != 0].any()


def test_users_have_habits(usual: Any) -> None:
    day = usual.milliseconds // DAY
    assert np.mean(day % 7 >= 5) < 0.12
    at_home = [
        max(Counter(countries.tolist()).values()) / len(countries)
        for countries in (usual.country[usual.user == user] for user in np.unique(usual.user))
    ]
    assert np.median(at_home) > 0.98
    assert min(at_home) < 0.95
    web = (usual.port == WEB) & (usual.action == 0)
    often = np.flatnonzero(np.bincount(usual.user[web]) > 50)
    levels = [np.log(usual.bytes_in[web & (usual.user == user)]).mean() for user in often]
    assert 0.5 < np.std(levels) < 1.1
    ((country, _),) = Counter(usual.country.tolist()).most_common(1)
    at = usual.milliseconds[usual.country == country]
    hours = np.bincount(at // HOUR % 24, minlength=24)
    assert hours.max() > 5 * hours.min()


def test_the_rollout_doubles_what_is_sent_and_lasts(usual: Any) -> None:
    day, web = usual.milliseconds // DAY, (usual.port == WEB) & (usual.action == 0)
    sent = [np.log(usual.bytes_out[web & (day // 10 == part)]).mean() for part in range(3)]
    assert 0.5 < sent[2] - sent[0] < 0.85
    received = [np.log(usual.bytes_in[web & (day // 10 == part)]).mean() for part in range(3)]
    assert abs(received[2] - received[0]) < 0.15


def test_attacks_are_what_they_say(month: Any, usual: Any, script: Load) -> None:
    incidents, drawn = script("common.firewall_attacks").INCIDENTS, month.drawn
    assert np.bincount(drawn.incident[drawn.incident >= 0]).tolist() == [
        *(12, 9, 6, 8, 60, 45),
        *(280, 120, 33),
    ]
    for kind, number in incidents:
        events = type(drawn)(*(column[drawn.incident == number] for column in drawn))
        assert events.milliseconds[0] >= 5 * DAY
        own = usual.country[np.isin(usual.user, events.user)]
        abroad = kind in ("stolen log-in", "brute force", "password spraying")
        assert np.isin(events.country, own).any() != abroad
        if kind.startswith("exfiltration"):
            sent = usual.bytes_out[usual.user == events.user[0]]
            assert np.mean(events.bytes_out > np.quantile(sent, 0.999)) > 0.9
        elif kind == "port scan":
            assert len(set(events.port.tolist())) == len(events.port)
            assert np.ptp(events.milliseconds) < HOUR
            assert np.mean(events.action == 1) > 0.9
        elif kind != "stolen log-in":
            assert np.mean(events.failed > 0) > 0.95


def test_attacks_are_no_outliers_of_every_column(month: Any) -> None:
    """What is usual is strange at times: no single rule tells the attacks."""
    drawn, attacked = month.drawn, month.drawn.incident >= 0
    for strange in (drawn.bytes_out > 50e6, drawn.failed > 1, drawn.action == 1):
        assert (strange & ~attacked).sum() > 30


def test_figures_of_known_scores(script: Load) -> None:
    month = script("common.firewall").FirewallMonth(2_000, 60, seed=1)
    figures, run = script("common.firewall_figures"), script("common.contestants").Run
    rng = np.random.default_rng(0)
    scores = rng.random(month.n_samples)
    incident = month.drawn.incident
    # Every attack but the last two incidents is on top, these below everything.
    scores[incident >= 0] += 2.0
    scores[incident >= 7] = -1.0
    found = figures.judge("known", month, run(scores, 1.0))
    assert found.share == pytest.approx(1 - 153 / 573)
    assert found.roc_auc == pytest.approx(1 - 153 / 573)
    assert 420 / 573 < found.average_precision < 0.82
    assert found.found[7:] == (False, False)
    assert 10 < found.right < found.alerts < 330
    assert found.cost == pytest.approx(1e6 / month.n_samples)
    for number in range(9):
        events = np.flatnonzero(incident == number)
        scores[events[:5]], scores[events[5:]] = -1.0, 2.0
    assert not any(figures.judge("late", month, run(scores, 1.0)).found)
    means, kinds, seeds = figures.tables([found])
    assert means.rows[0][:4] == ["known", 1, found.roc_auc, found.roc_auc]
    assert kinds.rows[0][-1] == 0.0
    assert len(seeds.rows) == 1


def test_rivals_see_numbers(script: Load) -> None:
    month = script("common.firewall").FirewallMonth(2_000, 60, seed=1)
    rows = script("common.firewall_detectors").encoded(month)
    assert rows.shape[0] == month.n_samples
    assert np.isfinite(rows).all()
    # One column for each country, protocol, action and port is set.
    assert (rows[:, 6:].sum(axis=1) == 4).all()
