"""Tables in JSON, by columns or as rows under a list of names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

#: What stands beside a list of names.
_ROWS: Final = ("data", "values", "rows")
_INDEX: Final = "index"
_FEWEST: Final = 2
_DEEPEST: Final = 4


def table_in(value: Any) -> list[dict[str, Any]] | None:
    """Return the rows of a table that an object is, or has in it; None where there is none.

    Examples
    --------
    >>> table_in({"cpu": [40, 41], "mem": [60, 61], "host": "web1"})
    [{'cpu': 40, 'mem': 60}, {'cpu': 41, 'mem': 61}]
    >>> table_in({"cpu": {"0": 40, "1": 41}, "mem": {"0": 60, "1": 61}})
    [{'cpu': 40, 'mem': 60}, {'cpu': 41, 'mem': 61}]
    >>> table_in({"columns": ["cpu", "mem"], "data": [[40, 60], [41, 61]]})
    [{'cpu': 40, 'mem': 60}, {'cpu': 41, 'mem': 61}]
    >>> table_in({"cpu": 40, "tags": ["a", "b"]}) is None
    True
    """
    if not isinstance(value, dict):
        return None
    found = _named_rows(value, _DEEPEST)
    if found:
        return found
    return _of_arrays(value) or _of_objects(value)


def _named_rows(value: Any, depth: int) -> list[dict[str, Any]]:
    """Return the rows beside a list of names, and those of all that stand beside it in a list."""
    if isinstance(value, list):
        tables = (_named_rows(each, depth) for each in value if isinstance(each, dict))
        return [row for table in tables for row in table]
    if not isinstance(value, dict) or not depth:
        return []
    names = value.get("columns")
    if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
        for key in _ROWS:
            rows = value.get(key)
            if isinstance(rows, list) and rows and all(_is_row(row, len(names)) for row in rows):
                return [dict(zip(names, row, strict=True)) for row in rows]
    for each in value.values():
        found = _named_rows(each, depth - 1)
        if found:
            return found
    return []


def _of_arrays(value: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return the rows of columns that are arrays of one length."""
    arrays = {name: each for name, each in value.items() if isinstance(each, list)}
    lengths = set(map(len, arrays.values()))
    if len(lengths) != 1 or min(lengths) < _FEWEST or len(arrays) < min(_FEWEST, len(value)):
        return None
    if not all(map(_are_plain, arrays.values())):
        return None
    return [dict(zip(arrays, row, strict=True)) for row in zip(*arrays.values(), strict=True)]


def _of_objects(value: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return the rows of columns that are objects by index, or of rows by their names."""
    parts = list(value.values())
    if not parts or not all(isinstance(part, dict) for part in parts):
        return None
    keys = list(parts[0])
    if len(keys) < _FEWEST or any(part.keys() != parts[0].keys() for part in parts):
        return None
    if not all(_are_plain(part.values()) for part in parts):
        return None
    if all(key.isdigit() for key in keys):
        counts = keys == list(map(str, range(len(keys))))
        return [
            {**({} if counts else {_INDEX: key}), **{name: value[name][key] for name in value}}
            for key in keys
        ]
    if len(parts) > len(keys):
        return [{_INDEX: name, **part} for name, part in value.items()]
    return None


def _is_row(row: Any, width: int) -> bool:
    return isinstance(row, list) and len(row) == width


def _are_plain(values: Sequence[Any] | Any) -> bool:
    return not any(isinstance(each, dict | list) for each in values)
