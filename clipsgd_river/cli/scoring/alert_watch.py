"""Score each event and report the few that a budget or a risk lets through, with their reasons."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.input.columns.roles import AUTO
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.rules.rules import Rules
from clipsgd_river.cli.scoring.alert_lines import fields_of
from clipsgd_river.cli.scoring.clock import TimesRead, read_moment
from clipsgd_river.cli.scoring.detectors import encoder_and_detector
from clipsgd_river.cli.scoring.kept_filters import base_of
from clipsgd_river.cli.scoring.keys import NO_KEYS, Keys, template_of
from clipsgd_river.cli.scoring.telling import Telling, Told
from clipsgd_river.cli.scoring.watch import Watch, in_units
from clipsgd_river.cli.terminal.errors import UsageError
from clipsgd_river.cli.terminal.text import is_missing, shown

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
    rules_file, rules
        Where further rules stand, and what they are once it was read.
    """

    rate: float | None = None
    per_day: float | None = None
    risk: float | None = None
    time: str | None = None
    path: str | None = None
    floor: float | str | None = "auto"
    rules_file: str | None = None
    rules: Rules | None = None

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
        lonely = {
            "--alerts": self.path,
            "--rules": self.rules_file,
            "--time": None if shows_time else self.time,
        }
        for option, value in lonely.items():
            if value is not None and not self.wanted:
                other = ", or --plot or --report" if option == "--time" else ""
                raise UsageError(
                    f"{option} needs a rule for alerts: --alert-rate, --alerts-per-day or "
                    f"--tail-risk{other}"
                )

    def with_rules(self) -> AlertOptions:
        """Return the options with the rules in their file.

        Raises
        ------
        UsageError
            If it has a mistake, or a floor is given twice.
        """
        if self.rules_file is None:
            return self
        rules = Rules.read(self.rules_file)
        rules.check(time=self.time, risk=self.risk is not None)
        if "floor" in rules.settings and self.floor != AUTO:
            rules.file.refuse(("floor",), "--floor says it, too: leave one of them out")
        return replace(self, rules=rules, floor=rules.settings.get("floor", self.floor))

    def wrap(self, detector: Any) -> Any:
        """Return the filter around a detector, with the rules around it."""
        from clipsgd_river.alerts import AlertBudget, TailFilter

        settings: dict[str, Any] = {}
        if self.rules is not None:
            settings = {k: v for k, v in self.rules.settings.items() if k != "floor"}
        try:
            if self.risk is not None:
                found: Any = TailFilter(detector, q=self.risk, **settings)
            else:
                settings["floor"] = self.floor
                if self.per_day is not None:
                    settings |= {"alerts_per": (self.per_day, "day"), "time": self.time}
                found = AlertBudget(detector, alert_rate=self.rate or 0.001, **settings)
        except ValueError as error:
            raise UsageError(str(error)) from None
        return self.put_rules_around(found)

    def put_rules_around(self, alert_filter: Any) -> Any:
        """Return a filter with the rules around it."""
        return alert_filter if self.rules is None else self.rules.wrap(alert_filter, self.time)


