"""Record what every public class says, for `compare_commits.py`.

Run as ``python tests/behaviour/record.py OUT [--quick] [--only NAME]``. Imports public names only:
it must run against any commit.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import inspect
import pickle
import random
import sys
import time
import warnings
from array import array
from collections.abc import Callable, Mapping
from functools import cache
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
from river import base, stats

# The environment says that no folder is to be searched of itself.
sys.path.insert(0, str(Path(__file__).parents[1]))

from behaviour.streams import Event, Stream, streams
from behaviour.subjects import Subject, namespace, public_classes, subjects_of
from behaviour.values import VALUES

import clipsgd_river

#: Step, what was said with an f for each number, and the bits of these.
Answer = tuple[int, str, bytes]

# What is asked of an object before it learns an event: before each one, and before one in EVERY.
OF_EVENTS = ("score_one", "distance_one", "transform_one", "predict_one")
NOW_AND_THEN = (
    "explain_one",
    "expect_one",
    "member_distances_one",
    "similar",
    "describe_one",
    "predict_proba_one",
    "tail_probability",
    "special_event",
)
WITHOUT_EVENT = ("get", "expect_one", "episodes", "folded", "radius")
OF_NUMBERS = ("cdf", "sf", "tail_probability", "__call__")
OF_LEVELS = ("ppf", "isf")
EVERY = 13
#: Ways to learn an event, each on an object of its own.
LEARN = ("learn_one", "score_learn_one", "alert_one", "update", "step")
#: Ways to take rows: sequences of methods, of the first half, the second, or all.
BATCHES: dict[str, list[tuple[str, str]]] = {
    "learned": [
        ("learn_many", "first"),
        ("score_many", "all"),
        ("predict_many", "all"),
        ("predict_proba_many", "all"),
        ("transform_many", "all"),
        ("score_learn_many", "second"),
        ("update_many", "first"),
        ("get_update_many", "second"),
    ],
    "judged": [("classify_learn_many", "all")],
    "fitted": [
        ("fit", "first"),
        ("predict", "all"),
        ("decision_function", "all"),
        ("score_samples", "all"),
        ("predict_proba", "all"),
        ("transform", "all"),
        ("get_feature_names_out", "none"),
        ("partial_fit", "second"),
        ("predict", "all"),
        ("decision_function", "all"),
        ("transform", "all"),
    ],
    "fitted at once": [("fit_predict", "all"), ("fit_transform", "all")],
}
#: Where the object that is given a target may be.
INNER = ("anomaly_filter", "anomaly_detector", "_model")
WITH_TARGETS = {"fit", "partial_fit", "learn_many", "score_learn_many", "score_many"}


def flatten(value: Any, numbers: array[float]) -> str:
    """Text of a value with an f for each float, whose bits are added to the numbers."""
    if isinstance(value, float | np.floating):
        number = float(value)
        # The sign of NaN says nothing.
        numbers.append(number if number == number else nan)
        return "f"
    if value is None or isinstance(value, bool | int | str | bytes | complex):
        return repr(value)
    if isinstance(value, np.bool_ | np.integer):
        return repr(value.item())
    if isinstance(value, Mapping):
        inner = ",".join(f"{key!r}:{flatten(each, numbers)}" for key, each in value.items())
        return f"{{{inner}}}"
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f":
            found = np.ascontiguousarray(value, dtype=np.float64)
            numbers.frombytes(np.where(np.isnan(found), nan, found).tobytes())
            return f"{value.dtype}{value.shape}"
        return f"{value.dtype}{value.shape}{flatten(value.tolist(), numbers)}"
    if isinstance(value, list | tuple):
        return f"[{','.join(flatten(each, numbers) for each in value)}]"
    if hasattr(value, "to_dict") and hasattr(value, "sentence"):
        return f"Alert{flatten(value.to_dict(), numbers)}"
    for method in ("to_numpy", "to_pylist"):
        if hasattr(value, method):
            names = [str(name) for name in getattr(value, "columns", [])]
            inner = flatten(getattr(value, method)(), numbers)
            return f"{type(value).__name__}{names if method == 'to_numpy' else ''}{inner}"
    if type(value).__module__ in ("datetime", "decimal", "fractions"):
        return repr(value)
    return f"<{type(value).__name__}>"


class Log:
    """What the objects of one class said, by place, quantity and step."""

    def __init__(self) -> None:
        self.places: dict[str, dict[str, list[Answer]]] = {}
        self.here: dict[str, list[Answer]] = {}

    def enter(self, place: str) -> None:
        """Record under this place from now on; whatever draws at random begins anew."""
        self.here = self.places.setdefault(place, {})
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 (what River's and scikit-learn's objects fall back on)

    def note(self, quantity: str, step: int, value: Any) -> None:
        """Record a value."""
        numbers = array("d")
        text = sys.intern(flatten(value, numbers))
        self.here.setdefault(quantity, []).append((step, text, numbers.tobytes()))

    def call(self, quantity: str, step: int, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function, record what it gives or which exception it raises, and return it."""
        try:
            found = function(*args)
            self.note(quantity, step, found)
        except Exception as error:
            self.note(quantity, step, f"raises {type(error).__name__}")
            return None
        return found


