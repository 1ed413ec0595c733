"""Forecasts of passengers and of the flow of water, by River's protocol, beside its forecasters."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from common import options
from common.goals import goal, goal_table
from common.report import Cell, Table, progress, publish

from clipsgd_river.time_series import ClippedForecaster

OURS = "ClippedForecaster"
# Events of a season, and how many are forecast at each event.
HORIZONS = {"AirlinePassengers": 12, "WaterFlow": 24}
Events = list[tuple[dict[str, Any], float]]


def rivals(season: int, quick: bool) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Yield family, settings and a maker of each of River's forecasters."""
    from river import time_series

    steps = itertools.product((0.03, 0.1, 0.3), (0.001, 0.01, 0.1), (0.1, 0.3, 0.6), (False, True))
    for alpha, beta, gamma, product in itertools.islice(steps, 2 if quick else None):
        how = f"{alpha}, {beta}, {gamma}, {season}, multiplicative={product}"
        yield (
            "HoltWinters",
            how,
            lambda a=alpha, b=beta, c=gamma, m=product: time_series.HoltWinters(  # type: ignore[misc]  # defaults bind
                a, b, c, season, m
            ),
        )
    orders = itertools.product((1, 12), (0, 1), (0, 12), (0, 1), (0, 1))
    for p, d, q, sp, sd in itertools.islice(orders, 2 if quick else None):
        yield (
            "SNARIMAX",
            f"p={p}, d={d}, q={q}, m={season}, sp={sp}, sd={sd}",
            lambda p=p, d=d, q=q, sp=sp, sd=sd: time_series.SNARIMAX(  # type: ignore[misc]  # defaults bind
                p, d, q, season, sp=sp, sd=sd
            ),
        )


def mean_absolute_error(model: Any, events: Events, horizon: int) -> float:
    """Return the mean over the horizon by River's `evaluate`; infinite where forecasts are."""
    from river import evaluate, metrics

    try:
        found = evaluate.evaluate(events, model, metrics.MAE(), horizon, statistics.mean).get()
    except OverflowError:
        return float("inf")
    return float(found) if np.isfinite(found) else float("inf")


def covered(events: Events, horizon: int) -> tuple[list[bool], float]:
    """Return which values lay within the bands made for them, and the bands' mean width."""
    model, inside, widths = ClippedForecaster(), [], []
    for n, (x, y) in enumerate(events):
        ahead = events[n + 1 : n + 1 + horizon]
        if n >= horizon and len(ahead) == horizon:
            bands = model.forecast_bands(horizon, [then for then, _ in ahead])
            for (low, _, high), (_, value) in zip(bands, ahead, strict=True):
                inside.append(low <= value <= high)
                widths.append(high - low)
        model.learn_one(y, x)
    return inside, statistics.mean(widths)


def main() -> None:
    """Run the benchmark."""
    from river import datasets

    parser = options.parser(__doc__ or "")
    options.add_peers(parser)
    arguments = parser.parse_args()
    rows: list[list[Cell]] = []
    goals, pooled = [], []
    for name, horizon in HORIZONS.items():
        events = list(getattr(datasets, name)())[: 90 if arguments.quick else None]
        start = time.process_time()
        error = mean_absolute_error(ClippedForecaster(), events, horizon)
        cost = 1e6 * (time.process_time() - start) / len(events)
        inside, width = covered(events, horizon)
        pooled += inside
        rows.append([name, OURS, "defaults", error, float(np.mean(inside)), width, cost])
        best: dict[str, list[Cell]] = {}
        # These would take a time for a feature to calculate with.
        plain: Events = [({}, y) for _, y in events]
        for family, how, make in rivals(horizon, arguments.quick) if arguments.peers else ():
            progress(f"{name}: {family}({how})")
            start = time.process_time()
            found = mean_absolute_error(make(), plain, horizon)
            cost = 1e6 * (time.process_time() - start) / len(events)
            if family not in best or found < best[family][3]:  # type: ignore[operator]  # a number
                best[family] = [name, family, how, found, None, None, cost]
        rows += best.values()
        if best:
            least = min(row[3] for row in best.values())  # type: ignore[type-var]  # numbers
            goals.append(goal(f"error, {name}", error, "≤", 1.2 * least))  # type: ignore[operator]  # a number
    share = float(np.mean(pooled))
    goals += [
        goal("values within bands", share, side, at) for side, at in (("≥", 0.9), ("≤", 0.98))
    ]
    columns = (
        "series",
        "forecaster",
        "settings, of rivals the best",
        "mean absolute error",
        "within bands",
        "width",
        "µs per event",
    )
    publish(
        [Table("Forecasts of the next season", columns, rows), goal_table(goals)], arguments.out
    )


if __name__ == "__main__":
    options.run(main)
