"""Keys of categorical values: small, hashable, and equal for equal values."""

from __future__ import annotations

from decimal import Decimal
from hashlib import blake2b
from numbers import Real
from typing import Any

import numpy as np

from clipsgd_river._kernels.core.as_float import MISSING_TYPES

# A longer text or number is kept as a digest: hostile values must not exhaust memory.
LONGEST = 128
# Beyond so many bits Python's hash of an integer is a remainder, for which equal ones are easily
# found; a digest has none.
WIDEST = 60
DIGEST_SIZE = 16


def as_key(name: Any, content: Any) -> Any:
    """Value of a categorical feature as it is kept; ``None`` if it is missing.

    Parameters
    ----------
    name
        The feature, for the error.
    content
        ``None``, NaN and ``pandas.NA`` are missing. Text, bytes, numbers and tuples of these are
        values; numbers that are equal are one value, and NumPy scalars are what they hold.

    Returns
    -------
    The value; of a tuple, a text or bytes of more than 128 and an integer of more than 60 bits a
    tuple with its digest, which is never a value itself.

    Raises
    ------
    TypeError
        For anything else.
    """
    try:
        return _key_of(content)
    except (TypeError, RecursionError):
        kind = type(content).__name__
        raise TypeError(
            f"feature {name!r} is {content!r:.60} of type {kind}, which is neither a number nor a "
            "category: make it a string, for example with str(), or a tuple, or drop it"
        ) from None


def _key_of(content: Any) -> Any:
    if isinstance(content, np.generic):
        content = content.item()
    if content is None or type(content).__name__ in MISSING_TYPES:
        return None
    if isinstance(content, str):
        text = str.__str__(content)
        return text if len(text) <= LONGEST else _digest("text", text)
    if isinstance(content, bytes):
        return bytes(content) if len(content) <= LONGEST else _digest("bytes", content.hex())
    if isinstance(content, int):
        return _whole(int(content))
    if isinstance(content, Real | Decimal):
        return _number(content)
    if isinstance(content, tuple):
        return _digest("tuple", repr(tuple(_key_of(part) for part in content)))
    raise TypeError


def _whole(number: int) -> Any:
    return number if number.bit_length() <= WIDEST else _digest("integer", hex(number))


def _number(content: Any) -> Any:
    try:
        number = float(content)
    except OverflowError:
        number = float("inf") if content > 0 else float("-inf")
    except ValueError:
        # A signalling NaN of Decimal.
        return None
    if number != number:
        return None
    return _whole(int(number)) if number.is_integer() else number


def _digest(kind: str, text: str) -> tuple[str]:
    data = f"{kind}:{text}".encode("utf-8", "surrogatepass")
    return (blake2b(data, digest_size=DIGEST_SIZE).hexdigest(),)
