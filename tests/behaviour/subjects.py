"""What the recorder makes of every public class: objects with varied parameters, or values.

Classes are looked up by name in all public subpackages, so that a class may move from one to
another and is still compared with itself.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

from river import anomaly as river_anomaly
from river import linear_model as river_linear_model
from river import preprocessing as river_preprocessing
from river import time_series
from river.optim import schedulers
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import SGDOneClassSVM

import clipsgd_river

#: Subpackages with nothing that estimates or judges.
SKIPPED = {"checks", "cli", "plot"}
# What a parameter of this name is varied over, one at a time and then together.
CHOICES: dict[str, list[Any]] = {
    "learning_rate": ["doubling", 0.1, 0.7, schedulers.InverseScaling(0.5), "averaging"],
    "clip": ["growing", "auto", 2.0, None],
    "warm_up": [1, 9],
    "q": [0.05, 0.9, 0.999],
    "squash": [True],
    "shapes": [True],
    "once_per_window": [False],
    "values": [{1: [0.0, 7.0]}],
    "radius": [0.5],
    "label_noise": [0.0, 0.2],
    "tail": [0.1, 0.25],
    "bins": [2, 9],
    "delta": [0.5],
    "sigma": [1.0],
    "alert_rate": [0.5, 0.03],
    "side": ["below"],
    "duration": [3.0],
    "relative": [0.2],
    "inside": ["mute"],
    "lr": [0.1, schedulers.InverseScaling(0.5)],
}
# Further ones that only the recorder has time for.
MORE_CHOICES: dict[str, list[Any]] = {
    "contamination": [0.2],
    "seed": [7],
    "nu": [0.1],
    "kernel": ["linear"],
    "n_components": [3],
    "transformations": [3],
    "expected_run_length": [500.0],
    "protect_anomaly_detector": [True],
    "extend": [True],
    "share": [0.5],
    "watch": ["distance"],
    "window_size": [16],
    "absolute": [{"load": 3.0, 0: 1.0}],
    "threshold": [0.3],
}
# Limits, each by itself: what goes beyond is refused or forgotten.
LIMITS: dict[str, int] = {"max_features": 2, "max_classes": 2, "max_values": 5, "max_keys": 1}
#: Streams for variants of parameters, and for objects around others.
VARIED = ("drift 3", "bursts 3", "extremes 4", "gaps")
KEPT_IN_QUICK = ("mahalanobis", "labels", "river pipeline")
WRAPPED = ("bursts 3", "gaps", "types")


@dataclass(frozen=True)
class Subject:
    """A way to make an object of a class.

    Parameters
    ----------
    label
        What a difference is reported by.
    make
        Makes a new object, or an iterator of values if there is nothing to learn.
    streams
        Names of the streams that it is shown; ``None``: all of them.
    """

    label: str
    make: Callable[[], Any]
    streams: tuple[str, ...] | None = None


def public_classes() -> dict[str, type[Any]]:
    """Every public class by its name."""
    found: dict[str, type[Any]] = {}

    def visit(package: ModuleType) -> None:
        for name in getattr(package, "__all__", ()):
            if inspect.isclass(getattr(package, name, None)):
                found.setdefault(name, getattr(package, name))
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            last = info.name.rpartition(".")[2]
            if info.ispkg and not last.startswith("_") and last not in SKIPPED:
                visit(importlib.import_module(info.name))

    visit(clipsgd_river)
    return dict(sorted(found.items()))


def is_base(cls: type[Any]) -> bool:
    """Whether a class is there for inheritance only: without parameters, with heirs of ours."""
    children = [c for c in cls.__subclasses__() if c.__module__.startswith("clipsgd_river.")]
    return bool(children) and not inspect.signature(cls).parameters


def variants(
    cls: type[Any], choices: dict[str, list[Any]] = CHOICES
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Sets of parameters, named: the defaults, each choice alone, and the choices side by side."""
    known = inspect.signature(cls).parameters
    choices = {name: values for name, values in choices.items() if name in known}
    yield "defaults", {}
    for name, values in choices.items():
        yield from ((f"{name} {i}", {name: value}) for i, value in enumerate(values))
    together = zip(*choices.values(), strict=False)
    for i, values_of in enumerate(together):
        yield f"together {i}", dict(zip(choices, values_of, strict=True))


