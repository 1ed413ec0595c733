"""Which detector watches the stream, and the file its state is kept in."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from clipsgd_river.cli.input.columns.roles import AUTO, NONE
from clipsgd_river.cli.scoring.default_detector import STAND_IN
from clipsgd_river.cli.scoring.kept_filters import base_of, changed_rules, goes_on
from clipsgd_river.cli.scoring.keys import NO_KEYS, Keys, counted_by, models_of
from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.text import listed

_PREFIX: Final = "clipped"
#: The detector whose memory is how long a change must last until it is normal.
WITH_MEMORY: Final = "ClippedEnsemble"


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


def make_detector(
    name: str,
    contamination: float | None = None,
    categorical: frozenset[str] = frozenset(),
    given: dict[str, str] | None = None,
    memory: int | str | None = None,
) -> Any:
    """Return a new detector with its defaults, or a chosen share of anomalies and memory.

    With categories one that takes them, or a pipeline that encodes them first; `AUTO` among their
    names stands for text. ``given`` is column -> the column that it is conditional on.

    Raises
    ------
    UsageError
        If there is no detector of that name, or a memory is asked for and it has none.
    """
    chosen = find_detector(name)
    parameters: dict[str, Any] = {}
    if contamination is not None:
        parameters["contamination"] = contamination
    if memory is not None:
        _refuse_memory_of_others(chosen.__name__)
        parameters["memory"] = memory
    contexts: dict[Any, Any] = {**(given or {})}
    named = sorted(categorical - {AUTO} - contexts.keys())
    if getattr(chosen, "takes_categories", False):
        return chosen(categories=named, given=contexts or None, **parameters)
    detector = chosen(**parameters)
    if not categorical:
        return detector
    from clipsgd_river.preprocessing import SurprisalEncoder

    return SurprisalEncoder(named, given=contexts or None) | detector


def encoder_and_detector(model: Any) -> tuple[Any, Any]:
    """Return the two steps of what `make_detector` made; None for the encoder that it lacks."""
    steps = getattr(model, "steps", None)
    if steps is None:
        return None, model
    encoder, detector = steps.values()
    return encoder, detector


def takes_categories(detector: Any) -> bool:
    """Whether a detector takes categories as they are, without an encoder."""
    return bool(getattr(detector, "takes_categories", False))


def features_of(model: Any) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the numbers and of the categories that a model has learned."""
    known = counted_by(model)
    if known is not None:
        return known
    found = [_features_of(each) for each in models_of(model)]
    numbers, categories = (frozenset[str]().union(*each) for each in zip(*found, strict=True))
    return numbers - categories, categories


def _features_of(model: Any) -> tuple[frozenset[str], frozenset[str]]:
    encoder, detector = encoder_and_detector(model)
    if takes_categories(detector) and detector.__sklearn_is_fitted__():
        categories = frozenset(map(str, detector.categories_))
        return frozenset(map(str, detector.features_)) - categories, categories

    def is_fitted(step: Any) -> bool:
        return step is not None and step.__sklearn_is_fitted__()

    known, categories = (
        frozenset(map(str, step.features_)) if is_fitted(step) else frozenset[str]()
        for step in (detector, encoder)
    )
    return known - categories, categories


def load_detector(
    path: str, name: str | None, contamination: float | None, categorical: frozenset[str] | None
) -> Any:
    """Return the detector stored in a state file, or its pipeline.

    Categories must be those it was begun with; None asks for these.

    Raises
    ------
    DataError
        If the file is damaged or cannot be read.
    UsageError
        If it holds another detector than the options ask for.
    """
    from clipsgd_river._state.saveable import Saveable

    # Its parts are known by name once they are imported.
    _ = make_detector(STAND_IN, None, frozenset({AUTO}))
    try:
        model: Any = Saveable.load(path)
    except OSError as error:
        raise DataError(f"cannot read the state file {path}: {error.strerror}") from None
    except (ImportError, ValueError) as error:
        raise DataError(f"the state file {path} is unusable: {error}") from None
    detector = _checked_detector(path, model, categorical)
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
    return model


def _checked_detector(path: str, model: Any, categorical: frozenset[str] | None) -> Any:
    """Return the detector in a model, which has or has not the encoder that is asked for.

    By default categories are encoded or not, as the state file was begun.
    """
    classes = tuple(detector_classes().values())
    try:
        encoder, detector = encoder_and_detector(model)
    except ValueError:
        encoder = detector = None
    if not isinstance(detector, classes):
        raise DataError(
            f"the state file {path} is unusable: it holds a {type(model).__name__}, no detector "
            "that these options make"
        )
    before = None if encoder is None else sorted(getattr(encoder, "features", None) or [])
    if takes_categories(detector):
        before = sorted(detector.categories or [])
    now = sorted(categorical - {AUTO}) if categorical else None
    if categorical is None:
        now = None if before is None else []
    # Without categories, one that takes them has none.
    if before != (now or [] if takes_categories(detector) else now):
        raise UsageError(
            f"the state file {path} was begun {_with_categories(before)}, now it goes on "
            f"{_with_categories(now)}: ask for the same --categorical, or name another file"
        )
    return detector


