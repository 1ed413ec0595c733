"""What an alert says: how unusual an event was, which features were behind it, what is usual."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from math import atan, copysign, floor, inf, isfinite, log10, pi, sqrt
from typing import Any, NamedTuple

import numpy as np

from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._numbers import differ, short_score
from clipsgd_river._text import printable, quoted
from clipsgd_river._words.repeats import exactly
from clipsgd_river._words.seen import NOTHING, Seen
from clipsgd_river._words.usual import beside, in_words
from clipsgd_river.alerts._rarity import RAREST

#: Features that an alert describes.
MOST_FEATURES = 3
# The band of `expect_one` covers 95 %: under Student's t with 3 degrees of freedom, as which
# features are taken, 3.182 of its units on either side.
HALF_BAND = 3.182446305284263
#: From the named probability of a deviation as large on a feature's value is called so.
RARE = 1e-4
FREQUENCIES = (("frequent", 0.05), ("infrequent", 0.01), ("rare", RARE), ("unseen", 0.0))
# How far beyond one in as many events as there were a fitted tail ranks alerts.
FARTHEST = 0.01
#: An event that is as many times rarer than the budget's rate, or more, is as severe.
SEVERITIES = (("critical", 1000.0), ("high", 100.0), ("medium", 10.0), ("low", 0.0))


class AlertFeature(NamedTuple):
    """A feature behind an alert.

    Parameters
    ----------
    feature
        Its name.
    contribution
        What it adds to the event's distance.
    actual
        Its value in the event, in its own unit; in a pipeline, as the detector got it.
    expected, low, high
        What was expected, and the band in which 95 % of Gaussian values lie.
    direction
        ``"above"``, ``"below"`` or ``"within"`` the band.
    frequency
        How usual so large a deviation is, taken as one of Student's t with 3 degrees of freedom,
        or as it was seen, if it was seen more often: ``"frequent"``, more than 1 in 20;
        ``"infrequent"``, more than 1 in 100; ``"rare"``, more than 1 in 10,000; ``"unseen"``,
        rarer, and outside of what was seen, as far as that is known.
    value, description
        Where a transformer made ``actual`` of something else, as `SurprisalEncoder` does of a
        category, and has a method ``describe_one``: what it was before, and how usual that is, in
        words; otherwise ``None``.
    seen
        What the detector had seen of the feature: the ``lowest`` and ``highest`` value, if its
        values repeat the ``shares`` of events with each (16 at most) and the band of the ``rest``,
        and the number of ``events``; ``None`` where it cannot tell.
    unit
        What it is counted in, as ``"ms"``, if that is known: for the words.
    scaled
        Whether ``actual`` is the number ``value`` on another scale, such as a logarithm.
    """

    feature: Hashable
    contribution: float
    actual: float
    expected: float
    low: float
    high: float
    direction: str
    frequency: str
    value: Any = None
    description: str | None = None
    seen: Seen | None = None
    unit: str | None = None
    scaled: bool = False

    def __str__(self) -> str:
        """Say it in words, as in ``f1 was 900, usually between 20 and 75``."""
        return f"{_printable(self.feature)} was {self.words}"

    @property
    def is_odd(self) -> bool:
        """Whether the value is outside the band, and not the one that most events have.

        So is one within it that a detector describes, such as of a sensor that stands still.
        """
        if self.description is not None and self.value == self.actual and not self.scaled:
            # Of a number, words are given only where they are the reason.
            return True
        usual = None if self.seen is None else self.seen.usual
        return self.direction != "within" and (usual is None or differ(self.actual, usual[0]))

    @property
    def words(self) -> str:
        """The value and what is usual, as in ``3; 0 in 90 % of events, at most 2 in 99.9 %``."""
        if self.description is not None:
            value = self.value
            is_number = self.scaled or (isinstance(value, float) and isfinite(value))
            said = exactly(value, unit=self.unit)[0] if is_number else _printable(quoted(value))
            return f"{said}, {_printable(self.description)}"
        band = self.low, self.expected, self.high
        return in_words(self.actual, band, self.seen or NOTHING, self.unit)


@dataclass(frozen=True, slots=True)
class Alert:
    """Why an event was reported.

    Parameters
    ----------
    score
        The detector's score of the event.
    tail_probability
        Probability that an event scores as high, no smaller than so many events can show: the upper
        end of an interval, at least 1 in ``events``; ``None`` when unknown.
    severity
        How many times rarer than the rate of the budget the event can be said to be: ``"low"``,
        less than 10 times; ``"medium"``, from 10 times on; ``"high"``, 100; ``"critical"``, 1,000.
    time, key
        When it happened and to whom, as they were given; ``None`` if not.
    contributions
        Feature -> what it adds to the distance; empty if the detector cannot tell.
    features
        The features that contribute most, at most three, the largest contribution first.
    events
        How many events the filter had judged; ``None`` if that is not known.
    fitted_probability
        The lower end of the interval: what the tail says that was fitted to the events, however far
        it reaches beyond them. It ranks alerts, and claims nothing.
    id
        What names it to the filter that raised it, and to no other; ``None`` if none did.
    feedback
        What was said of alerts like it, if it alerts in spite of that; otherwise ``None``.
    past
        Which past it is unusual against, where the detector has a long and a short one and they
        differ; otherwise ``None``.

    Examples
    --------
    >>> from clipsgd_river.alerts import AlertBudget
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> model = AlertBudget(ClippedZScore(), alert_rate=0.01)
    >>> for i in range(500):
    ...     model.learn_one({"load": 50.0 + i % 11, "errors": float(i % 3)})
    >>> alert = model.alert_one({"load": 55.0, "errors": 90.0}, key="web-1")
    >>> alert.sentence
    'web-1: errors was 90; 0 in 33 % of events, 1 in ...; less than 1 event in 500 is as unusual.'
    >>> alert.severity, alert.features[0].direction, alert.features[0].frequency
    ('low', 'above', 'unseen')
    """

    score: float
    tail_probability: float | None = None
    severity: str = "low"
    time: Any = None
    key: Any = None
    contributions: Mapping[Hashable, float] = field(default_factory=dict)
    features: tuple[AlertFeature, ...] = ()
    events: int | None = None
    fitted_probability: float | None = None
    id: str | None = None
    feedback: str | None = None
    past: str | None = None

    @property
    def rank_probability(self) -> float | None:
        """What alerts are ranked by, halfway between what can be said and what the tail says.

        The geometric mean of the probability that is known and the fitted one: a tail alone would
        rank an alert among the first events above all later ones. It counts to one event in 100
        n, n being the events it was fitted to.
        """
        known, fitted = self.tail_probability, self.fitted_probability
        if known is None or fitted is None:
            return known if fitted is None else fitted
        if self.events is not None:
            fitted = max(fitted, FARTHEST / max(self.events, 1))
        return sqrt(known * fitted)

    @property
    def sentence(self) -> str:
        """The alert in one plain English sentence."""
        whom = [_printable(part) for part in (self.time, self.key) if part is not None]
        head = f"{', '.join(whom)}: " if whom else ""
        outside = odd_ones(self.features)
        if outside:
            reason = "; ".join(map(str, outside))
        elif len(self.features) > 1:
            each = "; ".join(map(str, self.features))
            reason = f"{each}; each is ordinary, but they do not go together as usual"
        elif self.features:
            reason = f"{self.features[0]}, which is unusual here"
        else:
            reason = f"the event scored {short_score(self.score)}"
        if self.past is not None:
            reason = f"{reason}; {_printable(self.past)}"
        told = "" if self.feedback is None else f"; {_printable(self.feedback)}"
        p = self.tail_probability
        if p is None or not 0.0 < p < 1.0:
            return f"{head}{reason}{told}."
        least = RAREST if self.events is None else 1.0 / max(self.events, 2)
        fitted = p if self.fitted_probability is None else self.fitted_probability
        how = "about" if fitted >= least else "less than"
        rarity = f"{how} 1 event in {_count(1.0 / max(p, least))} is as unusual"
        return f"{head}{reason}; {rarity}{told}."

    def to_dict(self) -> dict[str, Any]:
        """Return the alert as plain values that JSON can hold.

        Names of features become strings, dates ISO 8601, NaN ``None`` and infinities the words
        ``"Infinity"`` and ``"-Infinity"``.
        """
        return {
            "id": self.id,
            "time": plain(self.time),
            "key": plain(self.key),
            "score": plain(self.score),
            "tail_probability": plain(self.tail_probability),
            "fitted_probability": plain(self.fitted_probability),
            "severity": self.severity,
            "sentence": self.sentence,
            "events": self.events,
            "feedback": self.feedback,
            "past": self.past,
            "features": [
                {
                    "feature": _name(part.feature),
                    "contribution": plain(part.contribution),
                    "actual": plain(part.actual),
                    "expected": plain(part.expected),
                    "band": [plain(part.low), plain(part.high)],
                    "direction": part.direction,
                    "frequency": part.frequency,
                    "value": plain(part.value),
                    "description": part.description,
                    "unit": part.unit,
                    "seen": None if part.seen is None else plain(part.seen._asdict()),
                }
                for part in self.features
            ],
            "contributions": plain(self.contributions),
        }

    def to_json(self) -> str:
        """Return the alert as one line of strict JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)


