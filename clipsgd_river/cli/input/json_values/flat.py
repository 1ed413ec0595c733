"""Nested values under dotted names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

#: What an array has beside its elements.
LENGTH: Final = ".length"
#: An array of more elements is its length alone.
_MOST_ELEMENTS: Final = 8


def flat_items(fields: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted names and the values that are neither objects nor arrays.

    Examples
    --------
    >>> list(flat_items({"http": {"latency": 3}, "at": [1.5, 2.5], "tags": list("abcdefghi")}))
    [('http.latency', 3), ('at.length', 2), ('at.0', 1.5), ('at.1', 2.5), ('tags.length', 9)]
    """
    for key, value in fields.items():
        name = f"{before}{key}"
        if isinstance(value, list):
            yield name + LENGTH, len(value)
            if len(value) <= _MOST_ELEMENTS:
                elements = {str(at): element for at, element in enumerate(value)}
                yield from flat_items(elements, f"{name}.")
        elif isinstance(value, dict):
            yield from flat_items(value, f"{name}.")
        else:
            yield name, value


def lookup(fields: Mapping[str, Any], name: str) -> Any:
    """Return a value by its name, dotted where it is nested; None where there is none.

    Examples
    --------
    >>> lookup({"a.b": 1}, "a.b"), lookup({"a": {"b": [5]}}, "a.b.0"), lookup({}, "a.b")
    (1, 5, None)
    """
    if name in fields:
        return fields[name]
    found: Any = fields
    for key in name.split("."):
        if isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        elif isinstance(found, dict) and key in found:
            found = found[key]
        else:
            return None
    return found
