"""What the page says, put into HTML in which every text is escaped."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import clipsgd_river
from clipsgd_river._numbers import short_score
from clipsgd_river.cli.input.labels import Ranking
from clipsgd_river.cli.report.alert_times import AlertTimes, severities
from clipsgd_river.cli.report.calendar_grid import cell, grid
from clipsgd_river.cli.report.distributions import Distribution
from clipsgd_river.cli.report.feature_cards import MOST_PICTURES, cards
from clipsgd_river.cli.report.incident_rows import incident_rows
from clipsgd_river.cli.report.incidents import Incidents
from clipsgd_river.cli.report.pictures import draw
from clipsgd_river.cli.report.raw_events import ends
from clipsgd_river.cli.report.related import ranked_with_related
from clipsgd_river.cli.report.samples import Point, Samples
from clipsgd_river.cli.scoring.clock import Clock
from clipsgd_river.cli.scoring.run_history import PastRun
from clipsgd_river.cli.scoring.watch import in_unit
from clipsgd_river.cli.terminal.text import shown
from clipsgd_river.plot import plot_band

if TYPE_CHECKING:
    from clipsgd_river.cli.report.timeline import Timeline

_MOST_BANDS: Final = 4
_MOST_KEYS: Final = 12
_MOST_RUNS: Final = 14
_LONGEST_NOTE: Final = 400
#: Rows of the list that a script leaves open at first: as many as a screen has room for.
_FIRST_ROWS: Final = 12
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
    ready
        Whether the detector is past its warm-up.
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
    alerts_file
        Where all alerts are, if they are anywhere.
    earlier
        Runs before this one with the same state, the oldest first.
    """

    source: str
    detector: str
    rule: str
    ready: bool
    events: int
    alerts: int
    threshold: float
    first: float
    last: float
    seconds: float | None
    ranking: Ranking | None
    notes: tuple[str, ...] = ()
    alerts_file: str | None = None
    earlier: Sequence[PastRun] = field(default_factory=list)


class Collected(NamedTuple):
    """What the page shows of a stream, each in constant memory.

    `before` and `now` are the distributions of features, and `compared` says of when they are.
    """

    timeline: Timeline
    incidents: Incidents
    times: AlertTimes
    samples: Samples
    units: Mapping[str, str]
    before: Mapping[str, Distribution]
    now: Mapping[str, Distribution]
    compared: tuple[str, str]


class _Fact(NamedTuple):
    name: str
    value: str
    detail: str = ""
    is_long: bool = False


