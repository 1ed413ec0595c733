"""Location, scale and z-score straight from their formulas: slow, sharing no code with them.

One class per formula, a few lines each, so that a reader can hold them against the docstrings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from math import ceil, sqrt
from typing import Any

import numpy as np
from naive_repeats import ATOM, FAMILIAR, FROZEN, REGULAR, REST, Others, Repeats, same
from numpy.typing import NDArray
from scipy import integrate, stats

Vector = NDArray[np.float64]
Positions = NDArray[np.intp]

# The package states these two to four digits; test_naive.py holds them against their formulas.
TRIMMED_FACTOR = 1.7901581257439687
NORMAL_DISTANCE = 0.24360064103316972

LARGEST_VALUE = 1e150
LARGEST_DEVIATION = 1e35


@dataclass
class Quantile:
    """Multiplicative pinball steps, of size max(gain, 1 / t) at the t-th observation."""

    level: float
    gain: float
    value: float = 0.0
    count: float = 0.0

    def place(self, value: float, count: float) -> None:
        self.value, self.count = value, count

    def observe(self, x: float) -> None:
        if self.value == 0.0:
            if x > 0.0:
                self.place(x, 1.0)
            return
        self.count += 1.0
        step = 2.0 * max(self.gain, 1.0 / self.count)
        if x > self.value:
            self.value *= 1.0 + step * self.level
        else:
            self.value /= 1.0 + step * (1.0 - self.level)


@dataclass
class Trace:
    """||g||^2 / v - (1 + s sqrt(2 / d)) / (2 tau), with g and v running means over tau events."""

    longest_memory: float
    significance: float
    mean: Vector = field(default_factory=lambda: np.zeros(0))
    energy: float = 0.0
    memory: float = 5.0

    def observe(self, gradient: Vector, present: Positions) -> float:
        tau = self.memory
        self.mean[present] += (gradient - self.mean[present]) / tau
        self.energy += (float(gradient @ gradient) - self.energy) / tau
        if self.energy == 0.0:
            return 0.0
        ratio = float(self.mean[present] @ self.mean[present]) / self.energy
        self.memory = float(np.clip((1.0 - ratio) * tau + 1.0, 5.0, self.longest_memory))
        return ratio - (1.0 + self.significance * sqrt(2.0 / len(present))) / (2.0 * tau)


@dataclass
class Descent:
    """log(eta) += 0.03 <g, h> / sqrt(v w) + log(1 - 1/n), and h += eta (g - h)."""

    smallest: float
    slope: Vector = field(default_factory=lambda: np.zeros(0))
    rate: float = 0.0
    n: float = 0.0
    energy: float = 0.0
    slope_energy: float = 0.0

    def observe(self, gradient: Vector, present: Positions, jump: float, t: int) -> float:
        if self.n == 0.0:
            self.n, self.rate = float(t), 1.0 / t
        else:
            self.n += 1.0
            self.energy += max(0.01, 1.0 / self.n) * (float(gradient @ gradient) - self.energy)
            norms = sqrt(self.energy * self.slope_energy)
            product = float(gradient @ self.slope[present])
            rho = float(np.clip(product / norms, -1.0, 1.0)) if norms > 0.0 else 0.0
            x = 0.03 * rho
            self.rate *= (1.0 + x + x * x / 2.0) * (1.0 - 1.0 / self.n)
        if jump > max(self.rate, 1.0 / self.n):
            self.rate, self.n = jump, 1.0 / jump
        self.rate = float(np.clip(self.rate, self.smallest, 1.0))
        rate = min(max(self.rate, 1.0 / self.n), 0.3)
        self.slope[present] += rate * (gradient - self.slope[present])
        norm = float(self.slope[present] @ self.slope[present])
        self.slope_energy += max(0.01, 1.0 / self.n) * (norm - self.slope_energy)
        return rate


@dataclass
class Step:
    """Step size: automatic, doubling, a constant, or what a scheduler says."""

    rule: Any
    smallest: float
    trace: Trace
    descent: Descent | None = None
    rate: float = 1.0

    def grow(self) -> None:
        """Make room for one more feature."""
        self.trace.mean = np.append(self.trace.mean, 0.0)
        if self.descent is not None:
            self.descent.slope = np.append(self.descent.slope, 0.0)

    def schedule(self, t: int) -> None:
        """Set what is known before the event is seen."""
        if hasattr(self.rule, "get"):
            self.rate = self.rule.get(t)
        elif not isinstance(self.rule, str):
            self.rate = self.rule

    def advance(self, gradient: Vector, present: Positions, t: int) -> None:
        if self.rule == "auto":
            wish = self.trace.observe(gradient, present)
            if self.descent is None:
                self.rate = float(np.clip(wish, self.smallest, 0.3))
            else:
                self.rate = self.descent.observe(gradient, present, wish, t)
        elif self.rule == "doubling":
            epoch = t.bit_length() - 1
            self.rate = 2.0 ** (-2.0 * epoch / 3.0)


@cache
def gaussian_share(dimension: int, threshold: float) -> float:
    """E[min(R, lambda)^2] / d by numerical integration, R the norm of a standard normal vector."""
    norm = stats.chi(dimension)
    below, _ = integrate.quad(
        lambda r: r * r * norm.pdf(r), 0.0, threshold, epsabs=0.0, epsrel=1e-13, limit=200
    )
    return float((below + threshold**2 * norm.sf(threshold)) / dimension)


@dataclass
class Threshold:
    """Clip threshold lambda: a number, none, or a multiple of the median norm."""

    rule: Any
    multiple: float
    median: Quantile = field(default_factory=lambda: Quantile(0.5, 0.02))

    def value(self, memory: float, dimension: int) -> float:
        if self.rule is None:
            return float("inf")
        if not isinstance(self.rule, str):
            return float(self.rule)
        usual = self.median.value or sqrt(dimension)
        growth = max(memory, 1.0) ** 0.25 if self.rule == "growing" else 1.0
        return self.multiple * usual * growth

    def observe(self, norm: float, dimension: int) -> None:
        if self.median.value == 0.0 and norm > 0.0:
            self.median.place(sqrt(dimension), 1.0)
        self.median.observe(norm)

    def ratio(self, dimension: int, whole: int) -> float:
        """Median norm of fewer coordinates over that of all, where the threshold follows it."""
        if not isinstance(self.rule, str) or dimension in (0, whole):
            return 1.0
        return float(stats.chi(dimension).median() / stats.chi(whole).median())

    def share(self, dimension: int) -> float:
        if self.rule is None or self.rule == "growing":
            return 1.0
        if self.rule == "auto":
            return gaussian_share(dimension, self.multiple * stats.chi(dimension).median())
        return gaussian_share(dimension, float(self.rule))


def robust_start(sample: list[float]) -> tuple[float, float]:
    """Median; the larger of median and trimmed mean of absolute deviations, made consistent."""
    location = float(np.median(sample))
    deviations = np.sort(np.abs(np.array(sample) - location))
    kept = ceil(0.8 * len(sample))
    if kept == len(sample) > 2:
        kept -= 1
    by_median = float(np.median(deviations)) / stats.norm.ppf(0.75)
    by_mean = TRIMMED_FACTOR * float(deviations[:kept].mean())
    return location, max(by_median, by_mean)


class NaiveZScore:
    """Location and scale by clipped steps; the distance sums log(1 + z^2 / 3)."""

    normal_distance = NORMAL_DISTANCE

    def __init__(
        self,
        *,
        learning_rate: Any = "auto",
        clip: Any = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
    ) -> None:
        self.learning_rate = learning_rate
        self.warm_up = warm_up
        self.clip = Threshold(clip, 2.0)
        self.location_step = Step(learning_rate, 0.0005, Trace(60.0, 6.0), Descent(0.0005))
        self.scale_step = Step(learning_rate, 0.002, Trace(50.0, 2.0))
        self.typical = Quantile(0.5, 0.005)
        self.limit = Quantile(1.0 - contamination, 0.05)
        self.events = 0
        self.names: list[Any] = []
        self.samples: list[list[float]] = []
        self.early: list[bool] = []
        self.location = self.scale = self.seen = np.zeros(0)
        self.repeats: list[Repeats] = []
        fixed = isinstance(learning_rate, float)
        self.shares_memory = max(1 / learning_rate, 1000.0) if fixed else 1000.0
        self.others: list[Others] = []
        # Of the present values of the last event, and whether it says anything about distances.
        self.kinds: list[str] = []
        # Their tempered deviations, before the event counts among what repeats.
        self.judged = np.zeros(0)
        self.informative = True
        self.resumed = False

    def read(self, event: Mapping[Any, float]) -> tuple[Positions, Vector]:
        """Positions of the known features that hold a number, ascending, and the numbers."""
        known = {
            self.names.index(name): float(np.clip(value, -LARGEST_VALUE, LARGEST_VALUE))
            for name, value in event.items()
            if name in self.names and not np.isnan(value)
        }
        present = sorted(known)
        return np.array(present, dtype=np.intp), np.array([known[j] for j in present])

    def start_features(self, event: Mapping[Any, float]) -> None:
        for name, value in event.items():
            if name not in self.names and not np.isnan(value):
                self.names.append(name)
                self.samples.append([])
                self.early.append(not (self.seen >= self.warm_up).any())
                self.repeats.append(Repeats(self.shares_memory))
                self.others.append(Others(robust_start))
                self.grow()

    def active(self) -> Positions:
        """Features that came before any had started, and those that have started."""
        return np.flatnonzero(np.array(self.early, dtype=bool) | (self.seen >= self.warm_up))

    def grow(self) -> None:
        for attribute in ("location", "scale", "seen"):
            setattr(self, attribute, np.append(getattr(self, attribute), 0.0))
        self.location_step.grow()
        self.scale_step.grow()

    def deviations(self, present: Positions, values: Vector) -> Vector:
        """(x - m) / s; sqrt(min(n, 1000)) for a constant that changes."""
        difference = values - self.location[present]
        scale = self.scale[present]
        changed = [not same(x, m) for x, m in zip(values, self.location[present], strict=True)]
        surprise = np.sign(difference) * changed
        surprise *= np.sqrt(np.minimum(self.seen[present], 1000.0))
        deviations = difference / np.where(scale > 0.0, scale, 1.0)
        deviations = np.clip(deviations, -LARGEST_DEVIATION, LARGEST_DEVIATION)
        return np.where(scale > 0.0, deviations, surprise)

    def tempered(self, present: Positions, values: Vector) -> Vector:
        """Deviations at n / (n + 3) of their size; of atoms, no larger than they are rare."""
        seen = self.seen[present]
        z = self.deviations(present, values) * seen / (seen + 3.0)
        limits = [self.repeats[j].limit(x) for j, x in zip(present, values, strict=True)]
        return np.clip(z, [-limit for limit in limits], limits)

    def contributions(self, event: Mapping[Any, float]) -> dict[Any, float]:
        present, values = self.read(event)
        terms = np.log1p(self.tempered(present, values) ** 2 / 3.0)
        return {self.names[j]: float(term) for j, term in zip(present, terms, strict=True)}

    def distance(self, event: Mapping[Any, float]) -> float:
        return sum(self.contributions(event).values())

    def score(self, event: Mapping[Any, float]) -> float:
        distance = self.distance(event)
        if distance <= 0.0:
            return 0.0
        return min(1.0 / (1.0 + self.typical.value / distance), 1.0 - 2.0**-53)

    def learn(self, event: Mapping[Any, float]) -> None:
        self.events += 1
        for step in (self.location_step, self.scale_step):
            step.schedule(self.events)
        self.start_features(event)
        distance = self.distance(event)
        present, values = self.read(event)
        if len(present) == 0:
            return
        if self.typical.value == 0.0:
            usual = self.usual_distance(len(present))
            self.typical.place(usual, 10.0)
            self.limit.place(3.0 * usual, 10.0)
        self.judged = self.tempered(present, values)
        self.notice(present, values)
        if self.events > 1 and self.informative:
            self.typical.observe(distance)
            self.limit.observe(distance)
        self.step(present, values)
        if self.resumed:
            self.typical.place(self.usual_distance(len(present)), 10.0)
            self.resume()
        self.settle_repeats()

    def resume(self) -> None:
        """A silence has ended: what was learned in it hardly counts."""

    def usual_distance(self, count: int) -> float:
        """Mean distance of an event of so many standard normal features."""
        return self.normal_distance * count

    def settle_repeats(self) -> None:
        """Let features wake and fall asleep, and their other values begin."""
        for j, repeats in enumerate(self.repeats):
            before = repeats.shares
            repeats.prepare(self.samples[j], self.warm_up, self.seen[j])
            shares = repeats.shares
            if shares is not before:
                self.others[j] = Others(robust_start)
            if shares is not None and not self.others[j].is_current(shares):
                if self.seen[j] == self.warm_up:
                    self.others[j].begin(shares, self.samples[j])
                    if shares.atoms > 0:
                        self.location[j], self.scale[j] = self.others[j].combine(shares)
                else:
                    self.follow_atoms(j)

    def follow_atoms(self, j: int) -> None:
        """Adapt to other atoms; after a silence all is as it was before."""
        shares, others = self.repeats[j].shares, self.others[j]
        assert shares is not None
        if shares.ended and not others.is_starting():
            self.location[j], self.scale[j] = others.location, others.scale
        others.split(shares, self.location[j], self.scale[j], self.seen[j])

    def notice(self, present: Positions, values: Vector) -> None:
        """What each value is; constants and standstills alone say nothing about distances."""
        pairs = zip(present, values.tolist(), strict=True)
        self.kinds = [self.repeats[j].observe(value, self.events) for j, value in pairs]
        moving = self.deviations(present, values) != 0.0
        frozen = np.array(self.kinds) == FROZEN
        self.informative = bool(np.where(self.scale[present] == 0.0, moving, ~frozen).any())
        for j, kind in zip(present, self.kinds, strict=True):
            # The first values that are not the constant.
            if kind in (REST, FAMILIAR) and self.others[j].is_starting():
                self.informative = False

    def step(self, present: Positions, values: Vector) -> None:
        settled = self.seen[present] >= self.warm_up
        deviations = np.where(settled, self.deviations(present, values), 0.0)
        idle = np.zeros(len(present), dtype=bool)
        for k, j in enumerate(present):
            idle[k] = self.split_repeats(k, j, values[k], deviations)
        gradient = self.clipped(present, deviations, idle)
        busy = int((~idle).sum())
        dimension = busy if 0 < busy < len(present) else len(self.names)
        repeats = (np.abs(deviations) < 1e-3) | idle
        scale_gradient = np.where(repeats, 0.0, gradient**2 / self.clip.share(dimension) - 1.0)
        if busy:
            self.location_step.advance(gradient[~idle], present[~idle], self.events)
            self.scale_step.advance(scale_gradient[~idle], present[~idle], self.events)
        for k, j in enumerate(present):
            if not settled[k]:
                self.samples[j].append(values[k])
                self.location[j], self.scale[j] = robust_start(self.samples[j])
                if len(self.samples[j]) == self.warm_up:
                    self.repeats[j].note_start(self.samples[j])
            elif self.kinds[k] == REGULAR:
                self.move(j, values[k], gradient[k], None if repeats[k] else scale_gradient[k])
            else:
                self.move_others(j, values[k], None if idle[k] else gradient[k], scale_gradient[k])
            self.seen[j] += 1
            if self.scale[j] < max(1e-140, 2.0**-50 * abs(self.location[j])):
                self.scale[j] = 0.0
                if settled[k] and (not idle[k] or self.kinds[k] == ATOM):
                    self.location[j] = values[k]

    def split_repeats(self, k: int, j: int, value: float, deviations: Vector) -> bool:
        """Put the deviation of another value in their own scale; tells what teaches nothing."""
        shares, others, kind = self.repeats[j].shares, self.others[j], self.kinds[k]
        if shares is None:
            return False
        if not others.is_current(shares):
            self.follow_atoms(j)
        if kind in (REGULAR, ATOM, FROZEN):
            return kind != REGULAR
        if others.is_starting():
            others.start_with(shares, value, self.location[j], self.scale[j])
            return True
        deviations[k] = others.deviation(shares, value)
        return bool(abs(deviations[k]) < 1e-3)

    def clipped(self, present: Positions, deviations: Vector, idle: Positions) -> Vector:
        """Clip each coordinate, then the norm, and let the threshold see the norm in between.

        ``idle`` coordinates are left out, and more become so: familiar ones beyond the threshold.
        """
        limit = self.clip.value(min(self.events, 1.0 / self.location_step.rate), len(present))
        usual = (np.array(self.kinds) == REST) & ~idle & (np.abs(deviations) <= limit)
        ended = [self.repeats[j].ends_silence() for j in present[usual]]
        self.resumed = any(ended)
        idle |= (np.array(self.kinds) == FAMILIAR) & (np.abs(deviations) > limit)
        ratio = self.clip.ratio(int((~idle).sum()), len(present))
        limit *= ratio
        gradient = np.where(idle, 0.0, np.clip(deviations, -limit, limit))
        norm = float(np.linalg.norm(gradient))
        settled = int(((self.seen[present] >= self.warm_up) & ~idle).sum())
        if settled:
            self.clip.observe(norm / ratio, settled)
        return gradient * min(1.0, limit / norm) if norm > 0.0 else gradient

    def move_others(
        self, j: int, value: float, gradient: float | None, scale_gradient: float
    ) -> None:
        """One step of what is no atom, and what follows of all values."""
        shares, others = self.repeats[j].shares, self.others[j]
        assert shares is not None
        if gradient is not None and self.scale[j] == 0.0:
            self.scale[j] = abs(value - self.location[j]) / sqrt(min(self.seen[j], 1000.0))
        if gradient is not None:
            rates = self.location_step.rate, self.scale_step.rate
            others.step(gradient, rates[0], scale_gradient, rates[1])
        if shares.atoms > 0:
            self.location[j], self.scale[j] = others.combine(shares)
        elif not others.is_current(shares):
            self.follow_atoms(j)

    def move(self, j: int, value: float, gradient: float, scale_gradient: float | None) -> None:
        own = 1.0 / (self.seen[j] + 1.0)
        scale = self.scale[j]
        if scale == 0.0:
            scale = abs(value - self.location[j]) / sqrt(min(self.seen[j], 1000.0))
        self.location[j] += max(self.location_step.rate, own) * gradient * scale
        if scale_gradient is None:
            change = -max(min(self.scale_step.rate, 0.002), own)
        else:
            change = min(max(self.scale_step.rate, own) * scale_gradient, 1.0)
        self.scale[j] = scale * (1.0 + change / 2.0)
