"""Times as they were given, in the header of a state file."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np


def encoded(moment: Any) -> Any:
    """A JSON value from which `decoded` makes an equal time."""
    if isinstance(moment, np.datetime64):
        moment = moment.astype("datetime64[us]").item()
    if isinstance(moment, datetime):
        return {"datetime": moment.isoformat()}
    if isinstance(moment, date):
        return {"date": moment.isoformat()}
    return None if moment is None else float(moment)


def decoded(value: Any) -> Any:
    """Turn what `encoded` made back into a time; ``ValueError`` if it encodes none."""
    if value is None or (isinstance(value, float | int) and not isinstance(value, bool)):
        return value
    if isinstance(value, dict) and len(value) == 1:
        (kind, text), *_ = value.items()
        if isinstance(text, str) and kind in ("datetime", "date"):
            return (datetime if kind == "datetime" else date).fromisoformat(text)
    raise ValueError("the state has a time that is none: it is damaged")
