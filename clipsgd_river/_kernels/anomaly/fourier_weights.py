"""Random frequencies of a feature, from its name alone."""

from __future__ import annotations

import struct
from array import array
from contextlib import suppress
from functools import lru_cache
from hashlib import shake_128
from math import sqrt
from numbers import Number
from statistics import NormalDist
from typing import Any


def spelled(name: Any) -> str:
    """A text for a feature name: the same for equal names, in every process.

    1, 1.0 and True are one name, as they are one key of a dict. Of an object that Python prints
    with its address only the type counts.
    """
    if isinstance(name, str):
        return f"text {str.__str__(name)}"
    if isinstance(name, tuple):
        return f"tuple {[spelled(part) for part in name]}"
    if hasattr(name, "item"):
        name = name.item()
    if isinstance(name, Number):
        with suppress(TypeError, ValueError, OverflowError):
            if int(name) == name:  # type: ignore[call-overload]  # complex ones have no int
                return f"number {int(name)}"  # type: ignore[call-overload]
    if type(name).__repr__ is object.__repr__:  # type: ignore[comparison-overlap]
        return f"object {type(name).__qualname__}"
    return f"object {name!r}"


@lru_cache(maxsize=64)
def normal_sample(count: int) -> array[float]:
    """The ``count`` quantiles of a standard normal at (i + 1/2) / count, made of variance 1."""
    if count == 1:
        return array("d", [1.0])
    normal = NormalDist()
    values = [normal.inv_cdf((i + 0.5) / count) for i in range(count)]
    scale = sqrt(sum(value * value for value in values) / count)
    return array("d", [value / scale for value in values])


@lru_cache(maxsize=4096)
def frequencies(name: str, seed: int, count: int) -> array[float]:
    """Frequencies of one feature: `normal_sample` in an order hashed from seed and name.

    Stratified, so that along each single feature the kernel is next to exact (Latin hypercube
    sampling), and independent from feature to feature.

    Parameters
    ----------
    name
        What `spelled` makes of the feature's name.
    seed
        Another seed, another order.
    count
        How many.
    """
    digest = shake_128(f"{seed} {name}".encode("utf-8", "surrogatepass")).digest(8 * count)
    keys = struct.unpack(f"<{count}Q", digest)
    sample = normal_sample(count)
    return array("d", [sample[i] for i in sorted(range(count), key=keys.__getitem__)])
