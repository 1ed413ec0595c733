"""Score each event and report the few that a budget or a risk lets through, with their reasons."""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.output.text_output import TextOutput
from clipsgd_river.cli.scoring.clock import TimesRead, read_moment
from clipsgd_river.cli.scoring.watch import Watch, in_units
from clipsgd_river.cli.terminal.errors import UsageError
from clipsgd_river.cli.terminal.text import shown

if TYPE_CHECKING:
    from clipsgd_river.alerts import Verdict

#: Alerts whose sentences the summary shows.
MOST_SENTENCES: Final = 10


@dataclass(frozen=True)
class AlertOptions:
    """Which events alert: so many per event or per day, or those rarer than a risk.

    Parameters
    ----------
    rate, per_day, risk
        At most one of them.
    time
        Column with the time of an event.
    path
        Where alerts go, as JSON lines.
    floor
        As of `AlertBudget`.
    """

    rate: float | None = None
    per_day: float | None = None
    risk: float | None = None
    time: str | None = None
    path: str | None = None
    floor: float | str | None = "auto"

    @property
    def wanted(self) -> bool:
        """Whether any of the rules is given."""
        return any(rule is not None for rule in (self.rate, self.per_day, self.risk))

    def check(self, contamination: float | None, *, shows_time: bool = False) -> None:
        """Refuse options that contradict each other or lack another.

        Parameters
        ----------
        contamination
            The share of events to alert on without a rule.
        shows_time
            Whether times are of use without a rule.

        Raises
        ------
        UsageError
            Naming the options.
        """
        rules = {
            "--alert-rate": self.rate,
            "--alerts-per-day": self.per_day,
            "--tail-risk": self.risk,
            "--contamination": contamination,
        }
        given = [option for option, value in rules.items() if value is not None]
        if self.wanted and len(given) > 1:
            raise UsageError(f"{' and '.join(given)} say both what alerts: choose one of them")
        if self.per_day is not None and self.time is None:
            raise UsageError(
                "--alerts-per-day needs --time, the column with the time of an event, which "
                "'clipsgd-river inspect FILE' tells"
            )
        lonely = {"--alerts": self.path, "--time": None if shows_time else self.time}
        for option, value in lonely.items():
            if value is not None and not self.wanted:
                other = ", or --plot or --report" if option == "--time" else ""
                raise UsageError(
                    f"{option} needs a rule for alerts: --alert-rate, --alerts-per-day or "
                    f"--tail-risk{other}"
                )

    def wrap(self, detector: Any) -> Any:
        """Return the filter around a detector."""
        from clipsgd_river.alerts import AlertBudget, TailFilter

        try:
            if self.risk is not None:
                return TailFilter(detector, q=self.risk)
            if self.per_day is not None:
                per = (self.per_day, "day")
                return AlertBudget(detector, alerts_per=per, time=self.time, floor=self.floor)
            return AlertBudget(detector, alert_rate=self.rate or 0.0, floor=self.floor)
        except ValueError as error:
            raise UsageError(str(error)) from None