def page(run: Run, found: Collected) -> str:
    """Return the page as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("clipsgd_river.cli.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    clock = found.timeline.clock
    script = resources.files(__package__).joinpath("page.js").read_text("utf-8")
    ranked = ranked_with_related(found.incidents.ranked(), found.samples.categories())
    rows = incident_rows(ranked, clock, found.units)
    reasons = found.incidents.reasons(_MOST_BANDS)
    features = cards(found.before, found.now, found.units, [str(name) for name, _ in reasons])
    return environment.get_template("page.html").render(
        source=shown(run.source, 200),
        script=Markup(script),
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        lead=_lead(run, found),
        notes=[shown(note, _LONGEST_NOTE) for note in run.notes],
        severities=[
            (name, found.times.severities[name], _count(found.times.severities[name], name, name))
            for name in severities()
            if found.times.severities[name]
        ],
        rows=rows,
        first_rows=_FIRST_ROWS,
        capped=_capped(run, found.incidents.total, len(rows)),
        has_times=any(row["time"] for row in rows),
        has_keys=any(row["key"] for row in rows),
        has_severities=any(row["severity"] for row in rows),
        is_ready=run.ready,
        zone="" if clock is None else clock.zone,
        grids=_grids(run, found),
        keys=_keys(found.times),
        more_keys=max(found.times.keys - _MOST_KEYS, 0),
        runs=_runs(run, found.times, clock),
        scores=_scores(run, found.timeline) if run.events else None,
        features=features,
        pictures=MOST_PICTURES,
        compared=found.compared,
        bands=_bands(reasons, found.samples, clock, found.units),
        facts=_facts(run, clock),
        version=clipsgd_river.__version__,
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    )


def _lead(run: Run, found: Collected) -> dict[str, str]:
    if not run.events:
        return {"told": "No event was read.", "first": "", "last": ""}
    clock, times = found.timeline.clock, ("", "")
    if clock is not None and math.isfinite(run.first) and math.isfinite(run.last):
        times = (clock.shown(run.first).removesuffix(" UTC"), clock.shown(run.last))
    total = found.incidents.total
    what = "incident" if found.incidents.folded else "alert"
    told = f"{_count(total, what) if total else f'No {what}'} in {_count(run.events, 'event')}"
    return {"told": told, "first": times[0], "last": times[1]}


def _capped(run: Run, total: int, listed: int) -> str:
    if total <= listed:
        return ""
    where = (
        f"all are in {shown(run.alerts_file, 200)}"
        if run.alerts_file
        else "--alerts FILE writes all of them"
    )
    return f"The {listed:,} most unusual of {total:,} are listed; {where}."


def _grids(run: Run, found: Collected) -> dict[str, Any] | None:
    clock = found.timeline.clock
    if clock is None or not clock.has_dates or not run.alerts:
        return None
    ends_of_run = (run.first, run.last)
    wide = grid(found.times, *ends_of_run)
    return None if wide is None else {"wide": wide, "narrow": grid(found.times, *ends_of_run, 3)}


def _keys(times: AlertTimes) -> list[dict[str, Any]]:
    return [
        {
            "name": ends(key, 80),
            "total": f"{counts.total():,}",
            "cells": [cell(type(counts)({name: counts[name]})) for name in severities()],
        }
        for key, counts in times.by_key(_MOST_KEYS)
    ]


def _runs(run: Run, times: AlertTimes, clock: Clock | None) -> list[dict[str, Any]]:
    """Return this run and those before it, the latest first; none where this is the only one."""
    if not run.earlier:
        return []
    now = PastRun(run.source, "", run.events, run.alerts, times.severities, run.first, run.last)
    most = max([now.alerts, *(each.alerts for each in run.earlier)], default=1) or 1
    shown_runs = [now, *reversed(run.earlier[-_MOST_RUNS + 1 :])]
    return [
        {
            "name": ends(each.source, 60),
            "when": _when(each, clock),
            "events": f"{each.events:,}",
            "alerts": f"{each.alerts:,}",
            "parts": [
                (name, each.severities[name], 100 * each.severities[name] / most)
                for name in [*severities(), ""]
                if each.severities.get(name)
            ],
            "words": ", ".join(
                f"{count:,} {name}" for name, count in each.severities.items() if name and count
            ),
            "is_now": each is now,
        }
        for each in shown_runs
    ]


def _when(run: PastRun, clock: Clock | None) -> str:
    if clock is not None and run.first is not None and math.isfinite(run.first):
        return clock.shown(run.first).removesuffix(" UTC")
    return run.ended.replace("T", " ")[:16]


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


def _bands(
    reasons: Sequence[tuple[Hashable, int]],
    samples: Samples,
    clock: Clock | None,
    units: Mapping[str, str],
) -> list[dict[str, Any]]:
    bands = []
    for feature, count in reasons:
        points = samples.points(feature)
        if any(not math.isnan(point.value) for point in points):
            words = f"Main reason of {_count(count, 'alert')}."
            if samples.is_category(feature):
                words += " Drawn is how surprising its values are, in bits."
            if samples.stride > 1:
                words += f" Of other events, one in {samples.stride:,} is drawn."
            if samples.marks_stand_for > 1:
                words += f" Of alerts, one in {samples.marks_stand_for:,} is marked."
            bands.append(
                {
                    "name": ends(in_unit(feature, units), 80),
                    "words": words,
                    "picture": draw(partial(_plot_band, points, clock), _CARD, 2.7),
                }
            )
    return bands


def _plot_band(points: list[Point], clock: Clock | None, axes: Any) -> None:
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
