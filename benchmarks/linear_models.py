"""Clipped linear and logistic regression against River's and scikit-learn's, each at its best step.

Coefficients: d = 20 standard normal features; targets are linear with unit noise, labels follow a
logistic model; a twentieth of the targets is replaced by 50 + 50 N(0, 1), of the labels flipped;
coefficients stand still or change abruptly three times. The error is the distance of estimated and
true coefficients, averaged over all events, and over the second half of each stretch (settled).
Rivals get the fixed step that is best for each figure, known in hindsight; ours chooses its own.
The column "limit" is the error of an efficient estimate that knows when coefficients change and
how many targets are wrong: where it is above the target, the target is out of anyone's reach.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from common import options
from common.data import FloatArray
from common.goals import word
from common.report import Cell, Table, progress, publish
from common.timing import interleaved
from river import datasets, linear_model, metrics, optim, preprocessing
from sklearn.linear_model import SGDClassifier, SGDRegressor

from clipsgd_river.linear_model import ClippedLinearRegression, ClippedLogisticRegression

FEATURES = 20
STRETCHES = 4
CORRUPTED = 0.05
STRIDE = 10
RATES = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)


@dataclass(frozen=True)
class Stream:
    """Events, targets and the true coefficients before each event."""

    kind: str
    changing: bool
    corrupted: bool
    X: FloatArray
    y: Any
    truth: FloatArray

    def __str__(self) -> str:
        change = "abrupt changes" if self.changing else "constant"
        return f"{self.kind}, {change}{', 5 % corrupted' if self.corrupted else ''}"


def draw(kind: str, changing: bool, corrupted: bool, seed: int, length: int) -> Stream:
    """Draw a stream; corruption comes last, so that a clean twin shares everything else."""
    rng = np.random.default_rng([seed, kind == "logistic", changing])
    X = rng.standard_normal((length, FEATURES))
    stretches = STRETCHES if changing else 1
    levels = rng.standard_normal((stretches, FEATURES))
    truth = levels[np.arange(length) * stretches // length]
    signal = (X * truth).sum(axis=1) + 1.0
    y: Any
    if kind == "linear":
        y = signal + rng.standard_normal(length)
    else:
        y = rng.random(length) < 1.0 / (1.0 + np.exp(-signal))
    if corrupted:
        hit = rng.random(length) < CORRUPTED
        y[hit] = 50.0 + 50.0 * rng.standard_normal(int(hit.sum())) if kind == "linear" else ~y[hit]
    return Stream(kind, changing, corrupted, X, y, truth)


def errors(
    stream: Stream, learn: Callable[[FloatArray, Any], None], coefficients: Callable[[], Any]
) -> tuple[float, float]:
    """Return the mean error over all events and over the second half of each stretch."""
    found = []
    length = len(stream.X)
    for start in range(0, length, STRIDE):
        weights = coefficients() if start else np.zeros(FEATURES)
        difference = float(np.linalg.norm(weights - stream.truth[start]))
        # A step that diverges has lost, whatever the size of its numbers.
        found.append(difference if math.isfinite(difference) else math.inf)
        learn(stream.X[start : start + STRIDE], stream.y[start : start + STRIDE])
    return _averages(found, stream)


def limits(stream: Stream) -> tuple[float, float]:
    """Errors of maximum likelihood with the change points and the share of corruption known.

    The Cramer-Rao bound at n events of a stretch is the root of the trace of the inverse Fisher
    information over n; before that falls below the distance from the last coefficients, those are
    kept.
    """
    length = len(stream.X)
    found: list[float] = []
    before = np.zeros(FEATURES)
    for stretch in range(STRETCHES if stream.changing else 1):
        count = length // (STRETCHES if stream.changing else 1)
        X = stream.X[stretch * count : (stretch + 1) * count]
        truth = stream.truth[stretch * count]
        wrong = CORRUPTED if stream.corrupted else 0.0
        if stream.kind == "linear":
            # A gross target is known for what it is.
            weight = np.full(count, 1.0 - wrong)
        else:
            p = 1.0 / (1.0 + np.exp(-(X @ truth) - 1.0))
            q = wrong + (1.0 - 2.0 * wrong) * p
            weight = ((1.0 - 2.0 * wrong) * p * (1.0 - p)) ** 2 / (q * (1.0 - q))
        inputs = np.column_stack([X, np.ones(count)])
        information = (inputs * weight[:, None]).T @ inputs / count
        variance = float(np.trace(np.linalg.inv(information)[:FEATURES, :FEATURES]))
        start = float(np.linalg.norm(truth - before))
        found += np.minimum(np.sqrt(variance / np.arange(1, count + 1)), start).tolist()
        before = truth
    return _averages(found[::STRIDE], stream)


def ours(stream: Stream) -> tuple[float, float]:
    """Errors of the clipped model at its defaults."""
    model: Any = (
        ClippedLinearRegression() if stream.kind == "linear" else ClippedLogisticRegression()
    )

    def coefficients() -> Any:
        named = model.coefficients
        return np.array([named.get(j, 0.0) for j in range(FEATURES)])

    return errors(stream, model.learn_many, coefficients)


def river_errors(stream: Stream, rate: float) -> tuple[float, float]:
    """Errors of River's model with a fixed step."""
    kind = (
        linear_model.LinearRegression
        if stream.kind == "linear"
        else linear_model.LogisticRegression
    )
    model = kind(optimizer=optim.SGD(rate), intercept_lr=rate)

    def learn(X: FloatArray, y: Any) -> None:
        for row, target in zip(X.tolist(), y.tolist(), strict=True):
            model.learn_one(dict(enumerate(row)), target)

    return errors(stream, learn, lambda: np.array([model.weights[j] for j in range(FEATURES)]))