@cache
def properties(cls: type[Any]) -> list[str]:
    """Names of the public properties of a class."""
    names = [name for name in dir(cls) if not name.startswith("_")]
    return [name for name in names if isinstance(inspect.getattr_static(cls, name), property)]


def target_of(subject: Any, y: Any) -> Any:
    """The target as an object takes it: a class for a classifier, else a number."""
    while not isinstance(subject, base.Classifier):
        inner = [vars(subject)[name] for name in INNER if name in vars(subject)]
        if not inner or inner[0] is None:
            return y
        subject = inner[0]
    return y if y is None else int(y > 0.0) + int(y > 20.0)


def look(log: Log, subject: Any, i: int, x: Event, y: Any, *, closely: bool) -> None:
    """Record what an object says before it learns an event."""
    wants_target = hasattr(subject, "score_one") and getattr(subject, "_supervised", False)
    args = (dict(x), target_of(subject, y)) if wants_target else (dict(x),)
    for name in (*OF_EVENTS, *(NOW_AND_THEN if closely else ())):
        if hasattr(subject, name) and not hasattr(subject, "cdf"):
            known = args[:1] if name.startswith(("predict", "transform")) else args
            log.call(name, i, getattr(subject, name), *known)
    if closely or isinstance(subject, base.DriftDetector | stats.base.Statistic):
        attributes(log, subject, i)
    if hasattr(subject, "classify"):
        log.call("classify", i, lambda: subject.classify(subject.score_one(*args)))
    if closely and hasattr(subject, "cdf"):
        for name in (*OF_NUMBERS, *OF_LEVELS):
            levels = [1e-9, 1e-3, 0.3, 0.999] if name in OF_LEVELS else [-1e6, -2.0, 0.3, 9.0]
            log.call(name, i, lambda f, at: [f(v) for v in at], getattr(subject, name), levels)


def attributes(log: Log, subject: Any, i: int) -> None:
    """Record every public estimate of an object."""
    for name in properties(type(subject)):
        log.call(name, i, getattr, subject, name)
    for name in vars(subject):
        if name.endswith("_") and not name.startswith("_"):
            log.call(name, i, getattr, subject, name)
    for name in WITHOUT_EVENT:
        if hasattr(subject, name):
            log.call(f"{name}()", i, getattr(subject, name))


def learn(subject: Any, how: str, x: Event, y: Any, weights: dict[Any, float]) -> Any:
    """Let an object learn an event in some way, and return what it gives."""
    if how == "step":
        return subject.step(weights, dict(x))
    if how == "update":
        one = not isinstance(subject, base.DriftDetector) and "Vector" not in type(subject).__name__
        return subject.update(next(iter(x.values()), None) if one else dict(x))
    if how == "update number":
        return subject.update(next(iter(x.values()), None))
    args = (dict(x), target_of(subject, y)) if subject._supervised else (dict(x),)
    if how == "alert_one":
        return subject.alert_one(*args, key=f"key {len(x)}")
    return getattr(subject, how)(*args)


def copied(log: Log, subject: Any, i: int, way: int) -> Any:
    """The object after a round trip; as it is where that is refused."""
    name, copier = [
        ("deepcopy", copy.deepcopy),
        ("pickle", lambda s: pickle.loads(pickle.dumps(s))),
        ("bytes", lambda s: type(s).from_bytes(s.to_bytes())),
        ("clone with state", lambda s: s.clone(include_attributes=True)),
    ][way]
    found = log.call(name, i, copier, subject)
    return subject if found is None else found


