"""Promises about saved states: they go on as the original, and damaged ones are refused."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clipsgd_river._state import file_format
from clipsgd_river.checks._promise import (
    BrokenPromiseError,
    answers,
    call,
    promise,
    require,
    require_scores,
    state,
    trained,
)
from clipsgd_river.checks._streams import events, ordinary_rows, probes, warm_rows
from clipsgd_river.checks.copies import require_copies_go_on

__all__ = [
    "check_damaged_states_are_refused",
    "check_forged_states_are_refused",
    "check_names_of_features_are_kept",
    "check_save_and_load",
    "check_to_bytes",
]

# Numbers an entry of a state is replaced by: all of them in turn in a state of few entries.
_FORGED: tuple[float, ...] = (float("nan"), float("inf"), -1e308, -1.0, 0.0, 1e18)
_FEW, _MANY = 200, 1000
_SENSELESS: tuple[Any, ...] = (None, "text", -1, 10**30, 1e300, True, [], {}, [[[]]], {"a": 1})


@promise("to_bytes", "from_bytes", supervised=True)
def check_to_bytes(detector: Any) -> None:
    """Check that a detector made from the bytes of another goes on as that one."""

    def duplicate(original: Any) -> Any:
        data = original.to_bytes()
        require(isinstance(data, bytes), f"to_bytes returned {type(data).__name__}")
        other = type(original).from_bytes(data)
        require(other.to_bytes() == data, "the bytes of a detector made from bytes are others")
        require(repr(other) == repr(original), f"{original!r} came back as {other!r}")
        return other

    require_copies_go_on(detector, duplicate, "from_bytes copy")


@promise("to_bytes", "from_bytes", supervised=True)
def check_names_of_features_are_kept(detector: Any) -> None:
    """Check that names by str, int, float, bool, None or tuples keep their type in a state."""
    names: list[Any] = ["a", "1", 2, 3.5, True, None, ("a", 1), "\u00fc\ud800", ""]
    stream = [{name: float(n % 7 + k) for k, name in enumerate(names)} for n in range(200)]
    original = trained(detector, stream)
    other = type(original).from_bytes(original.to_bytes())
    for name in names:
        queries = [{name: 3.0}, {name: -50.0}, {name: 1e6}]
        require(
            answers(other, queries) == answers(original, queries),
            f"the feature named {name!r} is scored differently once saved and loaded",
        )


@promise("save", "load", supervised=True)
def check_save_and_load(detector: Any) -> None:
    """Check that a detector loaded from the file another was saved to goes on as that one."""
    with tempfile.TemporaryDirectory() as folder:
        paths = iter([Path(folder) / "as a path", str(Path(folder) / "as a str")] * 5)

        def duplicate(original: Any) -> Any:
            path = next(paths)
            original.save(path)
            return type(original).load(path)

        require_copies_go_on(detector, duplicate, "saved and loaded copy")


@promise("to_bytes", "from_bytes", supervised=True)
def check_damaged_states_are_refused(detector: Any) -> None:
    """Check that bytes cut short, altered, lengthened or foreign are refused by a ValueError."""
    data = trained(detector, events(ordinary_rows(60))).to_bytes()
    spots = range(0, len(data), max(1, len(data) // 97))
    damaged = [data[:n] for n in spots]
    damaged += [data[:n] + bytes([data[n] ^ 0x5A]) + data[n + 1 :] for n in spots]
    damaged += [data + b"\0", data[1:], data + data, b"", b"foreign", bytes(len(data))]
    for bad in damaged:
        try:
            type(detector).from_bytes(bad)
        except ValueError:
            continue
        raise BrokenPromiseError(
            f"from_bytes accepted {len(bad)} damaged bytes beginning {bad[:16]!r}"
        )


def _uses_our_container(detector: Any) -> bool:
    """Whether the state is in the format whose content we know how to forge."""
    try:
        return state(detector).startswith(file_format.MAGIC)
    except Exception:
        # A detector whose state cannot be written fails other checks, or says why it cannot.
        return False


@promise("to_bytes", "from_bytes", when=_uses_our_container, supervised=True)
def check_forged_states_are_refused(detector: Any) -> None:
    """Check that sound files of senseless content raise a ValueError or work."""
    subject = trained(detector, events(warm_rows(detector)))
    for what, fields, numbers in _forgeries(*file_format.decode(subject.to_bytes())):
        try:
            header = file_format.make_header(fields)
            other = type(detector).from_bytes(file_format.encode(header, numbers))
            for x in probes():
                call(other, "learn_one", x)
            scores = [call(other, "score_one", x) for x in probes()]
        except ValueError:
            continue
        require("wrong count" not in what, f"from_bytes accepted a state with {what}")
        require_scores(scores, f"detector made of a state with {what}")


def _forgeries(
    fields: dict[str, Any], numbers: array[float]
) -> Iterator[tuple[str, dict[str, Any], array[float]]]:
    yield "a wrong count: one number less", fields, numbers[:-1]
    yield "a wrong count: one number more", fields, numbers + array("d", [0.0])
    yield "a wrong count: no number", fields, array("d")
    for what, forged in _forged_objects(fields):
        yield what, forged, numbers
    # Of very long ones some are passed over.
    for n, at in enumerate(range(0, len(numbers), 1 + int(len(numbers) // _MANY))):
        # Long states are arrays: neighbours mean alike, and each takes another of the numbers.
        turn = slice(None) if len(numbers) <= _FEW else slice(n % len(_FORGED), None, len(_FORGED))
        for number in _FORGED[turn]:
            bad = numbers[:]
            bad[at] = number
            yield f"entry {at} set to {number!r}", fields, bad


def _forged_objects(fields: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the object with each entry left out or replaced, and so for objects inside it."""
    for key, value in fields.items():
        yield f"no {key!r}", {k: v for k, v in fields.items() if k != key}
        for what, other in _forged_values(value):
            yield f"{key!r} {what}", {**fields, key: other}


def _forged_values(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a value might be replaced by."""
    for other in _SENSELESS:
        yield f"set to {other!r}", other
    if isinstance(value, list) and value:
        for other in (value[:-1], value + value, [value[0]] * len(value), [{}] * len(value)):
            yield f"set to {other!r}", other
        for at, entry in enumerate(value):
            if isinstance(entry, list | dict):
                for what, inner in _forged_values(entry):
                    yield f"with entry {at} {what}", [*value[:at], inner, *value[at + 1 :]]
    if isinstance(value, dict):
        for what, inner in _forged_objects(value):
            yield f"with {what}", inner