class AlertWatch(Watch):
    """Judge events with an `AlertBudget` or a `TailFilter`, and write down each alert at once.

    Parameters
    ----------
    alert_filter
        The filter, with a `ClippedDetector` in it.
    options
        What was asked for.
    append
        Whether to go on at the end of an existing file of alerts.
    """

    def __init__(self, alert_filter: Any, options: AlertOptions, *, append: bool = False) -> None:
        super().__init__(alert_filter.anomaly_detector)
        self.filter = alert_filter
        self.ready = bool(alert_filter.ready)
        #: Looks a column of an event up; known once the source is open.
        self.value: Callable[[Event, str], Any] | None = None
        #: Says what is found out about times; set with `value`.
        self.times: TimesRead | None = None
        self._options = options
        self._output = None
        if options.path is not None:
            self._output = TextOutput(options.path, "--alerts", append=append)
        self._heap: list[tuple[float, int, str, str]] = []

    @property
    def keeper(self) -> Any:
        """What a state file must keep: the filter, with the detector in it."""
        return self.filter

    @property
    def rule(self) -> str:
        """Which alerts are asked for, in words."""
        if self._options.per_day is not None:
            return f"asked {self._options.per_day:g} a day"
        if self._options.risk is not None:
            return f"risk {self._options.risk:g}"
        return f"asked {self._options.rate:.2%}"

    def open(self) -> None:
        """Create the file of alerts, so that those of an earlier run are gone if there are none."""
        if self._output is not None:
            self._output.open()

    @property
    def judges_rows(self) -> bool:
        """Whether `learn_rows` can be called: where alerts need no time, and no risk."""
        return self._options.rate is not None

    def learn_rows(self, rows: Any, scores: Any, distances: Any) -> int:
        """Learn rows up to one that may alert or join an incident; return how many were learned."""
        learned: int = self.filter.learn_rows_until_held(rows, scores, distances)
        return learned

    def judge(self, event: Event) -> Verdict:
        """Return the verdict on an event, learn the event, and write down its alert.

        Raises
        ------
        ValueError
            If the detector refuses the event, which has then taught nothing.
        DataError
            If the event has no time that can be read.
        """
        x, moment = self.features(event), None
        options, judging = self._options, self.filter
        if options.time is not None and self.value is not None:
            moment = read_moment(event.row, self.value(event, options.time))
            if self.times is not None:
                self.times.look(moment)
        if options.risk is not None:
            # The filter's scores are of probabilities; the detector's are what is written.
            score = self.detector.score_one(self.encoded(event))
            threshold = self.detector.score_at(judging.threshold_) if self.ready else math.inf
            verdict: Verdict = judging.judge_learn_one(x, time=moment)
            verdict = verdict._replace(score=score, threshold=threshold)
        elif options.per_day is not None:
            verdict = judging.judge_learn_one(x, time=moment)
            if self.times is not None and judging.runs_backwards:
                self.times.say_backwards()
        else:
            verdict = judging.judge_learn_one(x, time=moment)
        if not self.ready:
            self.ready = bool(judging.ready)
        if verdict.alert is not None:
            number = None if verdict.incident is None else verdict.incident.number
            self._keep(event.row, verdict.alert, number)
        return verdict

    def lines(self) -> Iterator[str]:
        """Yield what the summary says of the alerts."""
        options = self._options
        found = f"{self.filter.alert_rate_:.4g}"
        if options.per_day is not None:
            yield f"alerts a day: {found}, asked {options.per_day:g}"
        elif options.risk is not None:
            yield f"alerts per event: {found}, risk {options.risk:g}"
        else:
            yield f"alerts per event: {found}, asked {options.rate:g}"
        ranked = sorted(self._heap, key=lambda entry: (-entry[0], -entry[1]))
        if ranked:
            yield "most unusual alerts:"
        for _, row, severity, sentence in ranked:
            yield f"{-row:>12,}  {severity:<8}  {sentence}"

    def close(self) -> None:
        """Close the file of alerts."""
        if self._output is not None:
            self._output.close()

    def _keep(self, row: int, alert: Any, incident: int | None) -> None:
        sentence = in_units(alert, self.units).sentence
        if self._output is not None:
            told = {"row": row, "incident": incident, **alert.to_dict(), "sentence": sentence}
            line = json.dumps(told, ensure_ascii=False, allow_nan=False)
            self._output.write(f"{line}\n")
            self._output.flush()
        p = alert.rank_probability
        rarity = 0.0 if p is None else -math.log(max(p, 1e-300))
        entry = (rarity, -row, alert.severity, shown(sentence, 400))
        if len(self._heap) < MOST_SENTENCES:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)


def refuse_two_on_standard_output(out: str, alerts: str | None) -> None:
    """Raise `UsageError` if events and alerts would be mixed."""
    if alerts == STANDARD_STREAM == out:
        raise UsageError("--out and --alerts would both go to standard output: name a file for one")
