"""The lines of `--alerts`, which are what receivers get, too: one object of JSON each."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from clipsgd_river.alerts import Alert, Incident
    from clipsgd_river.cli.scoring.telling import Told

#: Version of the schema of lines: another one where a field goes, or means something else.
SCHEMA: Final = 1
_LONGEST: Final = 32


def fields_of(told: Told, alert: Alert) -> dict[str, Any]:
    """Return the fields of a line.

    Parameters
    ----------
    told
        What is told.
    alert
        The alert on the worst event, its features named as they are shown.
    """
    from clipsgd_river.alerts.alert import plain

    incident = told.incident
    head = {
        "schema": SCHEMA,
        "status": told.status,
        "uid": told.uid,
        "update": told.update,
        "detected": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "row": told.row,
        "incident": incident.number,
        "count": incident.count,
        "first": plain(incident.first),
        "last": plain(incident.last),
    }
    return {**head, **alert.to_dict(), "id": told.alert, "sentence": told.sentence}


def sentence_of(sentence: str, incident: Incident) -> str:
    """Return the sentence of an alert with how often the like came."""
    from clipsgd_river.alerts.alert import how_often

    if incident.count == 1:
        return sentence
    often = how_often(incident.count, incident.first, incident.last)
    return f"{sentence.removesuffix('.')}; {often}."


def identity(incident: Incident, window: str | None = None) -> str:
    """Return what identifies an incident that has just begun among those of all streams.

    The same event of the same stream gives the same: one that is judged anew after a crash is known
    again.
    """
    from clipsgd_river.alerts.alert import plain

    alert = incident.worst
    known = (
        window,
        incident.number,
        plain(alert.time),
        plain(alert.key),
        repr(alert.score),
        alert.events,
        [(str(part.feature), repr(part.actual), plain(part.value)) for part in alert.features],
    )
    text = json.dumps(known, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_LONGEST]
