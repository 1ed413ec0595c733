"""The public parts that are no detectors, in the shape the checks of detectors ask for.

A statistic, a scaler, a linear model or an optimizer becomes an object that learns events and has
a score for each: its answer, squashed to [0, 1). So the promises that detectors keep are checked
on every part by the same code, found by discovery.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Mapping
from functools import cache
from math import fsum
from typing import Any, ClassVar, Self

import numpy as np
import sklearn.base
from cells import as_text, is_number, names_of, plain
from river import base, stats
from river import optim as river_optim
from river import proba as river_proba

from clipsgd_river import (
    checks,
    drift,
    feature_extraction,
    linear_model,
    optim,
    preprocessing,
    proba,
    time_series,
)
from clipsgd_river import stats as our_stats
from clipsgd_river._state.saveable import Saveable
from clipsgd_river.time_series import ClippedForecaster

HIGHEST = float(np.nextafter(1.0, 0.0))


def squashed(answer: float) -> float:
    """An answer from the whole line in [0, 1): 0 for 0, else 1/8 to 7/8 and beyond."""
    if answer == 0.0:
        return 0.0
    return min(max(0.5 + 0.5 * answer / (1.0 + abs(answer)), 1e-300), HIGHEST)


class Part:
    """A part as a detector; a subclass says how it learns and what it answers."""

    #: Modules of `clipsgd_river.checks` whose promises make sense for it.
    modules: ClassVar[frozenset[str]]
    #: Checks of these modules that do not, and why.
    senseless: ClassVar[dict[str, str]] = {}
    kind: ClassVar[type[Any]]

    def __init__(self, part: Any) -> None:
        self.part = part
        self.warm_up = getattr(part, "warm_up", 0)

    def clone(self, new_params: Any = None, include_attributes: bool = False) -> Any:
        return as_detector(self.part.clone(new_params, include_attributes))

    def __sklearn_clone__(self) -> Any:
        return as_detector(sklearn.base.clone(self.part))

    def numbers(self, x: Any) -> list[float]:
        """Whatever it says, for an event where it needs one; as it says it."""
        raise NotImplementedError

    def to_bytes(self) -> bytes:
        data: bytes = self.part.to_bytes()
        return data

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        return cls(cls.kind.from_bytes(data))

    def save(self, path: str | os.PathLike[str]) -> None:
        self.part.save(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        return cls(cls.kind.load(path))

    def __reduce__(self) -> tuple[Any, ...]:
        return as_detector, (self.part,)

    def __repr__(self) -> str:
        params = self.part._get_params().items()
        return f"{self.kind.__name__}({', '.join(f'{name}={value!r}' for name, value in params)})"


class Tabular(Part):
    """A part with features, rows and scikit-learn's face."""

    modules = frozenset({"scoring", "values", "features", "batches", "copies", "state_files"})

    def __init__(self, part: Any) -> None:
        super().__init__(part)
        self.max_features = part.max_features

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        params: dict[str, Any] = self.part.get_params(deep)
        return params

    def set_params(self, **params: Any) -> Self:
        self.part.set_params(**params)
        return self

    @property
    def n_samples_seen_(self) -> int:
        seen: int = self.part.n_samples_seen_
        return seen

    @property
    def ready(self) -> bool:
        ready: bool = self.part.ready
        return ready

    def score_learn_one(self, x: Any) -> float:
        score: float = self.score_one(x)
        self.learn_one(x)
        return score

    def score_one(self, x: Any) -> float:
        raise NotImplementedError

    def learn_one(self, x: Any) -> None:
        raise NotImplementedError

    def score_many(self, X: Any) -> Any:
        raise NotImplementedError

    def learn_many(self, X: Any) -> None:
        raise NotImplementedError