def subjects_of(name: str, cls: type[Any], public: Any, quick: bool) -> Iterator[Subject]:
    """Every object of a class that is to be recorded.

    Parameters
    ----------
    name, cls
        The class.
    public
        All public classes as attributes.
    quick
        Fewer variants, and fewer random features.
    """
    if is_base(cls):
        return
    yield from special(name, public, quick)
    if not hasattr(cls, "_unit_test_params"):
        return
    choices = CHOICES | MORE_CHOICES
    if quick:
        choices = {key: values[:1] for key, values in choices.items()}
    # What wraps scikit-learn's models is as slow as they are.
    slow = name == "SKL2RiverAnomalyDetector"
    varied_on = ("bursts 3",) if slow else VARIED
    for i, given in enumerate(cls._unit_test_params()):
        given = dict(given)
        if quick and "n_components" in inspect.signature(cls).parameters:
            given.setdefault("n_components", 12)
        for label, varied in variants(cls, choices):
            if quick and not label.startswith(("defaults", "together")):
                continue
            yield Subject(
                f"unit {i} {label}",
                lambda params=given | varied: fresh(cls, params),  # type: ignore[misc]
                None if label == "defaults" and not slow else varied_on,
            )
        for limit in filter(inspect.signature(cls).parameters.__contains__, LIMITS):
            yield Subject(
                f"unit {i} {limit}",
                lambda params=given | {limit: LIMITS[limit]}: fresh(cls, params),  # type: ignore[misc]
                ("gaps", "categories"),
            )


def fresh(cls: type[Any], params: dict[str, Any]) -> Any:
    """An object around copies, so that no two share a detector."""
    return cls(**{k: v.clone() if hasattr(v, "clone") else v for k, v in params.items()})


def special(name: str, public: Any, quick: bool) -> Iterable[Subject]:
    """Objects of a class beyond what its parameters say."""
    if name in ("AlertBudget", "TailFilter"):
        return filters(name, public, quick)
    return SPECIAL[name](public) if name in SPECIAL else ()


def detectors(p: Any) -> dict[str, Callable[[], Any]]:
    """What a filter or a bridge may go around."""
    return {
        "mahalanobis": lambda: p.ClippedMahalanobis(warm_up=5),
        "subspace": lambda: p.ClippedSubspace(n_components=2),
        "ensemble": lambda: p.ClippedEnsemble(),
        "trees": lambda: river_anomaly.HalfSpaceTrees(n_trees=3, height=4, seed=1),
        "river pipeline": lambda: (
            river_preprocessing.StandardScaler() | river_anomaly.HalfSpaceTrees(n_trees=3, seed=1)
        ),
        "own pipeline": lambda: p.ClippedScaler() | p.ClippedZScore(),
        "categories": lambda: p.SurprisalEncoder(given={"country": "user"}) | p.ClippedZScore(),
        "change aware": lambda: p.ChangeAwareDetector(p.ClippedZScore()),
        "fitness": lambda: p.FITNESS(p.ClippedZScore(), window_size=32, n_similar=4),
        "labels": lambda: p.LabelDetector(),
        "residuals": lambda: p.ResidualDetector(),
        "scikit-learn": lambda: p.SKL2RiverAnomalyDetector(SGDOneClassSVM(random_state=0)),
    }


def filters(name: str, p: Any, quick: bool) -> Iterator[Subject]:
    """A filter around detectors of every kind, and with times."""
    cls = getattr(p, name)
    params: dict[str, Any] = {"alert_rate": 0.05}
    if name == "TailFilter":
        params = {"q": 0.02, "tail": 0.1, "warm_up": 20}
    yield Subject("often", lambda: cls(p.ClippedZScore(), **params))
    for label, make in detectors(p).items():
        shown = ("categories",) if label == "categories" else WRAPPED
        for protect in (False,) if quick and label not in KEPT_IN_QUICK else (False, True):
            yield Subject(
                f"{label}{' protected' if protect else ''}",
                lambda make=make, protect=protect: cls(  # type: ignore[misc]
                    make(), **params, protect_anomaly_detector=protect
                ),
                shown,
            )
    if name == "AlertBudget":
        for label, time in {
            "a day": {"alerts_per": (9, "day"), "time": "when"},
            "an hour": {"alerts_per": (4, "hour"), "time": "when"},
            "timed": {"alert_rate": 0.1, "time": "when"},
        }.items():
            yield Subject(
                label,
                lambda time=time: cls(p.ClippedZScore(warm_up=5), **time),  # type: ignore[misc]
                ("clock",),
            )


def rules(name: str, *variants: dict[str, Any]) -> Callable[[Any], Iterator[Subject]]:
    """A rule around both filters and around another rule."""

    def subjects(p: Any) -> Iterator[Subject]:
        cls = getattr(p, name)
        inner: dict[str, Callable[[], Any]] = {
            "budget": lambda: p.AlertBudget(p.ClippedZScore(warm_up=5), 0.1),
            "timed budget": lambda: p.AlertBudget(
                p.ClippedZScore(warm_up=5), alerts_per=(20, "day"), time="when"
            ),
            "tail": lambda: p.TailFilter(p.ClippedZScore(warm_up=5), 0.05, tail=0.2, warm_up=20),
            "rule": lambda: p.LeastDeviation(
                p.AlertBudget(p.ClippedMahalanobis(), 0.1), absolute=1
            ),
            "direction": lambda: p.Direction(
                p.AlertBudget(river_preprocessing.StandardScaler() | p.ClippedZScore(), 0.1)
            ),
            "labels": lambda: p.AlertBudget(p.LabelDetector(), 0.1),
        }
        for i, params in enumerate(variants):
            for label, make in inner.items():
                given = params(p) if callable(params) else params
                has_time = label == "timed budget" or "time" in given
                yield Subject(
                    f"{label} {i}",
                    lambda make=make, given=given: cls(make(), **given),  # type: ignore[misc]
                    ("clock",) if has_time else WRAPPED,
                )

    return subjects