def sklearn_errors(stream: Stream, rate: float) -> tuple[float, float]:
    """Errors of scikit-learn's model with a fixed step and no penalty."""
    fixed: dict[str, Any] = {"learning_rate": "constant", "eta0": rate, "penalty": None}
    if stream.kind == "linear":
        model: Any = SGDRegressor(**fixed)
        return errors(stream, model.partial_fit, lambda: model.coef_)
    model = SGDClassifier(loss="log_loss", **fixed)
    return errors(
        stream,
        lambda X, y: model.partial_fit(X, y, classes=[False, True]),
        lambda: model.coef_[0],
    )


def coefficient_table(length: int, seeds: Sequence[int]) -> Table:
    """Return the errors on all streams."""
    rows: list[list[Cell]] = []
    for kind in ("linear", "logistic"):
        for changing in (False, True):
            for corrupted in (False, True):
                streams = [draw(kind, changing, corrupted, seed, length) for seed in seeds]
                own = _mean(ours(stream) for stream in streams)
                limit = _mean(limits(stream) for stream in streams)
                rivals: dict[str, list[Any]] = {}
                for name, measure in (("River", river_errors), ("scikit-learn", sklearn_errors)):
                    with np.errstate(all="ignore"):
                        rivals[name] = [_mean(measure(s, rate) for s in streams) for rate in RATES]
                for which, what in enumerate(("all events", "settled")):
                    best = [min(found[which] for found in rivals[name]) for name in rivals]
                    ratio = own[which] / min(best)
                    target = 1 / 3 if corrupted else 1.1
                    rows.append(
                        [
                            str(streams[0]),
                            what,
                            own[which],
                            *best,
                            ratio,
                            f"{target:.2f}",
                            limit[which] / min(best),
                            word(ratio <= target),
                        ]
                    )
                progress(f"{streams[0]}: {rows[-2][5]:.2f}, settled {rows[-1][5]:.2f}")
    columns = (
        "stream",
        "over",
        "clipped",
        "River",
        "scikit-learn",
        "ratio",
        "target",
        "limit",
        "reached",
    )
    return Table("Error of the coefficients", columns, rows)


def progressive(model: Any, stream: Iterable[tuple[dict[Any, Any], Any]], metric: Any) -> float:
    """Return the metric of predictions made before each event is learned."""
    for x, y in stream:
        prediction = model.predict_one(x)
        if prediction is not None:
            metric.update(y, prediction)
        model.learn_one(x, y)
    return float(metric.get())


