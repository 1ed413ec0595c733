"""Log-ins of people with habits, some of whose accounts are stolen; holidays and sales."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.log_in_people import People, people
from common.log_in_world import (
    CODES,
    COUNTRIES,
    DEVICES,
    EXITS,
    OFFSETS,
    SERVICES,
    Window,
    window_of_days,
    windows_of,
)

DAY = 86_400
# First day of every stream.
START = date(2023, 1, 2)
# Days before the first theft, and days that a stolen account is older than.
EARLIEST_THEFT, YOUNGEST_ACCOUNT = 60, 30
# Share of the thefts that happen in windows: few people look then.
THEFTS_IN_WINDOWS = 0.3
# Log-ins of a thief: at least 3, 7 on average, some 12 minutes apart, at night.
FEWEST, MORE, APART, NIGHT = 3, 4.0, 720.0, (0.0, 5.0)
# Shares of the log-ins at any hour, through a private network, on a second and on a foreign device.
ANY_HOUR, THROUGH_EXIT, SECOND_DEVICE, FOREIGN_DEVICE = 0.02, 0.001, 0.2, 0.01
# Activity in windows, of staff and of customers.
HOLIDAY_ACTIVITY, SALE_ACTIVITY = (0.3, 0.8), (1.3, 3.5)


class DrawnLogIns(NamedTuple):
    """The whole stream as columns, each of shape (n,).

    ``seconds`` since 1970, UTC; ``user``, ``country``, ``device`` and ``service`` are positions
    in the names of the stream; ``stolen`` is the number of the theft that a log-in belongs to,
    -1 for none; ``window`` the position in ``windows`` of the one it lies in, -1 for none.
    """

    seconds: NDArray[np.int64]
    user: NDArray[np.int64]
    country: NDArray[np.int64]
    device: NDArray[np.int64]
    service: NDArray[np.int64]
    stolen: NDArray[np.int64]
    window: NDArray[np.int64]


class LogIns:
    """Log-ins of people with habits; some accounts are stolen.

    It measures what finds a few bad events among many strange but honest ones, and what holidays
    and sales do to alerts. The stream is generated; the notes say how.

    An event is ``{"time": datetime (UTC), "user": ..., "country": ..., "device": ..., "service":
    ..., "hour": 0 to 23, "weekday": 0 to 6}``, hour and weekday those of the time, all in order of
    time; its label is whether a thief logged in.

    Parameters
    ----------
    n_users
        Accounts at any time, at least 10.
    n_days
        Length, at least 120.
    events_per_day
        Log-ins a day on average, at least 1 per ten accounts; ``n_samples`` is exactly
        ``round(n_days * events_per_day)``.
    n_stolen
        Accounts that are stolen, at most a third of ``n_users``.
    seed
        The same seed gives the same stream.

    Notes
    -----
    *Habits.* 60 % of the accounts are staff's, who work from Monday to Friday, mostly by day, in
    five offices from the United States to India; the others are customers', active in the
    evening. Each has an hour and a spread of its own, a first and a second device, services and a
    frequency. A fifth of the accounts are replaced in a year. Hours drift, three in ten people
    change their shift once; devices are replaced after 500 days on average; twice, three in ten of
    an office move to another country. Staff travel twice a year, customers less, for 2 to 10 days,
    six in ten trips to one of two places of theirs; they then keep the hours of that place. 2 % of
    the log-ins are at any hour, 1 % on a foreign device, 0.1 % through a private network, which
    comes out in another country.

    *Holidays* (8 to 14 April, 1 to 21 August, 22 December to 2 January): staff log in a third as
    often, half of the people are abroad, half of those where they always go, mostly on the second
    device and at any hour. *Sales* (24 to 30 June, eight days around the fourth Friday of
    November): customers come 3.5 times as often and three hours later, and a tenth as many
    accounts as there are are new, half of them for no more than 60 days.

    *Thefts.* A thief logs in 3 times or more, 7 on average, some 12 minutes apart, beginning
    between midnight and five at the owner's home, from a country that the owner never logged in
    from before or after, on any device. Accounts are older than 30 days, the first theft comes
    after day 60. Three in ten thefts are in windows, which are one day in seven.
    """

    def __init__(
        self,
        n_users: int = 300,
        n_days: int = 730,
        events_per_day: float = 600,
        n_stolen: int = 50,
        seed: int = 42,
    ) -> None:
        self.n_users = n_users
        self.n_days = n_days
        self.events_per_day = events_per_day
        self.n_stolen = n_stolen
        self.seed = seed
        self.n_samples = round(n_days * events_per_day)

    def __iter__(self) -> Iterator[tuple[dict[str, Any], bool]]:
        drawn = self.drawn
        moments = drawn.seconds.astype("datetime64[s]")
        hours = drawn.seconds // 3600 % 24
        # The first of January 1970 was a Thursday.
        weekdays = (drawn.seconds // DAY + 3) % 7
        columns = (
            moments.tolist(),
            drawn.user.tolist(),
            CODES[drawn.country].tolist(),
            DEVICES[drawn.device].tolist(),
            SERVICES[drawn.service].tolist(),
            hours.tolist(),
            weekdays.tolist(),
            (drawn.stolen >= 0).tolist(),
        )
        for moment, user, country, device, service, hour, weekday, stolen in zip(
            *columns, strict=True
        ):
            yield (
                {
                    "time": moment.replace(tzinfo=UTC),
                    "user": f"u{user:04}",
                    "country": country,
                    "device": device,
                    "service": service,
                    "hour": hour,
                    "weekday": weekday,
                },
                stolen,
            )

    @cached_property
    def windows(self) -> list[Window]:
        """Holidays and sales as (kind, start, end), dates UTC, ``end`` excluded, in order."""
        return windows_of(START, self.n_days)

    @cached_property
    def drawn(self) -> DrawnLogIns:
        """The whole stream as columns, with the truth that no event tells."""
        people_rng, honest_rng, thief_rng = np.random.default_rng(self.seed).spawn(3)
        window = window_of_days(self.windows, START, self.n_days)
        spans = [
            (found, slice(days[0], days[-1] + 1))
            for at, found in enumerate(self.windows)
            if len(days := np.flatnonzero(window == at))
        ]
        crowd = people(people_rng, self.n_users, self.n_days, spans)
        kinds = np.array([found.kind for found in self.windows] + [""])[window]
        thefts = FEWEST + thief_rng.poisson(MORE, self.n_stolen)
        honest = self._honest(honest_rng, crowd, kinds, self.n_samples - int(thefts.sum()))
        stolen = self._stolen(thief_rng, crowd, honest, window >= 0, thefts)
        columns = [np.concatenate(parts) for parts in zip(honest, stolen, strict=True)]
        order = np.argsort(columns[0], kind="stable")
        seconds, user, country, device, service, theft = (column[order] for column in columns)
        base = np.datetime64(START, "s").astype(np.int64)
        return DrawnLogIns(
            seconds + base,
            user,
            country,
            device,
            service,
            theft,
            window[seconds // DAY].astype(np.int64),
        )

    def _honest(
        self, rng: np.random.Generator, crowd: People, kinds: NDArray[np.str_], count: int
    ) -> list[NDArray[np.int64]]:
        """Columns of the log-ins of owners, seconds since the first day, in no order."""
        weekday = (START.weekday() + np.arange(self.n_days)) % 7
        activity = crowd.present * crowd.rate[:, None]
        activity *= np.where(
            crowd.works[:, weekday], 1.0, np.where(crowd.staff, 0.03, 0.3)[:, None]
        )
        for kind, factors in (("holiday", HOLIDAY_ACTIVITY), ("sale", SALE_ACTIVITY)):
            activity[:, kinds == kind] *= np.where(crowd.staff, *factors)[:, None]
        cells = rng.multinomial(count, (activity / activity.sum()).ravel())
        user, day = np.divmod(np.repeat(np.arange(cells.size), cells), self.n_days)
        customer, away = ~crowd.staff[user], crowd.on_holiday[user, day]
        hour = rng.normal(crowd.hour[user, day], crowd.spread[user])
        late = customer & (kinds[day] == "sale")
        hour[late] = rng.normal(crowd.hour[user, day][late] + 3.0, crowd.spread[user[late]] + 1.0)
        any_hour = rng.random(count) < np.where(away, 0.5, ANY_HOUR)
        hour[any_hour] = rng.uniform(0.0, 24.0, np.count_nonzero(any_hour))
        country = crowd.place[user, day].astype(np.int64)
        seconds = day * DAY + ((hour - OFFSETS[country]) * 3600).astype(np.int64)
        exits = rng.random(count) < THROUGH_EXIT
        country[exits] = rng.choice(EXITS, np.count_nonzero(exits))
        second = rng.random(count) < np.where(away, 0.75, SECOND_DEVICE)
        device = crowd.devices[second.astype(int), user, day].astype(np.int64)
        foreign = rng.random(count) < FOREIGN_DEVICE
        device[foreign] = rng.integers(0, len(DEVICES), np.count_nonzero(foreign))
        service = _chosen(rng, crowd.services, user)
        nobody = np.full(count, -1, dtype=np.int64)
        last = self.n_days * DAY - 1
        return [np.clip(seconds, 0, last), user, country, device, service, nobody]

    def _stolen(
        self,
        rng: np.random.Generator,
        crowd: People,
        honest: list[NDArray[np.int64]],
        special: NDArray[np.bool_],
        thefts: NDArray[np.int64],
    ) -> list[NDArray[np.int64]]:
        """Columns of the log-ins of thieves."""
        later = np.arange(self.n_days) >= EARLIEST_THEFT
        # A theft that begins on the last day might not end within the stream.
        later[-1] = False
        in_window = rng.random(len(thefts)) < THEFTS_IN_WINDOWS
        taken: set[int] = set()
        parts = []
        for number, (events, inside) in enumerate(zip(thefts, in_window, strict=True)):
            days = np.flatnonzero(later & (special == inside))
            day = int(rng.choice(days if len(days) else np.flatnonzero(later)))
            old = crowd.present[:, day - YOUNGEST_ACCOUNT] & crowd.present[:, day]
            free = [user for user in np.flatnonzero(old).tolist() if user not in taken]
            user = int(rng.choice(free))
            taken.add(user)
            known = np.union1d(honest[2][honest[1] == user], crowd.home[user])
            country = int(rng.choice(np.setdiff1d(np.arange(len(COUNTRIES)), known)))
            local = rng.uniform(*NIGHT) - OFFSETS[crowd.home[user, day]]
            gaps = rng.exponential(APART, events)
            gaps[0] = 0.0
            seconds = (day * DAY + local * 3600 + np.cumsum(gaps)).astype(np.int64)
            device = rng.integers(0, len(DEVICES), 1).repeat(events)
            service = _chosen(rng, crowd.services, np.full(events, user))
            same = np.full((3, events), [[user], [country], [number]])
            parts.append([seconds, same[0], same[1], device, service, same[2]])
        if not parts:
            return [np.empty(0, dtype=np.int64)] * 6
        return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _chosen(
    rng: np.random.Generator, shares: NDArray[np.float64], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """A column drawn for each row number, by the shares in that row."""
    borders = np.cumsum(shares, axis=1)
    # Rounding may leave the last border just below 1.
    borders[:, -1] = 1.0
    draws = rng.random(len(rows))
    return np.asarray((draws[:, None] >= borders[rows]).sum(axis=1), dtype=np.int64)