def _calendar(p: Any) -> Any:
    return p.Calendar(
        {
            "night": p.Daily("22:00", "02:00"),
            "weekend": [p.Weekly("friday 18:00", "sunday"), p.Monthly(-1, 1)],
            "clocks": p.NthWeekday(-1, "sunday", month=3),
        },
        time_zone="Europe/Berlin",
    )


def _forecasts(p: Any) -> Iterator[Subject]:
    yield Subject(
        "forecaster",
        lambda: p.ResidualDetector(time_series.SNARIMAX(p=1, d=0, q=0, m=4, sp=1)),
        VARIED,
    )
    yield Subject(
        "robust",
        lambda: p.ResidualDetector(river_linear_model.LinearRegression(), p.ClippedMahalanobis()),
        VARIED,
    )


def _bridges(p: Any) -> Iterator[Subject]:
    for label, make in detectors(p).items():
        yield Subject(
            label,
            lambda make=make: p.River2SKLOutlierDetector(make(), 0.1),  # type: ignore[misc]
            ("gaussian 3", "bursts 3", "gaps", "extremes 4"),
        )
    yield Subject(
        "filter", lambda: p.River2SKLOutlierDetector(p.AlertBudget(p.ClippedZScore(), 0.1)), VARIED
    )


def _foreign(p: Any) -> Iterator[Subject]:
    yield Subject(
        "forest",
        lambda: p.SKL2RiverAnomalyDetector(
            IsolationForest(n_estimators=3, random_state=0), window_size=32, learn_every=20
        ),
        ("bursts 3", "gaps"),
    )
    yield Subject(
        "incremental", lambda: p.SKL2RiverAnomalyDetector(SGDOneClassSVM(random_state=0)), VARIED
    )


def _aware(p: Any) -> Iterator[Subject]:
    yield Subject(
        "doubling",
        lambda: p.ChangeAwareDetector(p.ClippedZScore(learning_rate="doubling")),
        ("jump 3", "drift 3", "gaussian 10", "vanishing"),
    )


def _images(p: Any) -> Iterator[Subject]:
    for kind in ("shifts", "rotations", ("identity", "transpose", (1, -1))):
        for features in ("fourier", "raw"):
            yield Subject(
                f"images {kind} {features}",
                lambda kind=kind, features=features: p.TransformationDetector(  # type: ignore[misc]
                    transformations=kind, image_shape=(2, 2), features=features, n_components=12
                ),
                ("extremes 4", "constants 4", "gaps"),
            )


def _ensembles(p: Any) -> Iterator[Subject]:
    yield Subject("128 components", lambda: p.ClippedEnsemble(), ("jump 3", "wide 150"))
    yield Subject(
        "chosen",
        lambda: p.ClippedEnsemble(
            detectors=[p.ClippedSubspace(), p.ClippedOneClassSVM(n_components=9)], warm_up=5
        ),
        VARIED,
    )


def _encoders(p: Any) -> Iterator[Subject]:
    for i, params in enumerate(
        (
            {"learning_rate": 0.1},
            {"max_values": 5, "given": {"country": "user"}},
            {"features": ["country", "user"], "learning_rate": 0.02, "max_values": 9},
        )
    ):
        yield Subject(
            f"texts {i}",
            lambda params=params: p.SurprisalEncoder(**params),  # type: ignore[misc]
            ("categories", "refused", "vanishing"),
        )


SPECIAL: dict[str, Callable[[Any], Iterable[Subject]]] = {
    "ChangeAwareDetector": _aware,
    "ClippedEnsemble": _ensembles,
    "Direction": rules("Direction", {"side": "below"}, {"side": {0: "above", "load": "below"}}),
    "LeastDeviation": rules(
        "LeastDeviation", {"absolute": 2.0}, {"absolute": {0: 3.0, "load": 20.0}, "relative": 0.1}
    ),
    "ResidualDetector": _forecasts,
    "River2SKLOutlierDetector": _bridges,
    "SKL2RiverAnomalyDetector": _foreign,
    "SurprisalEncoder": _encoders,
    "SpecialEvents": rules(
        "SpecialEvents",
        {"share": 0.5},
        lambda p: {"calendar": _calendar(p), "time": "when"},  # type: ignore[arg-type]
        lambda p: {"calendar": _calendar(p), "time": "when", "inside": "mute"},  # type: ignore[arg-type]
    ),
    "TransformationDetector": _images,
}


def namespace(classes: dict[str, type[Any]]) -> Any:
    """Classes as attributes."""
    return SimpleNamespace(**classes)
