"""Which detector watches the stream, and the file its state is kept in."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any, Final

from .errors import DataError, UsageError
from .text import listed

DEFAULT_DETECTOR: Final = "ClippedMahalanobis"
_PREFIX: Final = "clipped"


def detector_classes() -> dict[str, type[Any]]:
    """Return every public detector that can be made without arguments, by class name."""
    # Imported when asked for: help and complaints about options shall not wait for it.
    from clipsgd_river import anomaly
    from clipsgd_river.anomaly.base import ClippedDetector

    found: dict[str, type[Any]] = {}
    for name in anomaly.__all__:
        candidate = getattr(anomaly, name)
        if (
            inspect.isclass(candidate)
            and issubclass(candidate, ClippedDetector)
            and candidate is not ClippedDetector
            and not inspect.isabstract(candidate)
            and _needs_no_arguments(candidate)
        ):
            found[name] = candidate
    return found


def find_detector(name: str) -> type[Any]:
    """Return a detector class by its name, in any case, with or without ``Clipped``.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    classes = detector_classes()
    wanted = _key(name)
    for known, candidate in classes.items():
        if _key(known) == wanted:
            return candidate
    raise UsageError(f"--detector names '{name}': there are {listed(classes)}")


def make_detector(name: str | None, contamination: float | None) -> Any:
    """Return a new detector with its defaults, or a chosen share of anomalies."""
    chosen = find_detector(name or DEFAULT_DETECTOR)
    return chosen() if contamination is None else chosen(contamination=contamination)


def load_detector(path: str, name: str | None, contamination: float | None) -> Any:
    """Return the detector stored in a state file.

    Raises
    ------
    DataError
        If the file is damaged or cannot be read.
    UsageError
        If it holds another detector than the options ask for.
    """
    from clipsgd_river.anomaly.base import ClippedDetector

    try:
        detector = ClippedDetector.load(path)
    except OSError as error:
        raise DataError(f"cannot read the state file {path}: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"the state file {path} is unusable: {error}") from None
    found = type(detector).__name__
    if name is not None and find_detector(name) is not type(detector):
        raise UsageError(
            f"the state file {path} holds a {found}, --detector asks for {name}: leave the option "
            "out, or name another file"
        )
    if contamination is not None and contamination != detector.contamination:
        raise UsageError(
            f"the state file {path} was begun with --contamination {detector.contamination}, now "
            f"it is {contamination}: leave the option out, or name another file"
        )
    return detector


def load_filter(path: str, name: str | None, wanted: Any) -> Any:
    """Return the alert filter stored in a state file, as another one was made by the options.

    Raises
    ------
    DataError
        If the file is damaged or cannot be read.
    UsageError
        If it holds another filter or detector than the options ask for.
    """
    kind = type(wanted)
    try:
        found = kind.load(path)
    except OSError as error:
        raise DataError(f"cannot read the state file {path}: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"the state file {path} is unusable: {error}") from None
    detector = type(found.anomaly_detector).__name__
    if name is not None and find_detector(name).__name__ != detector:
        raise UsageError(
            f"the state file {path} holds a {detector}, --detector asks for {name}: leave the "
            "option out, or name another file"
        )
    for parameter in ("alert_rate", "alerts_per", "time", "q"):
        before, now = (getattr(each, parameter, None) for each in (found, wanted))
        if (list(before) if isinstance(before, tuple) else before) != (
            list(now) if isinstance(now, tuple) else now
        ):
            raise UsageError(
                f"the state file {path} was begun with {parameter}={before!r}, now it is {now!r}: "
                "ask for the same alerts, or name another file"
            )
    return found


def save_detector(detector: Any, path: str) -> None:
    """Write the state file in one step, so that it is never half written.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    try:
        detector.save(path)
    except OSError as error:
        raise DataError(f"cannot write the state file {path}: {error.strerror}") from None


def check_state_path(path: str) -> None:
    """Refuse a state file that could not be written at the end of a long run."""
    folder = Path(path).resolve().parent
    if Path(path).is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"the state file {path} cannot be written: its folder must be writable")


def _key(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").removeprefix(_PREFIX)


def _needs_no_arguments(candidate: type[Any]) -> bool:
    try:
        inspect.signature(candidate).bind()
    except TypeError:
        return False
    return True
