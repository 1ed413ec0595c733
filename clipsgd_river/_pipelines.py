"""River pipelines: the detector at their end, what reaches it, what transformers say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from river import compose
from sklearn.utils.metaestimators import available_if

Method = TypeVar("Method", bound=Callable[..., Any])


def transformed(detector: Any, x: Any) -> tuple[Any, Any]:
    """The detector at the end of a pipeline, and the event as it arrives there.

    Any other detector, and its event, come back as they are.
    """
    while isinstance(detector, compose.Pipeline):
        x, detector = detector._transform_one(x)
    return detector, x


def model_of(detector: Any, x: Any) -> tuple[Any, Any]:
    """As `transformed`, and of a detector that has a model for each key, the model of this key."""
    detector, x = transformed(detector, x)
    while hasattr(detector, "model_one"):
        detector, x = transformed(*detector.model_one(x))
    return detector, x


def feature_descriptions(step: Any, x: Any) -> dict[Any, tuple[Any, ...]]:
    """What transformers in a pipeline say of the features they make of an event.

    A transformer that replaces values by other numbers may have a method ``describe_one(x)`` that
    gives, for features by name, the value as it was and in words how usual that is. Of a number on
    another scale it gives the words on whose it is, and what takes numbers back from that scale:
    what is usual is then said as the detector has it. Of a detector that describes numbers, too,
    only what it says of categories counts: they are so replaced.
    """
    found: dict[Any, tuple[Any, ...]] = {}
    if isinstance(step, compose.Pipeline):
        for part in step.steps.values():
            found.update(feature_descriptions(part, x))
            if hasattr(part, "transform_one"):
                x = part.transform_one(x)
    elif isinstance(step, compose.TransformerUnion):
        for part in step.transformers.values():
            found.update(feature_descriptions(part, x))
    elif hasattr(step, "model_one"):
        found.update(feature_descriptions(*step.model_one(x)))
    elif hasattr(step, "describe_categories_one"):
        found.update(step.describe_categories_one(x))
    elif hasattr(step, "describe_one"):
        found.update(step.describe_one(x))
    return found


def in_numbers(detector: Any, x: Any) -> Any:
    """An event as numbers: for a detector that takes categories, their bits in their place."""
    detector, x = model_of(detector, x)
    return detector.encode_one(x) if getattr(detector, "takes_categories", False) else x


def last_step(detector: Any) -> Any:
    """The detector at the end of a pipeline, or the detector itself."""
    while isinstance(detector, compose.Pipeline):
        detector = list(detector.steps.values())[-1]
    return detector


def takes_times(detector: Any) -> bool:
    """Whether a detector, or a step of a pipeline, wants to know when an event was."""
    return any(getattr(step, "takes_times", False) for step in all_steps(detector))


def all_steps(detector: Any) -> Iterator[Any]:
    """The steps of a pipeline, those of pipelines and unions in it too, or the detector itself."""
    if isinstance(detector, compose.Pipeline | compose.TransformerUnion):
        parts = detector.steps if isinstance(detector, compose.Pipeline) else detector.transformers
        for step in parts.values():
            yield from all_steps(step)
    else:
        yield detector


def available_if_has(method: str, part: str = "anomaly_detector") -> Callable[[Method], Method]:
    """Condition that a part, or the last step of a pipeline that is one, has a method."""

    def has(self: Any) -> bool:
        return hasattr(last_step(getattr(self, part)), method)

    available: Callable[[Method], Method] = available_if(has)
    return available
