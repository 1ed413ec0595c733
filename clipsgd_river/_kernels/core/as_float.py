"""What counts as a number in an event, for everything that is not a plain float.

And the words for what does not: each names the feature and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from math import inf, nan
from numbers import Real
from typing import Any

import numpy as np

# pandas' NA and NaT are missing values; pandas is not required, so they are known by name.
MISSING_TYPES = frozenset({"NAType", "NaTType"})
DURATIONS = (timedelta, np.timedelta64)
# NumPy's times have a missing value of their own, NaT, and its durations pass for whole numbers.
NUMPY_TIMES = (np.datetime64, np.timedelta64)


def as_float(name: Any, content: Any, noun: str = "feature") -> float:
    """Value of a feature as a float; NaN if it is missing.

    Parameters
    ----------
    name
        The feature, for the error.
    content
        ``None``, ``pandas.NA``, NaN and NaT are missing. Integers, bools, ``Decimal``, ``Fraction``
        and NumPy scalars are numbers; those beyond the range of a float become infinite.
    noun
        What it is, if it is no feature, for the error.

    Raises
    ------
    TypeError
        For anything else.
    """
    kind = type(content)
    if kind is int or kind is bool or isinstance(content, Real | Decimal | np.bool_):
        try:
            return float(content)
        except OverflowError:
            return inf if content > 0 else -inf
        except ValueError:
            # A signalling NaN of Decimal is a missing value like any other NaN.
            return nan
        except TypeError:
            # NumPy's durations are registered as numbers and are none.
            pass
    if content is None or kind.__name__ in MISSING_TYPES:
        return nan
    if isinstance(content, NUMPY_TIMES) and np.isnat(content):
        return nan
    verb = "holds" if noun == "column" else "is"
    raise TypeError(
        f"{noun} {name!r} {verb} {content!r:.60} of type {kind.__name__}, not a number: "
        f"{cure_of(content, noun)}"
    )


def cure_of(content: Any, noun: str = "feature") -> str:
    """What to do about a value that is not a number."""
    if isinstance(content, str | bytes):
        looks = "it looks like one: convert it with float(); or " if is_numeric(content) else ""
        if noun not in ("feature", "column"):
            return f"{looks}make a number of it, or leave it out"
        return (
            f"{looks}put clipsgd_river.preprocessing.SurprisalEncoder in front, which makes "
            "numbers of categories, as in SurprisalEncoder() | ClippedEnsemble(); or leave it out"
        )
    if isinstance(content, DURATIONS):
        return "pass its seconds, as total_seconds() gives them, or leave it out"
    if isinstance(content, date | time | np.datetime64):
        return (
            "pass what matters of it as numbers, such as the hour of the day, or leave it out (the "
            "time of an event is for the parameter time of AlertBudget)"
        )
    if isinstance(content, np.ndarray) and content.ndim > 0:
        return f"give each number in it a {noun} of its own, or leave it out"
    if isinstance(content, Mapping | list | tuple | set | frozenset):
        return (
            f"give each number in it a {noun} of its own, or leave it out ({refusal_of(content)})"
        )
    return "make a number of it, or leave it out"


def refusal_of(content: Any) -> str:
    """What Python itself says when a number is to be made of a value."""
    try:
        float(content)
    except TypeError as error:
        return str(error)
    return "it is more than one value"


def is_numeric(text: Any) -> bool:
    """Whether a text reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def not_an_event(event: Any, values: str = "number") -> TypeError:
    """The error for what is given where an event belongs, a dict of feature -> ``values``."""
    kind = type(event).__name__
    if hasattr(event, "to_dict") and getattr(event, "ndim", 2) == 1:
        cure = f"of a {kind} that is one row pass its to_dict()"
    elif isinstance(event, np.void) and event.dtype.names:
        cure = "of a record pass dict(zip(x.dtype.names, x.item()))"
    elif isinstance(event, np.ndarray | list | tuple):
        cure = "of the values of one row pass dict(enumerate(x)), the features then being 0..d-1"
    else:
        cure = "for one row make it a dict"
    return TypeError(
        f"an event is a dict of feature -> {values}, not {kind}: {cure}; for rows of an array or a "
        "data frame call the method that ends in _many"
    )


def is_missing(label: Any) -> bool:
    """Whether a label is missing: ``None``, ``pandas.NA``, NaN of any type of number, NaT."""
    if label is None or type(label).__name__ in MISSING_TYPES:
        return True
    # NaN is the only number that differs from itself; a signalling one may not be compared.
    if isinstance(label, Decimal):
        return label.is_nan()
    if isinstance(label, NUMPY_TIMES):
        return bool(np.isnat(label))
    return isinstance(label, Real) and bool(label != label)