def check_contexts(path: str, model: Any, given: dict[str, str]) -> None:
    """Refuse other columns for ``--given`` than a state file was begun with."""
    encoder, detector = encoder_and_detector(model)
    before = dict(getattr(encoder or detector, "given", None) or {})
    if before != given:
        pairs = ",".join(f"{name}={other}" for name, other in before.items())
        begun = f"with --given {pairs}" if pairs else "without --given"
        raise UsageError(
            f"the state file {path} was begun {begun}: ask for the same, or name another file"
        )


def check_memory(path: str, model: Any, memory: int | str) -> None:
    """Refuse another ``--memory`` than a state file was begun with."""
    _, detector = encoder_and_detector(model)
    _refuse_memory_of_others(type(detector).__name__)
    if detector.memory != memory:
        raise UsageError(
            f"the state file {path} was begun with --memory {detector.memory}, now it is {memory}: "
            "leave the option out, or name another file"
        )


def _refuse_memory_of_others(name: str) -> None:
    """Refuse ``--memory`` for all but the ensemble: others call something else a memory."""
    if name != WITH_MEMORY:
        raise UsageError(
            f"--memory is for {WITH_MEMORY}, and {name} judges these events: leave the option out, "
            "or add --detector ensemble"
        )


def _with_categories(names: list[str] | None) -> str:
    if names is None:
        return f"with --categorical {NONE}"
    return f"with --categorical {','.join(names) or AUTO}"


def load_filter(
    path: str,
    name: str | None,
    wanted: Any,
    categorical: frozenset[str] | None,
    rewrap: Callable[[Any], Any],
    keys: Keys = NO_KEYS,
) -> tuple[Any, str | None]:
    """Return the alert filter stored in a state file, as another one was made by the options.

    And what is to be said of rules, if they are others than before.

    Categories must be those it was begun with; None asks for these. ``rewrap`` puts the rules that
    are asked for around a filter.

    Raises
    ------
    DataError
        If the file is damaged or cannot be read.
    UsageError
        If it holds another filter or detector than the options ask for.
    """
    found, kind = load_any_filter(path), type(base_of(wanted))
    base = base_of(found)
    if type(base) is not kind:
        raise DataError(
            f"the state file {path} is unusable: it holds a {type(base).__name__}, and these "
            f"options make a {kind.__name__}"
        )
    model = keys.inner(path, base.anomaly_detector)
    # What counts the columns of keys takes all that there are.
    categorical = None if keys.windows else categorical
    detector = type(_checked_detector(path, model, categorical)).__name__
    if name is not None and find_detector(name).__name__ != detector:
        raise UsageError(
            f"the state file {path} holds a {detector}, --detector asks for {name}: leave the "
            "option out, or name another file"
        )
    on = goes_on(found, wanted, rewrap)
    return on, changed_rules(found, on)


def load_any_filter(path: str) -> Any:
    """Return what a state file holds: an alert filter, or rules around one.

    Raises
    ------
    DataError
        If the file is damaged, cannot be read or holds anything else.
    """
    from clipsgd_river._state.saveable import Saveable
    from clipsgd_river.alerts import rules as _rules
    from clipsgd_river.alerts._filter import AlertFilter

    # Its parts are known by name once they are imported.
    _ = _rules, make_detector(STAND_IN, None, frozenset({AUTO}))
    try:
        found: Any = Saveable.load(path)
    except OSError as error:
        raise DataError(f"cannot read the state file {path}: {error.strerror}") from None
    except (ImportError, ValueError) as error:
        raise DataError(f"the state file {path} is unusable: {error}") from None
    if not isinstance(found, AlertFilter):
        raise DataError(
            f"the state file {path} is unusable: it holds a {type(found).__name__}, without a "
            "filter of alerts"
        )
    return found


def keeper_of(model: Any) -> Any:
    """Return what writes the state of a detector, a filter or a pipeline."""
    from clipsgd_river._state.saveable import Saveable
    from clipsgd_river._state.wrapper import SaveablePipeline

    return model if isinstance(model, Saveable) else SaveablePipeline(model)


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