def stream_table(rows_limit: int) -> Table:
    """Return accuracy or mean absolute error on streams that come with River."""
    hyperplane = list(
        datasets.synth.Hyperplane(
            seed=1, n_features=8, n_drift_features=4, mag_change=0.001, noise_percentage=0.05
        ).take(rows_limit)
    )
    tasks: list[tuple[str, list[Any], bool]] = [
        ("Phishing, accuracy", list(datasets.Phishing().take(rows_limit)), True),
        ("drifting hyperplane, accuracy", [(x, bool(y)) for x, y in hyperplane], True),
        (
            "TrumpApproval, mean absolute error",
            list(datasets.TrumpApproval().take(rows_limit)),
            False,
        ),
    ]
    rows: list[list[Cell]] = []
    for name, events, classifies in tasks:
        own_model: Any = ClippedLogisticRegression() if classifies else ClippedLinearRegression()
        make = linear_model.LogisticRegression if classifies else linear_model.LinearRegression
        measure = metrics.Accuracy if classifies else metrics.MAE
        own = progressive(own_model, events, measure())
        found = [
            progressive(
                preprocessing.StandardScaler()
                | make(optimizer=optim.SGD(rate), intercept_lr=intercept_rate),
                events,
                measure(),
            )
            for rate in RATES
            for intercept_rate in (rate, 0.1)
        ]
        best = max(found) if classifies else min(found)
        reached = own >= best if classifies else own <= best
        rows.append([name, len(events), own, best, word(reached)])
        progress(f"{name}: {own:.4g} against {best:.4g}")
    columns = ("stream", "events", "clipped", "River, best of 14 pairs of steps", "no worse")
    return Table("Predictions made before learning", columns, rows)


def speed_table(length: int, rounds: int) -> Table:
    """Return microseconds per event and per row at d = 20."""
    stream = draw("linear", False, False, 0, length)
    events = [
        (dict(zip([f"f{j}" for j in range(FEATURES)], row, strict=True)), y)
        for row, y in zip(stream.X.tolist(), stream.y.tolist(), strict=True)
    ]

    def by_events(make: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            model = make()
            for x, y in events:
                model.predict_one(x)
                model.learn_one(x, y)

        return run

    def by_rows(make: Callable[[], Any], method: str, size: int) -> Callable[[], None]:
        def run() -> None:
            learn = getattr(make(), method)
            for start in range(0, length, size):
                learn(stream.X[start : start + size], stream.y[start : start + size])

        return run

    pipeline = lambda: preprocessing.StandardScaler() | linear_model.LinearRegression()  # noqa: E731
    pairs = [
        ("predict_one + learn_one", 8.0, by_events(ClippedLinearRegression), by_events(pipeline))
    ]
    pairs += [
        (
            f"learn_many, {size:,} rows a call",
            1.0,
            by_rows(ClippedLinearRegression, "learn_many", size),
            by_rows(SGDRegressor, "partial_fit", size),
        )
        for size in (100, 1000, length)
    ]
    rows: list[list[Cell]] = []
    for name, target, own, rival in pairs:
        timings = interleaved({"own": own, "rival": rival}, rounds)
        ratio = timings.ratio("rival", "own")
        each = [1e6 * timings.median(task) / length for task in ("own", "rival")]
        rows.append([name, *each, ratio, target, word(ratio >= target)])
    columns = ("task", "clipped, us", "rival, us", "times faster", "target", "reached")
    return Table(
        "Speed at d = 20 (rivals: River's StandardScaler | LinearRegression; SGDRegressor)",
        columns,
        rows,
    )


def _averages(found: Sequence[float], stream: Stream) -> tuple[float, float]:
    """Mean over all events, and over the second half of each stretch."""
    stretch = len(found) // (STRETCHES if stream.changing else 1)
    settled = [value for i, value in enumerate(found) if (i % stretch) * 2 >= stretch]
    return float(np.mean(found)), float(np.mean(settled))


def _mean(found: Iterable[tuple[float, float]]) -> Any:
    return np.mean(list(found), axis=0)


def main() -> None:
    """Read the options, run, publish."""
    arguments = options.parser(__doc__ or "").parse_args()
    length, seeds = (200, (0,)) if arguments.quick else (20_000, (0, 1))
    started = time.perf_counter()
    tables = [
        speed_table(100 if arguments.quick else 20_000, 1 if arguments.quick else 5),
        stream_table(100 if arguments.quick else 20_000),
        coefficient_table(length, seeds),
    ]
    progress(f"{time.perf_counter() - started:.0f} s")
    publish(tables, arguments.out)


if __name__ == "__main__":
    options.run(main)
