"""The rows of the page's list of incidents."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from clipsgd_river._numbers import short_score
from clipsgd_river.cli.report.alert_times import severities
from clipsgd_river.cli.report.incidents import ListedIncident
from clipsgd_river.cli.report.raw_events import Fields, ends
from clipsgd_river.cli.report.related import Related
from clipsgd_river.cli.scoring.watch import in_units
from clipsgd_river.cli.terminal.text import short_number, shown

if TYPE_CHECKING:
    from clipsgd_river.alerts import Alert
    from clipsgd_river.cli.scoring.clock import Clock

_LONGEST_SENTENCE: Final = 400
_LONGEST_NAME: Final = 80
#: Features that a row tells the contributions of.
_MOST_PARTS: Final = 6
#: Letters of raw events on the page, over all rows, and those that every row may have.
_ALL_LETTERS: Final = 600_000
_FEWEST_LETTERS: Final = 300


def incident_rows(
    ranked: Sequence[tuple[ListedIncident, Related | None]],
    clock: Clock | None,
    units: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return what the page says of incidents and what relates them to others, in their order."""
    most = max(_ALL_LETTERS // max(len(ranked), 1), _FEWEST_LETTERS)
    return [_row(*each, clock, units, most) for each in ranked]


def _row(
    listed: ListedIncident,
    related: Related | None,
    clock: Clock | None,
    units: Mapping[str, str],
    letters: int,
) -> dict[str, Any]:
    # Time and key stand beside the sentence.
    alert = replace(in_units(listed.alert, units), time=None, key=None)
    has_time = clock is not None and math.isfinite(listed.seconds)
    fields, left_out = _within(listed.fields, letters)
    return {
        "row": f"{listed.row:,}",
        "order": listed.seconds if has_time else listed.row,
        "time": _time(clock, listed.seconds),
        "last": _time(clock, listed.last) if listed.last != listed.seconds else "",
        "key": "" if listed.key is None else ends(listed.key, _LONGEST_NAME),
        "severity": listed.severity,
        "rank": _rank(listed.severity),
        "sentence": _sentence(listed, alert),
        "related": None if related is None else _related(related),
        "count": listed.count,
        "number": listed.number,
        "id": shown(alert.id) if alert.id else "",
        "is_older": listed.is_older,
        "parts": _parts(alert, dict(listed.fields)),
        "fields": fields,
        "left_out": left_out,
        "worst_row": f"{listed.worst_row:,}",
        "score": short_score(alert.score),
        "events": alert.events,
    }


def _time(clock: Clock | None, seconds: float) -> str:
    """Say when something was; the page says once which clock it is."""
    if clock is None:
        return ""
    return clock.shown(seconds).removesuffix(" UTC")


def _sentence(listed: ListedIncident, alert: Alert) -> str:
    if not alert.features and listed.features:
        names = ", ".join(ends(name, _LONGEST_NAME) for name in listed.features)
        return f"{names}: unusual as in an earlier run."
    return shown(alert.sentence, _LONGEST_SENTENCE)


def _related(related: Related) -> dict[str, str]:
    """Say how many other incidents share what, and what finds them in the list."""
    others = f"{related.others:,} other{'' if related.others == 1 else 's'}"
    what = f"{ends(related.name, _LONGEST_NAME)} {ends(related.value, _LONGEST_NAME)}"
    return {"words": f"{others} within the hour with {what}", "find": related.value}


def _parts(alert: Alert, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the features behind an alert: what each was, what is usual, and its share."""
    sizes = {name: size for name, size in alert.contributions.items() if math.isfinite(size)}
    total = math.fsum(map(abs, sizes.values()))
    words = {part.feature: shown(part.words, _LONGEST_SENTENCE) for part in alert.features}
    names = [*words, *sorted(sizes.keys() - words.keys(), key=lambda name: -abs(sizes[name]))]
    parts = []
    for name in names[:_MOST_PARTS]:
        size = sizes.get(name, 0.0)
        if name in words or size:
            share = abs(size) / total if total else 0.0
            parts.append(
                {
                    "name": ends(name, _LONGEST_NAME),
                    "words": words.get(name) or shown(values.get(str(name), "")),
                    "share": f"{share:.0%}",
                    "width": round(100 * share),
                    "size": short_number(size),
                }
            )
    return parts


def _within(fields: Fields, letters: int) -> tuple[Fields, int]:
    """Return the first fields that have no more letters, and how many are left out."""
    kept = 0
    for name, value in fields:
        letters -= len(name) + len(value)
        if letters < 0 and kept:
            break
        kept += 1
    return fields[:kept], len(fields) - kept


def _rank(severity: str) -> int:
    """Return a number that is higher for what is more severe."""
    known = ["", *reversed(severities())]
    return known.index(severity)
