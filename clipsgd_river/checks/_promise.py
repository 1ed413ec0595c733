"""What a check is made of: a stated promise, what it needs of a detector, evidence on failure."""

from __future__ import annotations

import contextlib
import functools
import pickle
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from clipsgd_river._tables.rows import rows_of

Check = Callable[[Any], None]
Event = dict[Any, Any]

# The feature of a frame that the targets go by; of events named as an array's columns it is 2.
TELLING = "errors"

_applies: dict[Check, Callable[[Any], bool]] = {}


class BrokenPromiseError(AssertionError):
    """The evidence that a promise is broken, before the detector and the promise are named."""


def require(condition: object, evidence: str) -> None:
    """Raise `BrokenPromiseError` unless the condition holds, under ``python -O`` too."""
    if not condition:
        raise BrokenPromiseError(evidence)


def promise(
    *needs: str, when: Callable[[Any], bool] | None = None, supervised: bool = False
) -> Callable[[Check], Check]:
    """Turn a function into a check that applies to detectors with the attributes it needs.

    Whatever the function raises becomes an `AssertionError` that names the detector, the promise
    and the evidence.

    Parameters
    ----------
    needs
        Attributes the detector must have, other than None or False.
    when
        A further condition on the detector.
    supervised
        Whether the check also makes sense for detectors that learn from a target.
    """

    def applies(detector: Any) -> bool:
        if is_supervised(detector) and not supervised:
            return False
        values = (getattr(detector, name, None) for name in needs)
        able = all(value is not None and value is not False for value in values)
        return able and (when is None or when(detector))

    def register(body: Check) -> Check:
        statement = (body.__doc__ or "").strip().splitlines()[0].removeprefix("Check that ")

        @functools.wraps(body)
        def check(detector: Any) -> None:
            try:
                body(detector)
            except Exception as error:
                evidence = (
                    str(error)
                    if isinstance(error, BrokenPromiseError)
                    else f"{type(error).__name__}: {error}"
                )
                raise AssertionError(
                    f"{type(detector).__name__} breaks {body.__name__} ({statement}): {evidence}"
                ) from error

        _applies[check] = applies
        return check

    return register


def applies(check: Check, detector: Any) -> bool:
    """Whether a check makes sense for a detector."""
    return _applies[check](detector)


def is_supervised(detector: Any) -> bool:
    """Whether the detector's methods want a target beside the event."""
    return bool(getattr(detector, "_supervised", False))


def fresh(detector: Any, **params: Any) -> Any:
    """Return a detector of the same class and parameters that has learned nothing."""
    if hasattr(detector, "clone"):
        return detector.clone(params or None)
    from sklearn.base import clone

    return clone(detector).set_params(**params)


def call(detector: Any, method: str, x: Any) -> Any:
    """Call a method with an event or rows, and with targets where the detector wants them."""
    if not is_supervised(detector):
        return getattr(detector, method)(x)
    return getattr(detector, method)(x, _target(x) if isinstance(x, Mapping) else _targets(x))


def contradict(detector: Any, method: str, x: Event) -> Any:
    """Call a method of a supervised detector with the other target than `call` teaches."""
    return getattr(detector, method)(x, 1 - _target(x))


def _target(x: Mapping[Any, Any]) -> int:
    """Return a target that a regressor and a classifier can both learn."""
    value = x.get(2, x.get(TELLING))
    return int(isinstance(value, float) and value > -3.0)


def _targets(X: Any) -> list[int]:
    """Return the targets of rows, also of such as are to be refused."""
    try:
        return [_target(x) for x in rows_of(X).events()]
    except (TypeError, ValueError):
        return [0, 1, 0]


def learn(detector: Any, events: Iterable[Event]) -> Any:
    """Let the detector learn the events one by one, and return it."""
    for x in events:
        call(detector, "learn_one", x)
    return detector


def trained(detector: Any, events: Iterable[Event], **params: Any) -> Any:
    """Return a fresh detector that has learned the events."""
    return learn(fresh(detector, **params), events)


def score_and_learn(detector: Any, events: Iterable[Event]) -> list[float]:
    """Return the score of each event before it is learned."""
    scores = []
    for x in events:
        scores.append(call(detector, "score_one", x))
        call(detector, "learn_one", x)
    return scores


def state(detector: Any) -> bytes:
    """Return the detector's state as bytes that change whenever it does."""
    if hasattr(detector, "to_bytes"):
        # A wrapper of something foreign says so by a ValueError.
        with contextlib.suppress(ValueError):
            data: bytes = detector.to_bytes()
            return data
    return pickle.dumps(detector)


def answers(detector: Any, probes: Iterable[Event]) -> list[float]:
    """Return what the detector says about the probes: what must agree where states must."""
    methods = [name for name in ("score_one", "distance_one") if hasattr(detector, name)]
    return [float(call(detector, name, x)) for x in probes for name in methods]


def require_equal(found: Iterable[float], wanted: Iterable[float], what: str) -> None:
    """Raise `BrokenPromiseError` unless both sequences are equal bit for bit."""
    left, right = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
    require(left.shape == right.shape, f"{what}: shapes {left.shape} and {right.shape}")
    differ = np.flatnonzero(left.view(np.uint64) != right.view(np.uint64))
    if len(differ):
        at = differ[0]
        raise BrokenPromiseError(
            f"{what}: {len(differ)} of {left.size} values differ, the first at {at}: "
            f"{float(left.flat[at])!r} and {float(right.flat[at])!r}"
        )


def require_close(
    found: Iterable[float], wanted: Iterable[float], relative: float, what: str
) -> None:
    """Raise `BrokenPromiseError` unless both sequences agree within a relative tolerance."""
    left, right = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
    require(left.shape == right.shape, f"{what}: shapes {left.shape} and {right.shape}")
    scale = np.maximum(np.abs(left), np.abs(right))
    # Written so that NaN counts as a difference.
    differ = np.flatnonzero(~(np.abs(left - right) <= relative * scale + 1e-300))
    if len(differ):
        at = differ[0]
        raise BrokenPromiseError(
            f"{what}: {len(differ)} of {left.size} values differ by more than {relative} "
            f"relative, the first at {at}: {float(left.flat[at])!r} and {float(right.flat[at])!r}"
        )


def require_scores(scores: Iterable[float], what: str) -> None:
    """Raise `BrokenPromiseError` unless every score is finite and in [0, 1)."""
    values = np.asarray(scores, dtype=float)
    wrong = np.flatnonzero(~((values >= 0) & (values < 1)))
    if len(wrong):
        raise BrokenPromiseError(f"{what}: score {float(values.flat[wrong[0]])!r} is not in [0, 1)")
