"""What counts as a number in an event, for everything that is not a plain float."""

from __future__ import annotations

from decimal import Decimal
from math import inf, nan
from numbers import Real
from typing import Any

import numpy as np

# pandas' NA and NaT are missing values; pandas is not required, so they are known by name.
MISSING_TYPES = frozenset({"NAType", "NaTType"})


def as_float(name: Any, content: Any) -> float:
    """Value of a feature as a float; NaN if it is missing.

    Parameters
    ----------
    name
        The feature, for the error.
    content
        ``None``, ``pandas.NA`` and NaN are missing. Integers, bools, ``Decimal``, ``Fraction``
        and NumPy scalars are numbers; those beyond the range of a float become infinite.

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
    if content is None or kind.__name__ in MISSING_TYPES:
        return nan
    raise TypeError(
        f"feature {name!r} is {content!r:.60} of type {kind.__name__}, not a number; drop it or "
        "encode it first, for example with river.preprocessing.OneHotEncoder"
    )


def is_missing(label: Any) -> bool:
    """Whether a label is missing: ``None``, ``pandas.NA``, NaN of any type of number."""
    if label is None or type(label).__name__ in MISSING_TYPES:
        return True
    # NaN is the only number that differs from itself; a signalling one may not be compared.
    if isinstance(label, Decimal):
        return label.is_nan()
    return isinstance(label, Real) and bool(label != label)
