"""Accounts and their habits: who logs in how often, from where, when and on what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.log_in_world import (
    DEVICES,
    N_COMPUTERS,
    N_STAFF_SERVICES,
    OFFICE_SHARES,
    OFFICES,
    RESORTS,
    SERVICES,
    TRIPS,
    Window,
)

STAFF_SHARE = 0.6
# Accounts replaced a year; customers that a sale brings, of which half stay no longer than 60 days.
TURNOVER = 0.2
SALE_CUSTOMERS = 0.1
SHORT_STAY = 60
# Trips a year of staff and of customers; of one's trips, the share that go to one's two places.
STAFF_TRIPS, CUSTOMER_TRIPS, USUAL_PLACES = 2.0, 0.7, 0.6
LONGEST_TRIP = 10
# Share of people who spend a holiday abroad, of which half go where they always go.
AWAY = 0.5
# Days after which a device is replaced, on average.
DEVICE_LIFE = 500
# Hours' drift a day, and the chance of a new shift within the stream.
HOUR_DRIFT = 0.02
NEW_SHIFT = 0.3
# Share of an office that moves, twice within the stream.
MOVING = 0.3


@dataclass(frozen=True)
class People:
    """Accounts, one row each; matrices have a column for each day.

    Parameters
    ----------
    staff
        Whether it is of staff; otherwise of a customer.
    present
        Days on which the account exists.
    rate
        Log-ins on a working day, relative to the others'.
    works
        Days of the week, Monday first, shape (accounts, 7).
    home, place
        Country on each day at home and as it is; positions in ``COUNTRIES``.
    on_holiday
        Whether away because of a holiday.
    hour, spread
        Usual local hour on each day, and its standard deviation.
    devices
        First and second device on each day, shape (2, accounts, days).
    services
        How often each is used, shape (accounts, services).
    """

    staff: NDArray[np.bool_]
    present: NDArray[np.bool_]
    rate: NDArray[np.float64]
    works: NDArray[np.bool_]
    home: NDArray[np.int16]
    place: NDArray[np.int16]
    on_holiday: NDArray[np.bool_]
    hour: NDArray[np.float32]
    spread: NDArray[np.float64]
    devices: NDArray[np.int16]
    services: NDArray[np.float64]


def people(
    rng: np.random.Generator, n_users: int, days: int, windows: list[tuple[Window, slice]]
) -> People:
    """Draw accounts, some ``n_users`` of them at any time, in windows as slices of days."""
    joined, left, staff = _stays(rng, n_users, days, windows)
    n, day = len(staff), np.arange(days)
    present = (day >= joined[:, None]) & (day < left[:, None])
    works = np.zeros((n, 7), dtype=bool)
    works[:, :5] = rng.random((n, 5)) < 0.95
    works[~staff] = rng.random((np.count_nonzero(~staff), 7)) < 0.7
    works[np.arange(n), rng.integers(0, 5, n)] = True
    home = _homes(rng, n, days, staff)
    place, on_holiday = _journeys(rng, home, staff, windows)
    start = np.where(staff, rng.normal(10.5, 1.5, n), rng.normal(19.0, 2.5, n))
    walk = np.cumsum(rng.normal(0.0, HOUR_DRIFT, (n, days)), axis=1)
    shift = (rng.random(n) < NEW_SHIFT)[:, None] & (day >= rng.integers(0, days, n)[:, None])
    hour = start[:, None] + walk + shift * rng.normal(0.0, 2.5, n)[:, None]
    return People(
        staff=staff,
        present=present,
        rate=rng.gamma(2.0, 0.5, n) * np.where(staff, 1.0, 0.35),
        works=works,
        home=home,
        place=place,
        on_holiday=on_holiday,
        hour=hour.astype(np.float32),
        spread=np.where(staff, rng.uniform(1.0, 2.5, n), rng.uniform(1.5, 3.5, n)),
        devices=_devices(rng, n, days, staff),
        services=_services(rng, staff),
    )


def _stays(
    rng: np.random.Generator, n_users: int, days: int, windows: list[tuple[Window, slice]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """First day of each account, the day after its last one, and whether it is of staff."""
    # Whoever leaves is followed by somebody new.
    joined, left = [], []
    for _ in range(n_users):
        at = 0
        while at < days:
            stay = 1 + int(rng.exponential(365.0 / TURNOVER))
            joined.append(at)
            left.append(at + stay)
            at += stay
    staff = list(rng.random(len(joined)) < STAFF_SHARE)
    for window, span in windows:
        if window.kind != "sale":
            continue
        new = round(SALE_CUSTOMERS * n_users)
        first = rng.integers(span.start, span.stop, new)
        longer = np.where(rng.random(new) < 0.5, rng.integers(1, SHORT_STAY, new), days)
        joined += first.tolist()
        left += (first + longer).tolist()
        staff += [False] * new
    return np.array(joined), np.array(left), np.array(staff, dtype=bool)


def _homes(
    rng: np.random.Generator, n: int, days: int, staff: NDArray[np.bool_]
) -> NDArray[np.int16]:
    """Country of each account on each day; parts of offices move at a third and two thirds."""
    home = np.repeat(rng.choice(OFFICES, n, p=OFFICE_SHARES)[:, None], days, axis=1)
    for moment in (days // 3, 2 * days // 3):
        source, goal = rng.choice(OFFICES, 2, replace=False)
        moves = staff & (home[:, moment] == source) & (rng.random(n) < MOVING)
        home[moves, moment:] = goal
    return home.astype(np.int16)


def _journeys(
    rng: np.random.Generator,
    home: NDArray[np.int16],
    staff: NDArray[np.bool_],
    windows: list[tuple[Window, slice]],
) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Where each account is on each day, and whether on holiday there."""
    n, days = home.shape
    place, away = home.copy(), np.zeros((n, days), dtype=bool)
    usual = rng.choice(len(TRIPS), (n, 2), p=TRIPS)
    trips = rng.poisson(np.where(staff, STAFF_TRIPS, CUSTOMER_TRIPS) * days / 365.0)
    who = np.repeat(np.arange(n), trips)
    first = rng.integers(0, days, len(who))
    length = rng.integers(2, LONGEST_TRIP + 1, len(who))
    goal = np.where(
        rng.random(len(who)) < USUAL_PLACES,
        usual[who, rng.integers(0, 2, len(who))],
        rng.choice(len(TRIPS), len(who), p=TRIPS),
    )
    for user, start, stay, country in zip(who, first, length, goal, strict=True):
        place[user, start : start + stay] = country
    resort = rng.choice(RESORTS, n)
    for window, span in windows:
        if window.kind == "holiday":
            goes = rng.random(n) < AWAY
            goal = np.where(rng.random(n) < 0.5, resort, rng.choice(len(TRIPS), n, p=TRIPS))
            place[goes, span] = goal[goes, None]
            away[goes, span] = True
    return place, away