class AlertWatch(Watch):
    """Judge events with an `AlertBudget` or a `TailFilter`, and tell of each incident at once.

    Parameters
    ----------
    alert_filter
        The filter, with a `ClippedDetector` in it.
    options
        What was asked for.
    kept
        What an earlier run has told of incidents that are open.
    keys
        Whose events are.
    """

    def __init__(
        self, alert_filter: Any, options: AlertOptions, kept: Any = (), keys: Keys = NO_KEYS
    ) -> None:
        super().__init__(alert_filter.anomaly_detector)
        self.filter = alert_filter
        self.ready = bool(alert_filter.ready)
        #: Looks a column of an event up; known once the source is open.
        self.value: Callable[[Event, str], Any] | None = None
        #: Says what is found out about times; set with `value`.
        self.times: TimesRead | None = None
        #: Takes the fields of each line of `--alerts`.
        self.tell: Callable[[dict[str, Any]], object] | None = None
        self.telling = Telling(alert_filter, self._sentence, kept)
        self.keys = keys
        self._options = options
        rules = options.rules
        self._key = None if rules is None else rules.key
        self._has_rules = rules is not None and rules.wraps
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

    @property
    def threshold(self) -> float:
        """Score that an event must exceed now to alert."""
        limit = float(self.filter.threshold_)
        # Of a risk it is a distance.
        return limit if self._options.risk is None else float(self.detector.score_at(limit))

    @property
    def told(self) -> list[Any]:
        """What a state file must keep of what was told of incidents."""
        return self.telling.fields()

    @property
    def judges_rows(self) -> bool:
        """Whether `learn_rows` can be called: where alerts need no time, risk, key, nor rule."""
        has_keys = self._key is not None or bool(self.keys.columns)
        return self._options.rate is not None and not has_keys and not self._has_rules

    @property
    def name(self) -> str:
        """What judges, as it is told."""
        _, detector = encoder_and_detector(template_of(self.model))
        return f"{type(detector).__name__}{self.keys.title}"

    def features(self, event: Event) -> dict[Hashable, Any]:
        """Return the features of an event, its key, and its time for what takes it."""
        found = super().features(event)
        if not self.keys.columns or self.value is None:
            return found
        found = dict(found)
        found.update(self.keys.values(event, self.value))
        return found

    def learn_rows(self, rows: Any, scores: Any, distances: Any) -> int:
        """Learn rows up to one that may alert or join an incident; return how many were learned."""
        learned: int = self.filter.learn_rows_until_held(rows, scores, distances)
        if self.telling.is_due():
            self._tell(self.telling.ended())
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
        options, judging, key = self._options, self.filter, self._key_of(event)
        if options.time is not None and self.value is not None:
            moment = read_moment(event.row, self.value(event, options.time))
            if self.times is not None:
                self.times.look(moment)
        if options.risk is not None:
            # The filter's scores are of probabilities; the detector's are what is written.
            score = self.detector.score_one(self.encoded(event))
            threshold = self.threshold if self.ready else math.inf
            verdict: Verdict = judging.judge_learn_one(x, key=key, time=moment)
            verdict = verdict._replace(score=score, threshold=threshold)
        elif options.per_day is not None:
            verdict = judging.judge_learn_one(x, key=key, time=moment)
            if self.times is not None and base_of(judging).runs_backwards:
                self.times.say_backwards()
        else:
            verdict = judging.judge_learn_one(x, key=key, time=moment)
        if verdict.score != verdict.score:
            # A rule kept it from being judged, and the detector has a score all the same.
            encoded = self.encoded(event)
            score, distance = (
                getattr(self.detector, name)(encoded) for name in ("score_one", "distance_one")
            )
            verdict = verdict._replace(score=score, distance=distance)
        if not self.ready:
            self.ready = bool(judging.ready)
        if self.telling.is_due():
            self._tell(self.telling.ended())
        if verdict.incident is not None:
            self._tell(self.telling.after(event.row, verdict))
        if verdict.alert is not None:
            self._keep(event.row, verdict.alert)
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
        yield self._incidents()
        keys = self.keys.kept(self.model)
        if keys is not None:
            yield keys
        if self.filter.n_muted_:
            yield f"muted by feedback: {self.filter.n_muted_:,} events"
        ranked = sorted(self._heap, key=lambda entry: (-entry[0], -entry[1]))
        if ranked:
            yield "most unusual alerts:"
        for _, row, severity, sentence in ranked:
            yield f"{-row:>12,}  {severity:<8}  {sentence}"

    def _incidents(self) -> str:
        """Say what became of incidents."""
        telling = self.telling
        return (
            f"incidents: {telling.begun:,} began, {telling.resolved:,} resolved, "
            f"{telling.open:,} open"
        )

    def _key_of(self, event: Event) -> str | None:
        """Whom an event is about, as it is written; ``None`` where it does not say."""
        if self.value is None:
            return None
        if self._key is None:
            return self.keys.of(event, self.value) if self.keys.columns else None
        found = self.value(event, self._key)
        return None if found is None or is_missing(str(found)) else str(found)

    def _sentence(self, alert: Any) -> str:
        return in_units(alert, self.units).sentence

    def _tell(self, found: Iterator[Told]) -> None:
        for told in found:
            if self.tell is not None:
                self.tell(fields_of(told, in_units(told.worst, self.units)))

    def _keep(self, row: int, alert: Any) -> None:
        sentence = self._sentence(alert)
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