def odd_ones(features: Iterable[AlertFeature]) -> list[AlertFeature]:
    """Return the features that are a reason by themselves; there may be none."""
    return [part for part in features if part.is_odd]


def how_often(count: int, first: Any, last: Any) -> str:
    """Say how often something came, and from when to when if that is known."""
    times = f"{count:,} times"
    if first is None or last is None:
        return times
    return f"{times} from {_printable(first)} to {_printable(last)}"


def severity_of(times_rarer: float) -> str:
    """Severity of an event so many times rarer than the budget's rate."""
    return next((name for name, least in SEVERITIES if times_rarer >= least), "low")


def described(
    event: Mapping[Hashable, Any],
    contributions: Mapping[Hashable, float],
    bands: Mapping[Hashable, tuple[float, float, float]],
    descriptions: Mapping[Hashable, tuple[Any, ...]] | None = None,
    seen: Mapping[Hashable, Seen] | None = None,
) -> tuple[AlertFeature, ...]:
    """Return the features that contribute most, with what they were and what is usual.

    Parameters
    ----------
    event, contributions, bands
        As the detector got it and answers.
    descriptions
        What transformers say of features: the value before them, and how usual it is; or whose it
        is, and what takes a number back to it.
    seen
        What the detector has seen of features.
    """
    found: list[AlertFeature] = []
    for name in sorted(contributions, key=lambda name: -contributions[name]):
        if len(found) == MOST_FEATURES or not contributions[name] > 0.0:
            break
        if name in bands:
            actual = event.get(name)
            number = actual if type(actual) is float else as_float(name, actual)
            known = (seen or {}).get(name)
            part = _describe(name, contributions[name], number, bands[name], known)
            value, said, *back = (descriptions or {}).get(name, (None, None))
            if back:
                said = f"{_usual_before(value, bands[name], known or NOTHING, back[0])} ({said})"
            found.append(part._replace(value=value, description=said, scaled=bool(back)))
    return tuple(found)