def by_events(log: Log, subject: Subject, stream: Stream, how: str, first: bool) -> None:
    """One object learns a stream event by event, and is copied four times on the way."""
    log.enter(f"{subject.label}, {stream.name}, {how}")
    one = log.call("construct", 0, subject.make)
    weights = dict.fromkeys(stream.names, 0.0)
    count = len(stream.events)
    for i, (x, y) in enumerate(zip(stream.events, stream.targets, strict=True)):
        if i and i % (count // 5) == 0 and i // (count // 5) < 5:
            one = copied(log, one, i, i // (count // 5) - 1)
        if hasattr(one, "begin"):
            special_events(log, one, i, count)
        closely = i % EVERY == 0 or i == count - 1
        if first or closely:
            look(log, one, i, x, y, closely=closely)
        log.call(how, i, learn, one, how, x, y, weights)
        if how == "alert_one":
            log.call("n_alerts_", i, getattr, one, "n_alerts_")
    if first and hasattr(one, "clone"):
        anew = log.call("clone", count, one.clone)
        for i, (x, y) in enumerate(zip(stream.events[:40], stream.targets, strict=False)):
            log.call(f"{how} by a clone", i, learn, anew, how, x, y, weights)
        if anew is not None:
            look(log, anew, count, stream.events[-1], stream.targets[-1], closely=True)


def special_events(log: Log, one: Any, i: int, count: int) -> None:
    """Begin, end and announce windows."""
    if i == count // 2:
        log.call("begin", i, one.begin, "sale")
    if i == 3 * count // 4:
        log.call("end", i, one.end, "sale")
        log.call("announce", i, one.announce, 1.7e9, 1.9e9, "later")


def by_rows(log: Log, subject: Subject, stream: Stream, kind: str) -> None:
    """Objects take a stream as rows."""
    rows: dict[str, Any] = {"all": table_of(stream, kind)}
    half = len(stream.events) // 2
    rows["first"], rows["second"] = rows["all"][:half], rows["all"][half:]
    for name, methods in BATCHES.items():
        log.enter(f"{subject.label}, {stream.name}, {kind} {name}")
        try:
            one = subject.make()
        except Exception:
            return  # by_events has recorded it
        given = rows
        if kind == "array" and (isinstance(one, stats.base.Univariate) or hasattr(one, "cdf")):
            given = {part: table[:, 0] for part, table in rows.items()}
        methods = [(method, part) for method, part in methods if hasattr(one, method)]
        for i, (method, part) in enumerate(methods):
            args = [given[part]] if part != "none" else []
            if method in WITH_TARGETS and getattr(one, "_supervised", False):
                y = [0.0 if y is None else target_of(one, y) for y in stream.targets]
                args.append({"all": y, "first": y[:half], "second": y[half:]}[part])
            log.call(f"{method} {i}", i, getattr(one, method), *args)
        if methods:
            names = stream.names if kind == "array" else None
            x = stream.events[-1] if names is None else dict(enumerate(stream.events[-1].values()))
            look(log, one, len(methods), x, stream.targets[-1], closely=True)


def table_of(stream: Stream, kind: str) -> Any:
    """A stream as an array or a frame of some library."""
    if kind == "array":
        return stream.table
    columns = stream.columns()
    if kind == "pyarrow":
        return importlib.import_module(kind).table(columns)
    return importlib.import_module(kind).DataFrame(columns)


def kinds_of_tables(stream: Stream, subject: Subject) -> list[str]:
    """Which kinds of tables an object takes a stream as: frames of all libraries for a few."""
    kinds = [] if stream.name == "clock" else ["array"]
    if stream.named or (stream.name == "jump 3" and "defaults" in subject.label):
        kinds += [k for k in ("pandas", "polars", "pyarrow") if importlib.util.find_spec(k)]
    return kinds


def record(log: Log, subject: Subject, shown: list[Stream]) -> None:
    """Record one object on all of its streams."""
    log.enter(subject.label)
    example = log.call("construct", 0, subject.make)
    log.call("repr", 0, lambda: " ".join(repr(example).split()))
    ways = [how for how in LEARN if hasattr(example, how)]
    if isinstance(example, base.DriftDetector):
        ways.append("update number")
    for stream in shown:
        if subject.streams is None or stream.name in subject.streams:
            for i, how in enumerate(ways):
                by_events(log, subject, stream, how, i == 0)
            for kind in kinds_of_tables(stream, subject):
                by_rows(log, subject, stream, kind)


def record_all(quick: bool = False, only: str | None = None) -> dict[str, Any]:
    """Everything that the public classes say.

    Parameters
    ----------
    quick
        Shorter streams and fewer variants.
    only
        Name of the one class to record.

    Returns
    -------
    dict
        Whether the kernels are compiled, and for each class places, quantities and answers.
    """
    warnings.simplefilter("ignore")
    classes = public_classes()
    public = namespace(classes)
    shown = list(streams(70 if quick else 160))
    found: dict[str, Any] = {}
    seconds: dict[str, float] = {}
    for name, cls in classes.items():
        if only not in (None, name):
            continue
        log, started = Log(), time.process_time()
        if name in VALUES:
            log.enter("values")
            log.call("all of them", 0, said, log, VALUES[name], public)
        for subject in subjects_of(name, cls, public, quick) if name not in VALUES else ():
            try:
                record(log, subject, shown)
            except Exception as error:
                log.note(f"the recorder stops: {error}", 0, type(error).__name__)
        found[name] = log.places
        seconds[name] = time.process_time() - started
    return {"compiled": clipsgd_river.COMPILED, "classes": found, "seconds": seconds}


def said(log: Log, say: Callable[[Any], Any], public: Any) -> None:
    """Record the values of a class, in order."""
    for i, (quantity, value) in enumerate(say(public)):
        log.note(quantity, i, value)


def main() -> None:
    """Write a recording to a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only")
    options = parser.parse_args()
    recording = record_all(options.quick, options.only)
    options.out.write_bytes(pickle.dumps(recording, protocol=5))


if __name__ == "__main__":
    main()
