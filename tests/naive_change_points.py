"""The first alarm of `ClippedOCPD` on one variable, from the formulas and nothing else."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def payoff(slope: float, y: Any) -> Any:
    """Clipped parabola: min(8, 1 + u + u^2 / 3), 1/4 left of its minimum; u = slope y."""
    u = slope * np.asarray(y)
    return np.where(u <= -1.5, 0.25, np.minimum(8.0, 1.0 + u + u * u / 3.0))


def start(values: Values) -> tuple[float, float]:
    """Median and robust scale of the first values."""
    center = float(np.median(values))
    off = np.sort(np.abs(values - center))
    kept = min(math.ceil(0.8 * len(off)), len(off) - 1)
    return center, max(
        1.4826022185056018 * float(np.median(off)), 1.7901581257439687 * off[:kept].mean()
    )


def spending(events: int, delta: float) -> float:
    """Budget of the event of this number."""
    period = 0 if events < 64 else int(math.log2(events / 64)) + 1
    length = 64 if period == 0 else 64 * 2 ** (period - 1)
    return 0.9 * delta * 10 / ((period + 10) * (period + 11)) / length


def bounds(y: Values, level: float, known: bool) -> tuple[float, float]:
    """Bounds on the mean of y at one time: the closest of three slopes."""
    steepest = 1.0
    while steepest > 2**-10 and 0.25 * steepest**2 * len(y) > 1.4 * level:
        steepest /= 2
    slopes = [steepest / 2**k for k in range(3) if steepest / 2**k >= 2**-10]
    found = [bounds_at(slope, y, level, known) for slope in slopes]
    return max(low for low, _ in found), min(high for _, high in found)


def bounds_at(slope: float, y: Values, level: float, known: bool) -> tuple[float, float]:
    """Bounds on the mean of y from the payoffs at one slope."""
    n = len(y)
    curve = slope**2 / 3
    rise, fall = payoff(slope, y), payoff(slope, -y)
    variance = 1.0
    if not known:
        variance = (((rise + fall) / 2 - 1).sum() + 3.125) / (n + 1) / curve
    found = []
    for payoffs in (rise, fall):
        value = math.exp((np.log(payoffs).sum() - level) / n) - 1 - curve * variance
        inside = slope**2 + 4 * curve * value
        found.append((math.sqrt(inside) - slope) / (2 * curve) if inside > 0 else -1e9)
    return max(found[0], -1e9), -max(found[1], -1e9)


def correlation(y: Values, deviations: Values) -> float:
    """Clipped correlation of neighbours, the smaller of two."""
    cut = np.clip(deviations, -3, 3)
    near = (np.clip(np.diff(deviations), -4.5, 4.5) ** 2).sum()
    far = (np.clip(deviations[2:] - deviations[:-2], -4.5, 4.5) ** 2).sum()
    products, squares = (cut[1:] * cut[:-1]).sum(), (cut * cut).sum()
    if products <= 0 or far <= near:
        return 0.0
    smaller = min(products / squares, far / near - 1) if near > 0 else products / squares
    return min(float(smaller) * len(y) / (len(y) + 10), 0.999)


def without_lone_outliers(y: Values) -> Values:
    """Each value at most 10 beyond both the last one and what was left of it."""
    kept: list[float] = []
    came, last = 0.0, 0.0
    for value in y.tolist():
        last = min(max(value, min(came, last) - 10), max(came, last) + 10)
        came = value
        kept.append(last)
    return np.array(kept)


def best_step(y: Values) -> tuple[float, int]:
    """What the best step takes from the sum of squares, and its place."""
    cut = without_lone_outliers(y)
    n = len(cut)
    return max(
        ((cut[:k].mean() - cut[k:].mean()) ** 2 * k * (n - k) / n, k)
        for k in boundaries(n)
        if 2 <= k <= n - 2
    )


def is_line(y: Values) -> bool:
    """Whether the means of the buckets let the best line leave less than the best step."""
    cut = without_lone_outliers(y)
    n = len(cut)
    ends = [0, *boundaries(n)]
    product = sum(((a + b) / 2 - n / 2) * cut[a:b].sum() for a, b in pairwise(ends))
    return bool(product**2 / (n * (n * n - 1) / 12) > best_step(y)[0])


def boundaries(n: int) -> list[int]:
    """Ends of buckets: twelve of a size at most, the two oldest of thirteen are joined."""
    sizes: dict[int, int] = {}
    for _ in range(n):
        size = 1
        while True:
            sizes[size] = sizes.get(size, 0) + 1
            if sizes[size] <= 12:
                break
            sizes[size] -= 2
            size *= 2
    ends, end = [], 0
    for size in sorted(sizes, reverse=True):
        for _ in range(sizes[size]):
            end += size
            ends.append(end)
    return ends


def first_alarm(values: Values, delta: float, sigma: float | None) -> tuple[int, int] | None:
    """Index of the first alarm and of the change; ``sigma`` of ``None`` is "auto"."""
    known = sigma is not None
    warm_up = 8 if known else 20
    center, unit = start(values[:warm_up])
    # With sigma unknown the first values count, but no window begins among them.
    unseen = warm_up if known else 0
    y = (values[unseen:] - center) / (sigma or unit)
    spans = sorted([2**i for i in range(20)] + [3 * 2**i for i in range(20)])
    low, high = -1e9, 1e9
    lows: list[tuple[float, float]] = []
    deviations: list[float] = []
    inflations: list[float] = []
    level = math.log(2 * 11 / (0.1 * delta))
    for n in range(1, len(y) + 1):
        middle = (low + high) / 2 if high - low < 5e8 else 0.0
        deviations.append(float(y[n - 1] - middle))
        phi = 0.0 if known else correlation(y[:n], np.array(deviations))
        inflations.append((1 + phi) / (1 - phi))
        contradiction = False
        if n % (4 if n < 64 else 16) == 0:
            lower, higher = bounds(y[:n], level * inflations[-1], known)
            if max(low, lower) < min(high, higher):
                low, high = max(low, lower), min(high, higher)
            else:
                contradiction = known
        lows.append((low, -high))
        if known or n > 20:
            found = contradiction or any(
                excess(y[:n], delta, sides, begun, span, rank, inflations, known, unseen)
                for rank, span in enumerate(spans)
                if n % (1 if span <= 3 else span // 2) == 0
                for begun in range(n - 8 * span, n)
                if begun % span == 0 and begun >= span and (known or begun > 20)
                for sides in [lows[-1]]
            )
            if found and (known or not is_line(y[:n])):
                return unseen + n - 1, unseen + best_step(y[:n])[1]
    return None


def excess(
    y: Values,
    delta: float,
    lows: tuple[float, float],
    begun: int,
    span: int,
    rank: int,
    inflations: list[float],
    known: bool,
    unseen: int,
) -> bool:
    """Whether the window that began after this many events has evidence enough."""
    k = 8 * span
    slope = min(1.3, math.sqrt(28 / k))
    share = 10 / ((rank + 10) * (rank + 11)) * span
    limit = math.log(2 / spending(len(y) + unseen, delta)) - math.log(share)
    for sign, low in zip((1, -1), lows, strict=True):
        seen = y if known else np.clip(y, -3, 3)
        window = np.log(payoff(slope, sign * seen[begun:])).sum()
        power = 1.0
        if known:
            power = k * slope / (1 + slope**2 / 3) * (4 / 3) / begun
            taken = len(y) - begun
            offset = max(abs(lows[0]), abs(lows[1]))
            evidence = against_known_past(sign * y[:begun], slope, k, taken, offset, low)
        else:
            # Payoffs of a length count from the event of its span on.
            evidence = against_mean_payoff(sign * seen[span - 1 : begun], slope, k, len(y) - begun)
        if window + evidence >= inflations[begun - 1] * max(power, 1.0) * limit:
            return True
    return False


def curvature(slope: float, offset: float) -> float:
    """Bound on log(1 + v + A v^2 / 3) - v."""
    a = 1 + slope**2 / 3
    v = slope * offset / a
    part = a / 3 - 1 / 2 + v / 6
    if part <= 0:
        return 0.0
    return v * v * (min(part * math.exp(v), a / 3) if v < 1 else a / 3)


def against_known_past(
    past: Values, slope: float, k: int, taken: int, offset: float, low: float
) -> float:
    """Logarithm of the past's payoffs over the bound on the expectation of all.

    Of the slopes with a power of at most 1 the smallest; slope 1 if there is none.
    """
    n, a = len(past), 1 + slope**2 / 3
    for scale in range(10, -1, -1):
        b = 2.0**-scale
        c = b * b / 3
        p = k * slope / a * (1 + c) / (n * b)
        if p <= 1 or scale == 0:
            reached = p * float(np.log(payoff(b, -past)).sum())
            of_past = p * n * (math.log(1 + c) + curvature(b, offset))
            of_window = taken * (math.log(a) + curvature(slope, offset))
            linear = (k - taken) * slope / a * low if taken < k else 0.0
            return reached - of_past - of_window + linear
    raise AssertionError("one of the slopes is the last")


def against_mean_payoff(past: Values, slope: float, k: int, taken: int) -> float:
    """Logarithm of 1 / mean payoff of the past, less what its error costs."""
    n = len(past)
    if 4 * n < k:
        return -math.inf
    payoffs = np.append(payoff(slope, past), payoff(slope, 3.0))
    mean, variance = payoffs.mean(), (payoffs**2).mean() - payoffs.mean() ** 2
    return -taken * math.log(mean) - taken**2 * float(variance) / (2 * n * mean**2)
