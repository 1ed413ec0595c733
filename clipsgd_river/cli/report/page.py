"""What the page says, put into HTML in which every text is escaped."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import clipsgd_river
from clipsgd_river.cli.report.alert_times import AlertTimes, severities
from clipsgd_river.cli.report.calendar_grid import cell, grid
from clipsgd_river.cli.report.distributions import Distribution
from clipsgd_river.cli.report.feature_cards import MOST_PICTURES, cards
from clipsgd_river.cli.report.incident_rows import incident_rows
from clipsgd_river.cli.report.incidents import Incidents
from clipsgd_river.cli.report.pictures import draw
from clipsgd_river.cli.report.raw_events import ends
from clipsgd_river.cli.report.related import ranked_with_related
from clipsgd_river.cli.report.run_facts import Run, counted, facts_of, runs_of
from clipsgd_river.cli.report.samples import Point, Samples
from clipsgd_river.cli.scoring.clock import Clock
from clipsgd_river.cli.scoring.watch import in_unit
from clipsgd_river.cli.terminal.text import shown
from clipsgd_river.plot import plot_band

if TYPE_CHECKING:
    from clipsgd_river.cli.report.timeline import Timeline

_MOST_BANDS: Final = 4
_MOST_KEYS: Final = 12
_LONGEST_NOTE: Final = 400
#: Rows of the list that a script leaves open at first: as many as a screen has room for.
_FIRST_ROWS: Final = 12
#: Width of a picture that is to be read on a phone, in inches.
_CARD: Final = 3.7


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
            (name, found.times.severities[name], counted(found.times.severities[name], name, name))
            for name in severities()
            if found.times.severities[name]
        ],
        rows=rows,
        first_rows=_FIRST_ROWS,
        capped=_capped(run, found.incidents, len(rows)),
        has_times=any(row["time"] for row in rows),
        has_keys=any(row["key"] for row in rows),
        has_severities=any(row["severity"] for row in rows),
        is_ready=run.ready,
        zone="" if clock is None else clock.zone,
        grids=_grids(run, found),
        keys=_keys(found.times),
        more_keys=max(found.times.keys - _MOST_KEYS, 0),
        runs=runs_of(run, found.times, clock),
        scores=_scores(run, found.timeline) if run.events > 1 else None,
        features=features,
        pictures=MOST_PICTURES,
        compared=found.compared,
        bands=_bands(reasons, found.samples, clock, found.units),
        facts=facts_of(run, clock),
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
    told = f"{counted(total, what) if total else f'No {what}'} in {counted(run.events, 'event')}"
    return {"told": told, "first": times[0], "last": times[1]}


def _capped(run: Run, incidents: Incidents, listed: int) -> str:
    if incidents.total <= listed:
        return ""
    if run.alerts_file:
        where = f"all are in {shown(run.alerts_file, 200)}"
    elif incidents.folded:
        where = "--alerts FILE writes all of them"
    else:
        where = "--alert-rate with --alerts FILE tells those alike as one incident, and writes all"
    return f"The {listed:,} most unusual of {incidents.total:,} are listed; {where}."


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


def _scores(run: Run, timeline: Timeline) -> dict[str, Any]:
    return {
        "wide": draw(timeline.plot, 10.5, 3.6),
        "narrow": draw(timeline.plot, _CARD, 3.6),
        "words": (
            f"Scores of {counted(run.events, 'event')} over time with the threshold; "
            f"{counted(run.alerts, 'alert')} marked"
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
            words = f"Main reason of {counted(count, 'alert')}."
            if samples.is_category(feature):
                words += " Drawn is how surprising its values are, in bits."
            if math.isnan(points[-1].value):
                words += " Beyond the last value is drawn what is expected."
            if samples.stride > 1:
                words += f" Of the other events, one in {samples.stride:,} is shown."
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
