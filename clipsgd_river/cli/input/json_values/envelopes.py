"""Objects that are not events, but hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from clipsgd_river.cli.input.json_values.columns import table_in

_DEEPEST: Final = 3
#: Under these names an object has records beside what is said of them all.
ENVELOPES: Final = frozenset({"Records", "records", "logEvents"})


def records_in(value: Any, *, alone: bool) -> list[Any] | None:
    """Return the events that an object only holds; None where it is an event itself.

    Parameters
    ----------
    value
        The object.
    alone
        Whether there is no other in the input; otherwise only an object that has but one value
        holds events.

    Examples
    --------
    >>> records_in({"Records": [{"a": 1}, {"a": 2}]}, alone=False)
    [{'a': 1}, {'a': 2}]
    >>> cart = {"user": "ann", "items": [{"price": 5}]}
    >>> records_in(cart, alone=False), records_in(cart, alone=True)
    (None, [{'price': 5}])
    """
    if not isinstance(value, dict):
        return None
    series = _series_in(value)
    if series is not None:
        return list(rows_of(series))
    if not alone and len(value) > 1:
        named = [each for name, each in value.items() if name in ENVELOPES]
        return named[0] if len(named) == 1 and _are_objects(named[0]) else None
    table = table_in(value) if alone else None
    return table or _longest_array(value, _DEEPEST if alone else 1)


def _longest_array(value: Mapping[str, Any], depth: int) -> list[Any] | None:
    """Return the longest array of objects at some depth."""
    found: list[Any] | None = None
    for each in value.values():
        if isinstance(each, list):
            inner = each if _are_objects(each) else None
        elif isinstance(each, dict) and depth > 1:
            inner = _longest_array(each, depth - 1)
        else:
            continue
        if inner is not None and (found is None or len(inner) > len(found)):
            found = inner
    return found


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(e, dict) for e in value)


def _series_in(value: Mapping[str, Any]) -> list[Any] | None:
    """Return the series in what Prometheus answers to a query over a range of time."""
    data = value.get("data", value)
    series = data.get("result") if isinstance(data, dict) else None
    if not isinstance(series, list) or not series:
        return None
    return series if all(map(_is_series, series)) else None


def _is_series(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("metric"), dict):
        return False
    values = value.get("values")
    return isinstance(values, list) and all(
        isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], int | float)
        for pair in values
    )


def rows_of(series: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield an event for each time, in order, with the value of every series.

    Series are named by the labels in which they differ.

    Examples
    --------
    >>> a = {"metric": {"job": "x", "host": "a"}, "values": [[0, "1"], [60, "2"]]}
    >>> b = {"metric": {"job": "x", "host": "b"}, "values": [[60, "5"]]}
    >>> list(rows_of([a, b]))
    [{'time': 0, 'a': '1'}, {'time': 60, 'a': '2', 'b': '5'}]
    """
    names = _names([each["metric"] for each in series])
    at: dict[float, dict[str, Any]] = {}
    for name, each in zip(names, series, strict=True):
        for time, value in each["values"]:
            at.setdefault(time, {"time": time})[name] = value
    for time in sorted(at):
        yield at[time]


def _names(metrics: Sequence[Mapping[str, Any]]) -> list[str]:
    labels = sorted({label for metric in metrics for label in metric})
    differing = [label for label in labels if len({m.get(label) for m in metrics}) > 1]
    if not differing:
        differing = ["__name__"]
    names: list[str] = []
    for number, metric in enumerate(metrics):
        name = " ".join(str(metric[label]) for label in differing if label in metric) or "value"
        names.append(name if name not in (*names, "time") else f"{name} ({number})")
    return names
