"""What the page says, put into HTML in which every text is escaped."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import clipsgd_river
from clipsgd_river._numbers import short_score
from clipsgd_river.cli.input.labels import Ranking
from clipsgd_river.cli.report.pictures import draw
from clipsgd_river.cli.report.samples import Point, Samples
from clipsgd_river.cli.report.top_alerts import RankedAlert, TopAlerts
from clipsgd_river.cli.scoring.clock import Clock
from clipsgd_river.cli.scoring.watch import in_unit, in_units
from clipsgd_river.cli.terminal.text import short_number, shown
from clipsgd_river.plot import plot_band, plot_contributions

if TYPE_CHECKING:
    from clipsgd_river.alerts import Alert
    from clipsgd_river.cli.report.timeline import Timeline

_MOST_CARDS: Final = 6
_MOST_BANDS: Final = 4
_MOST_BARS: Final = 5
_MOST_ROWS: Final = 12
_LONGEST_SENTENCE: Final = 400
#: Width of a picture that is to be read on a phone, in inches.
_CARD: Final = 3.7


@dataclass(frozen=True)
class Run:
    """Plain facts of a run.

    Parameters
    ----------
    source
        Name of what was read.
    detector, rule
        What judged the events, and which were to be alerts, in words.
    events, alerts
        How many.
    threshold
        Score above which the next event would be an alert; NaN where there is none.
    first, last
        Time of the first and the last event in seconds; NaN if unknown.
    seconds
        How long the run took; None leaves the rate out.
    ranking
        How well labelled anomalies were ranked, where there are labels.
    notes
        What the reader must not miss.
    """

    source: str
    detector: str
    rule: str
    events: int
    alerts: int
    threshold: float
    first: float
    last: float
    seconds: float | None
    ranking: Ranking | None
    notes: tuple[str, ...] = ()


class _Fact(NamedTuple):
    name: str
    value: str
    detail: str = ""
    is_long: bool = False


def page(
    run: Run, timeline: Timeline, top: TopAlerts, samples: Samples, units: Mapping[str, str]
) -> str:
    """Return the page as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("clipsgd_river.cli.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    clock = timeline.clock
    ranked = [each._replace(alert=in_units(each.alert, units)) for each in top.ranked()]
    rest = [_brief(each, clock) for each in ranked[_MOST_CARDS:]]
    return environment.get_template("page.html").render(
        source=shown(run.source, 200),
        lead=_lead(run, clock),
        notes=[shown(note, _LONGEST_SENTENCE) for note in run.notes],
        facts=_facts(run, clock),
        scores=_scores(run, timeline) if run.events else None,
        alerts=[_card(each, clock) for each in ranked[:_MOST_CARDS]],
        rest=rest,
        has_times=any(each["time"] for each in rest),
        has_severities=any(each["severity"] for each in rest),
        bands=_bands(top, samples, clock, units),
        version=clipsgd_river.__version__,
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    )


def _lead(run: Run, clock: Clock | None) -> dict[str, str]:
    if not run.events:
        return {"watched": "No event was read.", "first": "", "last": "", "raised": ""}
    times = ("", "")
    if clock is not None and math.isfinite(run.first) and math.isfinite(run.last):
        times = (clock.shown(run.first), clock.shown(run.last))
    return {
        "watched": f"{run.detector} watched {_count(run.events, 'event')}",
        "first": times[0],
        "last": times[1],
        "raised": f"and raised {_count(run.alerts, 'alert') if run.alerts else 'no alert'}.",
    }


def _facts(run: Run, clock: Clock | None) -> list[_Fact]:
    facts = [_Fact("Events", f"{run.events:,}")]
    if clock is not None and math.isfinite(run.last - run.first):
        facts.append(_Fact("Time span", _duration(run.last - run.first)))
    share = f"{run.alerts / run.events:.2%} of events" if run.events else ""
    facts.append(_Fact("Alerts", f"{run.alerts:,}", "; ".join(filter(None, (share, run.rule)))))
    known = math.isfinite(run.threshold)
    facts.append(
        _Fact("Threshold", short_score(run.threshold), "score at the end")
        if known
        else _Fact("Threshold", "none yet")
    )
    facts.append(_Fact("Detector", run.detector, is_long=True))
    if run.seconds is not None:
        rate = run.events / max(run.seconds, 1e-9)
        facts.append(_Fact("Throughput", f"{rate:,.0f}", "events a second"))
    if run.ranking is not None:
        counts = f"{_count(run.ranking.anomalies, 'labelled anomaly', 'labelled anomalies')}"
        for name, figure in (
            ("ROC AUC", run.ranking.roc_auc),
            ("Average precision", run.ranking.average_precision),
        ):
            facts.append(_Fact(name, "unknown" if figure is None else f"{figure:.4f}", counts))
    return facts


def _scores(run: Run, timeline: Timeline) -> dict[str, Any]:
    return {
        "wide": draw(timeline.plot, 10.5, 3.6),
        "narrow": draw(timeline.plot, _CARD, 3.6),
        "words": (
            f"Scores of {_count(run.events, 'event')} over time with the threshold; "
            f"{_count(run.alerts, 'alert')} marked"
        ),
    }


def _brief(ranked: RankedAlert, clock: Clock | None) -> dict[str, Any]:
    # The time stands beside the sentence.
    alert = replace(ranked.alert, time=None)
    return {
        "row": f"{ranked.row:,}",
        "time": clock.shown(ranked.seconds) if clock is not None else "",
        "severity": alert.severity if alert.tail_probability is not None else "",
        "sentence": shown(alert.sentence, _LONGEST_SENTENCE),
    }


def _card(ranked: RankedAlert, clock: Clock | None) -> dict[str, Any]:
    alert = ranked.alert
    parts = _parts(alert.contributions)
    bars = min(len(parts), _MOST_BARS + 1)
    plot = partial(_plot_contributions, alert)
    return {
        **_brief(ranked, clock),
        "score": short_score(alert.score),
        "contributions": parts[:_MOST_ROWS],
        "words": ", ".join(f"{part['name']} {part['share']}" for part in parts[:3]),
        "picture": draw(plot, _CARD, 0.35 + 0.42 * bars) if parts else None,
    }


def _parts(contributions: Mapping[Hashable, float]) -> list[dict[str, str]]:
    known = {name: size for name, size in contributions.items() if size and math.isfinite(size)}
    total = math.fsum(map(abs, known.values()))
    return [
        {
            "name": shown(name),
            "size": short_number(known[name]),
            "share": f"{known[name] / total:.0%}",
        }
        for name in sorted(known, key=lambda name: -abs(known[name]))
    ]


def _plot_contributions(alert: Alert, axes: Any) -> None:
    plot_contributions(alert, most=_MOST_BARS, ax=axes)


def _bands(
    top: TopAlerts, samples: Samples, clock: Clock | None, units: Mapping[str, str]
) -> list[dict[str, Any]]:
    bands = []
    for feature, count in top.reasons(_MOST_BANDS):
        points = samples.points(feature)
        if any(not math.isnan(point.value) for point in points):
            words = f"Main reason of {_count(count, 'alert')}."
            if samples.is_category(feature):
                words += " Drawn is how surprising its values are, in bits."
            if samples.stride > 1:
                words += f" Of other events, one in {samples.stride:,} is drawn."
            if samples.marks_stand_for > 1:
                words += f" Of alerts, one in {samples.marks_stand_for:,} is marked."
            name = in_unit(feature, units)
            bands.append(
                {
                    "name": shown(name),
                    "words": words,
                    "picture": draw(partial(_plot_band, name, points, clock), _CARD, 2.7),
                }
            )
    return bands


def _plot_band(name: Hashable, points: list[Point], clock: Clock | None, axes: Any) -> None:
    positions: Any = None
    if clock is not None:
        positions = clock.positions(point.seconds for point in points)
    if positions is None:
        positions = [point.row for point in points]
    plot_band(
        [point.value for point in points],
        [point.band for point in points],
        anomalies=[point.is_anomaly for point in points],
        positions=positions,
        name=name,
        ax=axes,
    )


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def _duration(seconds: float) -> str:
    """Say how long something took, in the unit that suits it.

    Examples
    --------
    >>> _duration(90), _duration(7200), _duration(86400 * 40)
    ('1.5 minutes', '2 hours', '40 days')
    """
    units = (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0))
    name, size = next((unit for unit in units if abs(seconds) >= unit[1]), ("seconds", 1.0))
    return f"{seconds / size:,.3g} {name}"
