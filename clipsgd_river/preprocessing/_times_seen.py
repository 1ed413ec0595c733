"""How often a value was seen, in words."""

from __future__ import annotations

from typing import Any

from clipsgd_river._text import quoted


def in_words(seen: tuple[Any, ...], memory: float, context: Any, context_value: Any) -> str:
    """Say how often a value was seen, in its context if that is known.

    Parameters
    ----------
    seen
        As `clipsgd_river._kernels.preprocessing.category.Category.seen` gives it.
    memory
        Events that counts remember.
    context, context_value
        The feature that this one is conditional on, and its value.

    Examples
    --------
    >>> in_words((3.0, 900.0, None, 0.0, False), 1e4, None, None)
    'seen in 3 of 900 events'
    >>> in_words((3.0, 900.0, None, 312.0, False), 1e4, "user", "alice")
    "never seen with user 'alice' in 312 events"
    >>> in_words((3.2, 70000.0, None, 0.0, False), 1e4, "user", "mallory")
    "seen in 3 of the last 10,000 events; user 'mallory' is new"
    """
    count, events, count_within, events_within, dropped = seen
    if context is None or not events_within:
        said = _times(count, events, memory, "", dropped)
        is_new = context is not None and context_value == context_value and not dropped
        if is_new and context_value is not None:
            return f"{said}; {context} {quoted(context_value)} is new"
        return said
    whom = f" with {context} {quoted(context_value)}"
    return _times(count_within, events_within, memory, whom, dropped)


def _times(count: float | None, events: float, memory: float, whom: str, dropped: bool) -> str:
    if count is None:
        how = "not seen often enough to be kept" if dropped else "never seen"
        return f"{how}{whom} in {_events(events)}"
    # The count was rounded off by forgetting, and its value was seen once at least.
    times = round(min(count, events, memory))
    if events <= memory:
        return f"seen in {max(times, 1):,} of {_events(events)}{whom}"
    if times == 0:
        return f"not seen{whom} in the last {_events(memory)}"
    return f"seen in {times:,} of the last {_events(memory)}{whom}"


def _events(count: float) -> str:
    return f"{int(count):,} {'event' if count == 1 else 'events'}"
