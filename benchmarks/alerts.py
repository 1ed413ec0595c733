"""Alerts at a promised rate: whether it is kept, whether the right events alert, what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import alert_costs, options
from common.alert_filters import DETECTORS, FIRST_EVENTS, BoolArray, Entrant, entrants, scores
from common.alert_streams import EVENTS, LAWS, AlertStream, real, synthetic
from common.data import FloatArray
from common.goals import goal, goal_table, word
from common.report import Cell, Table, progress, publish

# Rate asked for -> how far the realised one may be off.
RATES = {0.01: 0.03, 0.001: 0.15}
ALERTS_IN_WINDOW = 100
WINDOW_FACTOR = 1.5


@dataclass(frozen=True)
class Outcome:
    """What one filter did on one stream."""

    entrant: str
    detector: str
    stream: AlertStream
    rate: float
    alerts: BoolArray
    hindsight: BoolArray

    @property
    def realised(self) -> float:
        """Rate over the rate asked for."""
        return float(self.alerts.mean() / self.rate)

    @property
    def windows(self) -> tuple[float, float]:
        """Least and most alerts over expected ones in a window away from abrupt changes."""
        width = min(round(ALERTS_IN_WINDOW / self.rate), len(self.alerts))
        total = np.concatenate(([0], np.cumsum(self.alerts)))
        counts = (total[width:] - total[:-width]) / (width * self.rate)
        start = np.arange(len(counts))
        away = np.ones(len(counts), dtype=bool)
        for change in self.stream.changes:
            # Windows that share an event with the first window after the change.
            away &= (start + width <= change) | (start >= change + width)
        return float(counts[away].min()), float(counts[away].max())

    @property
    def recall(self) -> float:
        """Share of the labelled anomalies that a threshold in hindsight catches."""
        return self._share(self.hindsight & self.stream.labels)

    @property
    def agreement(self) -> float:
        """Share of all events, labelled or not, that a threshold in hindsight catches."""
        return self._share(self.hindsight)

    def _share(self, caught: BoolArray) -> float:
        return float(self.alerts[caught].mean()) if caught.any() else float("nan")

    @property
    def bound(self) -> str:
        """Which bound of an `AlertBudget` was kept at every event."""
        accrued = self.rate * np.arange(1, len(self.alerts) + 1)
        debt = np.cumsum(self.alerts) - accrued
        allowance = np.minimum(16.0, 4.0 + accrued / 10.0)
        if (debt > allowance + 1.0).any():
            return "none from above"
        return "above" if (debt < -allowance - self.rate).any() else "both"

    @property
    def kept(self) -> bool:
        """Whether rate and windows are within their limits."""
        least, most = self.windows
        within = least >= 1.0 / WINDOW_FACTOR and most <= WINDOW_FACTOR
        return within and abs(self.realised - 1.0) <= RATES[self.rate]

    def cells(self) -> list[Cell]:
        """Return a row of the table."""
        least, most = self.windows
        name = self.stream.name
        found = [self.realised, least, most, self.recall, self.agreement, self.bound]
        return [name, self.entrant, *found]


COLUMNS = (
    "stream",
    "filter",
    "rate / asked",
    "least in a window",
    "most",
    "right ones: labelled",
    "all",
    "bound kept",
)


def streams(rate: float, folder: Path | None, events: int, seed: int) -> Iterator[AlertStream]:
    """Yield every stream; those of public sets only where there is a folder."""
    for law in LAWS:
        yield synthetic(law, rate, events, seed)
    if folder is not None:
        for name in ("http", "shuttle"):
            yield real(folder, name, events)


def judge(
    entrant: Entrant, detector: str, stream: AlertStream, rate: float, found: FloatArray
) -> Outcome:
    """Run a filter over a stream whose scores, for the threshold in hindsight, are known."""
    alerts = entrant.run(stream.rows, DETECTORS[detector], rate)
    hindsight = found > np.quantile(found, 1.0 - rate)
    return Outcome(entrant.name, detector, stream, rate, alerts, hindsight)


def verdicts(outcomes: list[Outcome]) -> Table:
    """Every target for our filter, with what was measured and whether it is reached."""
    rows: list[list[Cell]] = []
    for outcome in outcomes:
        if outcome.entrant != "AlertBudget":
            continue
        what = f"{outcome.stream.name}, {outcome.detector}, {outcome.rate}"
        off = f"within {RATES[outcome.rate]:.0%}, windows within {WINDOW_FACTOR}"
        rows.append([f"rate: {what}", outcome.realised, off, word(outcome.kept)])
        if outcome.stream.recall is not None:
            rows.append(goal(f"right ones: {what}", outcome.recall, "≥", outcome.stream.recall))
    return goal_table(rows)


def draw(outcomes: list[Outcome], path: str) -> None:
    """Draw alerts over expected ones as time goes by, a panel for each stream."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(outcome.stream.name for outcome in outcomes))
    columns = 3
    figure = Figure(figsize=(15, 3.2 * -(-len(names) // columns)), layout="constrained")
    axes = figure.subplots(-(-len(names) // columns), columns, squeeze=False).ravel()
    for axis, name in zip(axes, names, strict=False):
        for outcome in outcomes:
            if outcome.stream.name == name:
                t = np.arange(1, len(outcome.alerts) + 1)
                axis.plot(t, np.cumsum(outcome.alerts), label=outcome.entrant)
        axis.plot(t, t * outcomes[0].rate, "k:", label="asked")
        axis.set(
            title=name, xlabel="events", ylabel="alerts", ylim=(0, 3 * t[-1] * outcomes[0].rate)
        )
    axes[0].legend(fontsize="small")
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    options.add_data(parser)
    options.add_peers(parser)
    parser.add_argument("--seed", type=int, default=0, help="seed of the streams")
    parser.add_argument("--plot", metavar="FILE.png", help="draw alerts over time at 0.001")
    parser.add_argument("--only-costs", action="store_true", help="measure nothing but costs")
    arguments = parser.parse_args()
    timed = 500 if arguments.quick else alert_costs.EVENTS
    rounds = 1 if arguments.quick else alert_costs.ROUNDS
    if arguments.only_costs:
        costs = [*alert_costs.overhead(timed, rounds), alert_costs.command_line(timed, rounds)]
        publish(costs, arguments.out)
        return
    folder = None if arguments.data is None else options.data_folder(arguments)
    events = 4 * FIRST_EVENTS if arguments.quick else EVENTS
    outcomes = []
    tables = []
    few = 1 if arguments.quick else None
    for rate in list(RATES)[:few]:
        for detector, make in list(DETECTORS.items())[:few]:
            rows: list[list[Cell]] = []
            for stream in streams(rate, folder, events, arguments.seed):
                progress(f"{rate}, {detector}, {stream.name}")
                found = scores(stream.rows, make())
                for entrant in entrants(peers=arguments.peers):
                    outcome = judge(entrant, detector, stream, rate, found)
                    outcomes.append(outcome)
                    rows.append(outcome.cells())
            tables.append(Table(f"{rate} alerts per event, {detector}", COLUMNS, rows))
    tables.append(verdicts(outcomes))
    tables += [*alert_costs.overhead(timed, rounds), alert_costs.command_line(timed, rounds)]
    if arguments.plot is not None:
        first = next(iter(DETECTORS))
        drawn = [o for o in outcomes if o.rate == outcomes[-1].rate and o.detector == first]
        draw(drawn, arguments.plot)
    publish(tables, arguments.out)


if __name__ == "__main__":
    options.run(main)