class Scaler(Tabular):
    """How far off an event is in all, in units of the scales."""

    def learn_one(self, x: Any) -> None:
        self.part.learn_one(x)

    def learn_many(self, X: Any) -> None:
        self.part.learn_many(X)

    def partial_fit(self, X: Any) -> Self:
        self.part.partial_fit(X)
        return self

    def score_one(self, x: Any) -> float:
        middle = 0.5 if self.part.squash else 0.0
        return squashed(fsum(abs(z - middle) for z in self.part.transform_one(x).values()))

    def numbers(self, x: Any) -> list[float]:
        return list(self.part.transform_one(x).values())

    def score_many(self, X: Any) -> Any:
        middle = 0.5 if self.part.squash else 0.0
        rows = np.asarray(self.part.transform_many(X)).tolist()
        return np.array([squashed(fsum(abs(z - middle) for z in row)) for row in rows])


class Encoder(Tabular):
    """How surprising an event is in all, its numbers rounded and turned into text."""

    senseless: ClassVar[dict[str, str]] = {
        "check_far_events_score_above_near_ones": "categories are not near or far",
        "check_ready_tells_when_the_warm_up_is_over": "it has none",
        "check_other_types_are_refused": "text is a category",
    }

    def categories(self, x: Any) -> Any:
        if not isinstance(x, Mapping):
            return x
        return {name: as_text(v) if is_number(v) else v for name, v in x.items()}

    def table(self, X: Any) -> Any:
        table = X if hasattr(X, "shape") else np.asarray(X, dtype=object)
        if names_of(table) or len(table.shape) != 2:
            return table
        return np.array([[as_text(v) for v in row] for row in plain(table)], dtype=object)

    def learn_many(self, X: Any) -> None:
        self.part.learn_many(self.table(X))

    def partial_fit(self, X: Any) -> Self:
        self.part.partial_fit(self.table(X))
        return self

    def score_many(self, X: Any) -> Any:
        rows = np.asarray(self.part.transform_many(self.table(X))).tolist()
        return np.array([squashed(fsum(filter(is_number, row))) for row in rows])

    def learn_one(self, x: Any) -> None:
        self.part.learn_one(self.categories(x))

    def score_one(self, x: Any) -> float:
        return squashed(fsum(self.numbers(x)))

    def numbers(self, x: Any) -> list[float]:
        encoded = self.part.transform_one(self.categories(x)).values()
        return [bits for bits in encoded if is_number(bits)]


class Activity(Part):
    """What the key of an event did lately, in all."""

    modules = frozenset({"copies", "state_files"})

    def learn_one(self, x: Any) -> None:
        self.part.learn_one({self.part.timestamp: None, **x})

    def numbers(self, x: Any) -> list[float]:
        return list(self.part.transform_one({self.part.timestamp: None, **x}).values())

    def score_one(self, x: Any) -> float:
        return squashed(fsum(self.numbers(x)))


class Model(Tabular):
    """What a linear model predicts, its target being the largest value of an event."""

    senseless: ClassVar[dict[str, str]] = {
        "check_empty_event": "a prediction is no distance",
        "check_extremes_leave_everything_finite": "a prediction is no distance",
        "check_far_events_score_above_near_ones": "a prediction is no distance",
        "check_score_is_zero_before_learning": "a prediction is no distance",
        "check_new_features_start_when_they_come": "a target that ignores a feature teaches none",
    }

    def learn_one(self, x: Any) -> None:
        self.part.learn_one(x, self.target(x.values() if isinstance(x, Mapping) else ()))

    def learn_many(self, X: Any) -> None:
        self.part.learn_many(X, self.targets(X))

    def partial_fit(self, X: Any) -> Self:
        self.part.partial_fit(X, self.targets(X))
        return self

    def target(self, values: Any) -> float:
        """Largest number among the values, in any order and of any type."""
        numbers = [float(np.clip(v, -50.0, 50.0)) for v in values if is_number(v)]
        return max(numbers, default=0.0)

    def targets(self, X: Any) -> list[float]:
        table = X if hasattr(X, "shape") else np.asarray(X, dtype=object)
        if len(table.shape) != 2:
            return []
        columns = [table[name] for name in names] if (names := names_of(table)) else table.T
        return [self.target(row) for row in zip(*map(plain, columns), strict=True)]