def _usual_before(
    value: float, band: tuple[float, float, float], seen: Seen, back: Callable[[float], float]
) -> str:
    """Say what is usual of a feature as it was before it was put on another scale."""
    low, expected, high = map(back, band)
    return beside(value, (low, expected, high), seen.turned(back))


def _describe(
    name: Hashable,
    contribution: float,
    actual: float,
    band: tuple[float, float, float],
    seen: Seen | None,
) -> AlertFeature:
    """Return a feature with how unusual it is."""
    low, expected, high = band
    direction = "above" if actual > high else "below" if actual < low else "within"
    p = student_tail(in_units_of_t(actual, band))
    if seen is not None:
        lowest, highest = seen.limits
        if isfinite(lowest) and lowest <= actual <= highest:
            p = max(p, RARE)
        p = max(p, seen.share_as_far(actual, expected))
    frequency = next((word for word, least in FREQUENCIES if p >= least), "unseen")
    return AlertFeature(
        name, contribution, actual, expected, low, high, direction, frequency, seen=seen
    )


def in_units_of_t(actual: float, band: tuple[float, float, float]) -> float:
    """How far a value is from the expected one, as Student's t; infinite beside a constant."""
    low, expected, high = band
    deviation = abs(actual - expected)
    if deviation == 0.0:
        return 0.0
    half = abs((high if actual > expected else low) - expected)
    return HALF_BAND * deviation / half if half > 0.0 else inf


def student_tail(t: float) -> float:
    """P(|T| > t) for Student's t with 3 degrees of freedom, in closed form."""
    if not isfinite(t):
        return 0.0
    u = t / sqrt(3.0)
    return max(1.0 - 2.0 / pi * (atan(u) + u / (1.0 + u * u)), 0.0)


def _count(count: float) -> str:
    """Show how many events, to one figure rounded down: it is an estimate."""
    # One in a hundred more is the same to an estimate.
    count = max(1.01 * count, 1.0)
    scale = 10 ** floor(log10(count))
    return f"{int(count / scale) * scale:,}"


def _printable(value: Any) -> str:
    return printable(f"{value:.12g}" if isinstance(value, float) else str(value))


def plain(value: Any) -> Any:
    """Return a value that strict JSON can hold."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if isfinite(value):
            return float(value)
        return None if value != value else "Infinity" if copysign(1.0, value) > 0 else "-Infinity"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(_pairs(value.items()))
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    return str(value)


def _pairs(items: Iterable[tuple[Any, Any]]) -> Iterable[tuple[str, Any]]:
    """Names as strings, those that would collide, as 1 and "1" do, with their types."""
    taken: set[str] = set()
    for name, value in items:
        text = _name(name)
        while text in taken:
            text = f"{text} ({type(name).__name__})"
        taken.add(text)
        yield text, plain(value)


def _name(name: Any) -> str:
    return name if isinstance(name, str) else str(name)
