"""The first alarm of `ClippedOCPD` on one variable, from the formulas and nothing else."""

from __future__ import annotations

import math
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
    """Bounds on the mean of y at one time."""
    n, slope = len(y), 1.0
    while slope > 2**-10 and 0.25 * slope**2 * n > 1.4 * level:
        slope /= 2
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


def first_alarm(values: Values, delta: float, sigma: float | None) -> int | None:
    """Index of the first alarm; ``sigma`` of ``None`` is "auto"."""
    center, unit = start(values[:20])
    y = (values[20:] - center) / (sigma or unit)
    spans = sorted([2**i for i in range(20)] + [3 * 2**i for i in range(20)])
    low, high = -1e9, 1e9
    deviations: list[float] = []
    inflations: list[float] = []
    offsets: list[float] = []
    level = math.log(2 * 11 / (0.1 * delta))
    for n in range(1, len(y) + 1):
        middle = (low + high) / 2 if high - low < 5e8 else 0.0
        deviations.append(float(np.clip(y[n - 1] - middle, -3, 3)))
        z = np.array(deviations)
        phi = 0.0 if n == 1 else max(0.0, (z[1:] * z[:-1]).sum()) / max((z * z).sum(), 1e-300)
        inflations.append((1 + phi) / (1 - phi) if sigma is None else 1.0)
        if n % 16 == 0:
            lower, higher = bounds(y[:n], level * inflations[-1], sigma is not None)
            if max(low, lower) < min(high, higher):
                low, high = max(low, lower), min(high, higher)
        offsets.append(max(abs(low), abs(high)))
        for rank, span in enumerate(spans):
            k = 8 * span
            past = n - k
            if n % span or past < span:
                continue
            limit = math.log(2 / spending(n + 20, delta)) - math.log(
                10 / ((rank + 10) * (rank + 11)) * span
            )
            slope = min(1.3, math.sqrt(28 / k))
            for sign in (1, -1):
                window = np.log(payoff(slope, sign * y[past:n])).sum()
                if sigma is not None:
                    evidence = against_known_past(sign * y[:past], slope, k, offsets[-1])
                else:
                    evidence = against_mean_payoff(sign * y[span - 1 : past], slope, k)
                if window + evidence >= inflations[past - 1] * limit:
                    return 20 + n - 1
    return None


def against_known_past(past: Values, slope: float, k: int, offset: float) -> float:
    """Logarithm of the past's payoffs over the bound on the expectation of all."""
    n, a = len(past), 1 + slope**2 / 3
    for scale in range(10, -1, -1):
        b = 2.0**-scale
        c = b * b / 3
        p = k * slope / a * (1 + c) / (n * b)
        if p <= 1:
            loss = k * slope**2 / 3 / a + p * n * c / (1 + c)
            reached: float = p * np.log(payoff(b, -past)).sum()
            return reached - k * math.log(a) - p * n * math.log(1 + c) - loss * offset**2
    return -math.inf


def against_mean_payoff(past: Values, slope: float, k: int) -> float:
    """Logarithm of 1 / mean payoff of the past, less what its error costs."""
    n = len(past)
    if n < k:
        return -math.inf
    payoffs = np.append(payoff(slope, past), 8.0)
    mean, variance = payoffs.mean(), (payoffs**2).mean() - payoffs.mean() ** 2
    return -k * math.log(mean) - k * k * float(variance) / (2 * n * mean**2)
