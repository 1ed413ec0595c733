"""Detectors of any make as members of an ensemble: what may be one, and their state files."""

from __future__ import annotations

import inspect
from array import array
from collections.abc import Sequence
from typing import Any

from river import base

from clipsgd_river._state import file_format
from clipsgd_river._state.header import kind_of
from clipsgd_river._state.saveable import Saveable
from clipsgd_river._state.wrapper import joined, split, states_of


def fresh_members(detectors: Any) -> list[Any]:
    """Clones of the detectors, which have learned nothing.

    Raises
    ------
    TypeError
        If it is not a list or tuple, or one of it is not a River detector; the message says which.
    ValueError
        If it is empty.
    """
    if isinstance(detectors, str) or not isinstance(detectors, Sequence):
        raise TypeError(
            f"detectors is a list of River detectors or None, not {detectors!r} of type "
            f"{type(detectors).__name__}"
        )
    if not detectors:
        raise ValueError("detectors is empty; give at least one, or None for the built-in ones")
    for index, detector in enumerate(detectors):
        _check(index, detector)
    return [detector.clone() for detector in detectors]


def _check(index: int, detector: Any) -> None:
    """``TypeError`` unless it is a River detector of events alone, or a pipeline that ends in one.

    By what it can do, since not every detector inherits from River's: filters and drift-aware ones.
    """
    steps = getattr(detector, "steps", None)
    last = list(steps.values())[-1] if isinstance(steps, dict) and steps else detector
    able = isinstance(detector, base.Estimator) and all(
        callable(getattr(last, method, None)) for method in ("learn_one", "score_one")
    )
    if inspect.isclass(detector) or not able:
        raise TypeError(
            f"detectors[{index}] is not a River anomaly detector but {detector!r} of type "
            f"{type(detector).__name__}; give an instance with learn_one and score_one, and wrap "
            "an estimator of scikit-learn by clipsgd_river.compat"
        )
    if getattr(last, "_supervised", False):
        raise TypeError(
            f"detectors[{index}], a {type(last).__name__}, scores a target beside the event, which "
            "an ensemble does not have"
        )


def packed(members: Sequence[Any], own: array[float]) -> tuple[list[dict[str, Any]], array[float]]:
    """Headers of the members' state files, and their numbers after those of the ensemble.

    Raises
    ------
    ValueError
        If a member is not a class of this package.
    """
    heads, blocks = states_of((f"detectors[{n}]", member) for n, member in enumerate(members))
    return [file_format.parse_header(head) for head in heads], joined([own, *blocks])


def unpacked(heads: Any, numbers: array[float]) -> tuple[list[Any], array[float]]:
    """Members and the numbers of the ensemble, of what `packed` gave.

    Raises
    ------
    ValueError
        If they do not fit each other.
    """
    own, *blocks = split(numbers)
    if not isinstance(heads, list) or len(heads) != len(blocks):
        raise ValueError(f"the state has {len(blocks)} members' numbers, and other headers")
    members: list[Any] = []
    for head, block in zip(heads, blocks, strict=True):
        if not isinstance(head, dict):
            raise ValueError("the state has a member without a header")
        try:
            members.append(kind_of(Saveable, head)._from_state(head, block))
        except RecursionError:
            raise ValueError("the state's members are nested too deeply") from None
    return members, own