class Regressor(Model):
    def numbers(self, x: Any) -> list[float]:
        return [self.part.predict_one(x), *self.part.coefficients.values()]

    def score_one(self, x: Any) -> float:
        return squashed(self.part.predict_one(x))

    def score_many(self, X: Any) -> Any:
        return np.array([squashed(found) for found in plain(self.part.predict_many(X))])


class Classifier(Model):
    boundaries: tuple[float, ...] = (0.0,)

    def target(self, values: Any) -> float:
        return float(np.digitize(super().target(values), self.boundaries))

    def numbers(self, x: Any) -> list[float]:
        return list(self.part.predict_proba_one(x).values())

    def score_one(self, x: Any) -> float:
        return squashed(self.part.predict_proba_one(x).get(1.0, 0.0))

    def score_many(self, X: Any) -> Any:
        shares = np.asarray(self.part.predict_proba_many(X))
        at = list(self.part.predict_proba_one({})).index(1.0)
        return np.array([squashed(share) for share in shares[:, at].tolist()])


class Statistic(Part):
    """What a statistic of the second feature says, whatever event is asked about."""

    modules = frozenset({"copies", "state_files", "values", "batches"})
    senseless: ClassVar[dict[str, str]] = {
        "check_extremes_leave_everything_finite": "an estimate is no distance of an event",
        "check_other_types_are_refused": "a value has no name",
    }

    def learn_one(self, x: Any) -> None:
        self.part.update(x.get(1))

    def learn_many(self, X: Any) -> None:
        self.part.update_many(X[:, 1])

    def numbers(self, x: Any) -> list[float]:
        radius = getattr(self.part, "radius", None)
        found = self.part.get()
        numbers = [] if found is None else [found]
        return [*numbers, radius(0.9), radius(sigma=2.0)] if radius else numbers

    def score_one(self, x: Any) -> float:
        return squashed(self.part.get() or 0.0)


class Distribution(Part):
    """Probability below the second feature."""

    modules = frozenset({"copies", "state_files", "values", "batches"})
    senseless: ClassVar[dict[str, str]] = {
        "check_extremes_leave_everything_finite": "a probability is no distance of an event",
        "check_other_types_are_refused": "a value has no name",
    }

    def learn_one(self, x: Any) -> None:
        self.part.update(x.get(1))

    def learn_many(self, X: Any) -> None:
        self.part.update_many(X[:, 1])

    def numbers(self, x: Any) -> list[float]:
        asked = [-1e6, -2.0, 0.3, 9.0]
        levels = [1e-9, 1e-3, 0.3, 0.999]
        return [
            *(ask(value) for ask in (self.part, self.part.cdf, self.part.sf) for value in asked),
            *(ask(level) for ask in (self.part.ppf, self.part.isf) for level in levels),
            self.part.mode,
        ]

    def score_one(self, x: Any) -> float:
        found = self.part.cdf(x.get(1))
        return min(found, HIGHEST) if found == found else 0.0


class Forecast(Part):
    """What a forecaster of the second feature expects, whatever event is asked about."""

    modules = frozenset({"copies", "state_files", "values"})
    senseless: ClassVar[dict[str, str]] = {
        "check_extremes_leave_everything_finite": "a forecast is no distance of an event",
        "check_other_types_are_refused": "a value has no name",
    }

    def learn_one(self, x: Any) -> None:
        self.part.learn_one(x.get(1))

    def numbers(self, x: Any) -> list[float]:
        return [number for band in self.part.forecast_bands(70) for number in band]

    def score_one(self, x: Any) -> float:
        return squashed(self.part.forecast(1)[0])