def _devices(
    rng: np.random.Generator, n: int, days: int, staff: NDArray[np.bool_]
) -> NDArray[np.int16]:
    """First and second device of each account on each day."""
    found = np.empty((2, n, days), dtype=np.int16)
    computers = np.where(staff, True, rng.random(n) < 0.5)
    for which, computer in ((0, computers), (1, ~computers)):
        # A replacement shows from its day on.
        renewed = rng.random((n, days)) < 1.0 / DEVICE_LIFE
        renewed[:, 0] = True
        drawn = np.where(
            computer[:, None],
            rng.integers(0, N_COMPUTERS, (n, days)),
            rng.integers(N_COMPUTERS, len(DEVICES), (n, days)),
        )
        last = np.maximum.accumulate(np.where(renewed, np.arange(days), 0), axis=1)
        found[which] = np.take_along_axis(drawn, last, axis=1)
    return found


def _services(rng: np.random.Generator, staff: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Shares of the services in the log-ins of each account."""
    shares = np.zeros((len(staff), len(SERVICES)))
    shares[:, :N_STAFF_SERVICES] = rng.dirichlet(np.full(N_STAFF_SERVICES, 0.5), len(staff))
    shares[~staff] = 0.0
    shares[~staff, N_STAFF_SERVICES:] = (0.92, 0.08)
    return shares
