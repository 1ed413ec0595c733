"""Times as seconds of the calendar."""

from __future__ import annotations

from datetime import date, datetime
from math import nan
from typing import Any

import numpy as np

from clipsgd_river._kernels.core.as_float import as_float

EPOCH = datetime(1970, 1, 1)


def is_time(content: Any) -> bool:
    """Whether a value is a time of the calendar, and no number."""
    return isinstance(content, datetime | date | np.datetime64)


def seconds_of(name: Any, content: Any) -> float:
    """Seconds since 1970 by the clock on the wall where the time was taken; NaN if it is missing.

    A season follows that clock, through changes to and from daylight-saving time, too. Numbers are
    seconds already.

    Parameters
    ----------
    name
        The feature, for the error.
    content
        A date or time, NumPy's too, with or without a zone; or a number.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if type(content).__name__ == "NaTType":
        return nan
    if isinstance(content, datetime):
        return (content.replace(tzinfo=None) - EPOCH).total_seconds()
    if isinstance(content, date):
        return (datetime(content.year, content.month, content.day) - EPOCH).total_seconds()
    if isinstance(content, np.datetime64) and not np.isnat(content):
        return int(content.astype("datetime64[us]").astype(np.int64)) / 1e6
    return as_float(name, content)