class VectorStatistic(Part):
    """How far an event is from a mean of all features, in all."""

    modules = frozenset({"copies", "state_files", "values", "features", "batches"})
    senseless: ClassVar[dict[str, str]] = {
        "check_extremes_count_as_the_largest_finite_value": "an estimate is no distance",
        "check_extremes_leave_everything_finite": "an estimate is no distance",
        "check_other_types_are_refused": "it says nothing of an event",
    }

    def __init__(self, part: Any) -> None:
        super().__init__(part)
        self.max_features = part.max_features

    def learn_one(self, x: Any) -> None:
        self.part.update(x)

    def learn_many(self, X: Any) -> None:
        self.part.update_many(X)

    def numbers(self, x: Any) -> list[float]:
        return list(self.part.get().values())

    def score_one(self, x: Any) -> float:
        mean = self.part.get()
        known = [name for name in x if is_number(x[name]) and name in mean]
        return squashed(fsum(abs(np.clip(float(x[k]), -1e150, 1e150) - mean[k]) for k in known))


class Optimizer(Part):
    """How far an optimizer would move weights for an event as the gradient."""

    modules = frozenset({"copies", "state_files"})

    def learn_one(self, x: Any) -> None:
        self.part.step(dict.fromkeys(x, 0.0), x)

    def numbers(self, x: Any) -> list[float]:
        moved = self.part.clone(include_attributes=True).step(dict.fromkeys(x, 0.0), x)
        return list(moved.values())

    def score_one(self, x: Any) -> float:
        return squashed(fsum(map(abs, self.numbers(x))))


class ChangePoints(Part):
    """Where the means of the features are, and whether and when they changed."""

    modules = frozenset({"copies", "state_files"})

    def learn_one(self, x: Any) -> None:
        self.part.update(x)

    def learn_many(self, X: Any) -> None:
        self.part.update_many(X)

    def means(self) -> list[float]:
        means = self.part.estimate
        return list(means.values()) if isinstance(means, dict) else np.ravel(means).tolist()

    def numbers(self, x: Any) -> list[float]:
        change = self.part.change_point
        found = [self.part.drift_detected, self.part.warning_detected, self.part.n_detections]
        return [*found, -1.0 if change is None else change, *self.means()]

    def score_one(self, x: Any) -> float:
        return squashed(fsum(self.means()))


KINDS: dict[type[Any], type[Part]] = {
    ClippedForecaster: Forecast,
    stats.base.Univariate: Statistic,
    our_stats.ClippedVectorMean: VectorStatistic,
    preprocessing.SurprisalEncoder: Encoder,
    feature_extraction.KeyActivity: Activity,
    base.Transformer: Scaler,
    base.Regressor: Regressor,
    base.Classifier: Classifier,
    river_optim.base.Optimizer: Optimizer,
    river_proba.base.Distribution: Distribution,
    base.DriftDetector: ChangePoints,
}


@cache
def shape_of(kind: type[Any]) -> type[Part]:
    """The class of its own that a kind of part has as a detector."""
    shape = next(found for known, found in KINDS.items() if issubclass(kind, known))
    return type(kind.__name__, (shape,), {"kind": kind})


def as_detector(part: Any) -> Part:
    """A part as a detector."""
    return shape_of(type(part))(part)


def discover_parts() -> Iterator[Part]:
    """Yield every public part whose state can be kept, one for each set of parameters it names."""
    rooms = (our_stats, preprocessing, feature_extraction, linear_model, optim, proba, drift)
    for room in (*rooms, time_series):
        for name in room.__all__:
            cls = getattr(room, name)
            if inspect.isclass(cls) and issubclass(cls, Saveable) and not is_base(cls):
                for params in cls._unit_test_params():  # type: ignore[attr-defined]  # River's
                    yield as_detector(cls(**params))


def is_base(cls: type[Any]) -> bool:
    """Whether a class is there to be inherited from only: others of ours do."""
    return any(child.__module__.startswith("clipsgd_river.") for child in cls.__subclasses__())


def checks_of(part: Part) -> Iterator[Any]:
    """Yield the checks that make sense for a part."""
    for check in checks.yield_checks(part):
        room = check.__module__.rpartition(".")[2]
        if room in part.modules and check.__name__ not in part.senseless:
            yield check
