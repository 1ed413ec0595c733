"""A value beside those that repeat: how often the usual one occurs, and how far others go."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from clipsgd_river._numbers import differ, own_decimals, percent, told_apart
from clipsgd_river._words.bands import ends
from clipsgd_river._words.seen import Seen

#: So many values are told one by one, where there are no others.
FEW = 4
#: "at most 2 in 99.9 %": the least value that so many events do not exceed.
ALMOST_ALL = 0.999
# What fewer events do not exceed is not told: how often the value itself is there says more.
MANY = 0.99


class Clause(NamedTuple):
    """Words with places for numbers, the numbers, and the decimals to show them with."""

    words: str = ""
    numbers: tuple[float, ...] = ()
    decimals: tuple[int, ...] = ()


def about_repeats(value: float, seen: Seen, unit: str | None = None) -> str:
    """Say a value and how usual it is; nothing where no value is that of most events.

    Examples
    --------
    >>> about_repeats(404.0, Seen(200.0, 500.0, ((200.0, 0.95), (404.0, 0.03), (500.0, 0.02))))
    '404; 200 in 95 % of events, 404 in 3 %'
    """
    if _are_all(seen):
        return _each(value, seen, unit)
    if seen.usual is None:
        return ""
    mode, share = seen.usual
    often = percent(share, seen.recent)
    if not differ(value, mode):
        return f"{exactly(mode, unit=unit)[0]}, as in {often} of events"
    clause = _others(value, mode, share, seen)
    numbers = (value, mode, *clause.numbers)
    decimals = (own_decimals(value), own_decimals(mode), *clause.decimals)
    limits = [(-inf, inf), *[seen.limits] * (len(numbers) - 1)]
    actual, same, *others = told_apart(numbers, decimals, limits, unit)
    said = f"{actual}; {same} in {often} of events"
    return f"{said}, {clause.words.format(*others)}" if clause.words else said


def exactly(*numbers: float, unit: str | None = None) -> list[str]:
    """Show numbers that occurred: to six digits, integers in full, told apart."""
    return told_apart(numbers, [own_decimals(number) for number in numbers], unit=unit)


def in_events(events: int | None) -> str:
    """Say in how many events; nothing if that is not known."""
    return "" if events is None else f" in {events:,} {'event' if events == 1 else 'events'}"


def _are_all(seen: Seen) -> bool:
    """Whether two values are all that was ever seen, or a few of which none is the usual one."""
    if not 2 <= len(seen.shares) <= (FEW if seen.usual is None else 2):
        return False
    values = [kept for kept, _ in seen.shares]
    known = seen.lowest is None or seen.limits == (values[0], values[-1])
    return known and 1.0 - sum(share for _, share in seen.shares) <= 0.5 / seen.recent


def _each(value: float, seen: Seen, unit: str | None) -> str:
    """Say a value, and how often each of a few is there, the more frequent ones first."""
    ranked = sorted(seen.shares, key=lambda pair: -pair[1])
    actual, first, *others = exactly(value, *(kept for kept, _ in ranked), unit=unit)
    often, *rarely = (percent(share, seen.recent) for _, share in ranked)
    rest = (f", {other} in {share}" for other, share in zip(others, rarely, strict=True))
    return f"{actual}; {first} in {often} of events{''.join(rest)}"


def _others(value: float, mode: float, share: float, seen: Seen) -> Clause:
    """What the values are beside the usual one."""
    if value != value:
        return Clause()
    if seen.rest is not None and not seen.mostly_repeats(beside=share):
        return _rest(value, mode, seen)
    return _limit(value, mode, share, seen) or _own(value, seen)


def _rest(value: float, mode: float, seen: Seen) -> Clause:
    """The band of the other values."""
    assert seen.rest is not None
    (low, high), decimals = ends(value, seen.rest, seen)
    places = tuple(decimals[1:])
    if not differ(low, high):
        return Clause("otherwise usually {}", (low,), places[:1])
    # A band that was cut at the usual value has one end.
    if not differ(low, mode):
        return Clause("otherwise usually up to {}", (high,), places[1:])
    if not differ(high, mode):
        return Clause("otherwise usually down to {}", (low,), places[:1])
    return Clause("otherwise usually {} to {}", (low, high), places)


def _limit(value: float, mode: float, share: float, seen: Seen) -> Clause | None:
    """How far values go on the side of this one: almost all, or all that there were."""
    above = value > mode
    reached, within = _reach(value, mode, above, seen)
    often = percent(within, seen.recent)
    # Of the usual value alone it has been said already.
    is_news = reached != mode or often != percent(share, seen.recent)
    outermost = seen.limits[above]
    if (value > outermost) == above and differ(value, outermost):
        # What almost all events do says more than what all do, if some went farther.
        if not (is_news and within >= _almost_all(seen) and differ(reached, outermost)):
            words = "never more than {}" if above else "never less than {}"
            return Clause(words + in_events(seen.events), (outermost,), (own_decimals(outermost),))
    elif not is_news or within < min(MANY, _almost_all(seen)):
        return None
    words = "at most {} in " if above else "at least {} in "
    return Clause(words + often, (reached,), (own_decimals(reached),))


def _reach(value: float, mode: float, above: bool, seen: Seen) -> tuple[float, float]:
    """The value, short of this one, that almost all events do not exceed, and how many do not."""
    reached, within = mode, 0.0
    for kept, share in seen.shares if above else reversed(seen.shares):
        past_mode = kept > mode if above else kept < mode
        past_value = not differ(kept, value) or (kept > value) == above
        if past_value or (past_mode and within >= _almost_all(seen)):
            break
        reached, within = kept, within + share
    return reached, min(within, 1.0)


def _almost_all(seen: Seen) -> float:
    """Share of events that is almost all, or all that so few events can show."""
    # Round-off in a sum of shares.
    return min(ALMOST_ALL, 1.0 - 1.0 / max(seen.recent, 2)) - 1e-9


def _own(value: float, seen: Seen) -> Clause:
    """How often the value itself is there, if that is known."""
    share = sum(share for kept, share in seen.shares if not differ(kept, value))
    return _one(value, share, seen) if share else Clause()


def _one(value: float, share: float, seen: Seen) -> Clause:
    return Clause("{} in " + percent(share, seen.recent), (value,), (own_decimals(value),))
