"""Bits of features straight from the formulas, in plain Python: no kernel."""

from __future__ import annotations

from math import exp, inf, log, log1p, log2, sqrt
from statistics import median
from typing import Any

from naive_surprisal import NaiveFrequencies

LEVELS = (1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32)
NORMAL = (0.0, 0.6744897501960817, 1.1503493803760079, 1.5341205443525463, 1.8627318674)


class NaiveTail:
    """Excesses of one side, fitted by natural gradients; see R. L. Smith (1984)."""

    def __init__(self, scale: float, memory: float) -> None:
        self.shape, self.scale, self.n = 0.3, scale, 20.0
        self.first: list[float] = []
        self.levels = [log(10.0), log(100.0)]
        self.least = min(32.0 / memory, 0.1)

    def exponent(self, excess: float) -> float:
        r = min(excess / self.scale, 1e100)
        if abs(self.shape) <= 1e-4:
            return min(r, 600.0)
        return 600.0 if self.shape * r <= -1 else min(log1p(self.shape * r) / self.shape, 600.0)

    def nats(self, excess: float) -> float:
        if not self.scale:
            return 0.0
        t, (tenth, hundredth) = self.exponent(excess), self.levels
        if t < tenth:
            return t / tenth * log(10)
        if t < hundredth:
            return log(10) * (1 + (t - tenth) / (hundredth - tenth))
        return log(100) + t - hundredth

    def learn(self, excess: float) -> None:
        if not self.scale or 0 < len(self.first) < 3:
            self.first.append(excess)
            self.scale = min(self.first)
            return
        r, xi = min(excess / self.scale, 1e100), self.shape
        t = self.exponent(excess)
        self.n += 1
        for k, (inverse, start) in enumerate(((10, 80), (100, 980))):
            rate = max(1 / (self.n + start), self.least)
            self.levels[k] += rate * (inverse - 1 if t > self.levels[k] else -1)
        self.levels[0] = max(self.levels[0], 0.05)
        self.levels[1] = max(self.levels[1], self.levels[0] + 0.05)
        w = max(1 + xi * r, 0.01)
        if abs(xi) > 1e-4:
            g = log(w) / xi**2 - (1 + 1 / xi) * r / w
        else:
            g = r * r * (0.5 + xi - xi * r / 1.5) - r
        h = (1 + xi) * r / w - 1
        rate = max(1 / self.n, self.least)
        limit = 4 * rate**-0.25
        steps = [(1 + xi) * ((1 + xi) * g - h), (1 + xi) * (2 * h - g)]
        by_shape, by_scale = (max(-limit, min(limit, step)) for step in steps)
        self.shape = max(-0.45, min(4.0, xi + rate * by_shape))
        # In units of itself a scale changes by a factor from 1e-3 to 1e30.
        self.scale *= max(1e-3, min(1e30, exp(rate * by_scale)))


class NaiveLadder:
    """Quantiles and tails of one feature; the lower side is that of the negative values."""

    def __init__(self, memory: float, warm_up: int) -> None:
        self.memory, self.warm_up = memory, warm_up
        self.first: list[float] = []
        self.n = 0

    def begin(self, value: float) -> None:
        self.first.append(value)
        values = sorted(self.first)
        self.n = len(values)
        middle = median(values)
        far = sorted(abs(value - middle) for value in values)
        kept = (4 * self.n + 4) // 5
        if kept == self.n > 2:
            kept -= 1
        scale = max(1.4826022185056018 * median(far), 1.7901581257439687 * sum(far[:kept]) / kept)
        self.sides = [[sign * middle + scale * z for z in NORMAL] for sign in (1, -1)]
        width = scale * (NORMAL[4] - NORMAL[3]) / log(2)
        self.tails = [NaiveTail(width, self.memory) for _ in range(2)]
        self.beyond = [1 / 32, 1 / 32]
        self.waits = [0, 0]

    def bits(self, value: float) -> float:
        if not self.n:
            return 0.0
        found = max(self.side(0, value), self.side(1, -value))
        return max(found - 1, 0.0) * self.n / (self.n + 20)

    def side(self, which: int, value: float) -> float:
        rungs = self.sides[which]
        if value <= rungs[0]:
            return 0.0
        for k in range(4):
            if value <= rungs[k + 1]:
                return k + 1 + (value - rungs[k]) / (rungs[k + 1] - rungs[k])
        share = min(self.beyond[which], 1 / 32)
        return self.tails[which].nats(value - rungs[4]) / log(2) - log2(share)

    def learn(self, value: float) -> None:
        if self.n < self.warm_up:
            self.begin(value)
            return
        upper, lower = self.sides
        scales = [tail.scale for tail in self.tails]
        width = max(upper[1] + lower[1], sum(scales) / 2)
        upper[0] = self.moved(upper[0], value, width, LEVELS[0])
        lower[0] = -upper[0]
        for which, (rungs, x) in enumerate(((upper, value), (lower, -value))):
            for k in range(1, 5):
                below = rungs[k - 1]
                rung = max(rungs[k], below)
                width = max(rung - below, scales[which] / 2)
                rungs[k] = max(self.moved(rung, x, width, LEVELS[k]), below)
            rate = max(1 / (self.n + 32), 1 / self.memory)
            self.beyond[which] += rate * ((x > rungs[4]) - self.beyond[which])
            if self.waits[which]:
                self.waits[which] -= 1
            elif x > rungs[4]:
                self.tails[which].learn(x - rungs[4])
                self.waits[which] = 15
        self.n += 1
        if max(self.beyond) >= 0.25:
            self.first = []
            self.n = 0

    def moved(self, rung: float, value: float, width: float, level: float) -> float:
        rate = max(1 / (self.n + 4 / level), 1 / self.memory)
        if value > rung:
            return min(rung + rate * width * (1 / level - 1), value)
        return max(rung - rate * width, value)


class NaiveCounts:
    """Twelve values and their fading counts."""

    def __init__(self, memory: float) -> None:
        self.memory = memory
        self.n = 0
        self.kept: list[list[float]] = []

    def entry(self, value: float) -> list[float] | None:
        near = (one for one in self.kept if abs(one[0] - value) <= 2.0**-48 * abs(value))
        return next(near, None)

    def bits(self, value: float) -> float:
        """Of all values no more frequent."""
        entry = self.entry(value)
        limit = max(entry[1] if entry else 0.0, 1.5)
        mass = min(self.n, self.memory)
        rare = mass - sum(count for _, count in self.kept if count > limit)
        share = (max(rare, 0.0) + 0.5) / (mass + 0.5)
        return 0.0 if share > 1 - 1e-9 else -log2(share)

    def own_bits(self, value: float) -> float:
        entry = self.entry(value)
        return inf if entry is None else -log2(min(entry[1] / min(self.n, self.memory), 1.0))

    def learn(self, value: float) -> None:
        entry = self.entry(value)
        if self.n >= self.memory:
            for one in self.kept:
                one[1] *= 1 - 1 / self.memory
        self.n += 1
        if entry is not None:
            entry[1] += 1
        elif len(self.kept) < 12:
            self.kept.append([value, 1.0])
        else:
            least = min(self.kept, key=lambda one: one[1])
            least[:] = [value, 1.0]


class NaiveNews:
    """A category against the running median of its feature's surprises."""

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self.all = NaiveFrequencies(memory)
        self.contexts: dict[Any, NaiveFrequencies] = {}
        self.levels = [0.0, 0.0]
        self.seen = [0, 0]

    def surprises(self, value: Any, context: Any) -> list[float]:
        e = self.all.escape
        p = e + (1 - e) * self.all.p.get(value, 0.0)
        found = [p]
        if context is not None:
            if context in self.contexts:
                within = self.contexts[context]
                p = within.escape * p + (1 - within.escape) * within.p.get(value, 0.0)
            found.append(p)
        return [0.0 if p > 1 - 1e-9 else -log2(p) for p in found]

    def bits(self, value: Any, context: Any) -> float:
        pairs = zip(self.surprises(value, context), self.levels, strict=False)
        return max(0.0, *(surprise - level for surprise, level in pairs))

    def learn(self, value: Any, context: Any) -> None:
        for k, surprise in enumerate(self.surprises(value, context)):
            step = max(4 / (self.seen[k] + 8), 4 / self.memory)
            self.levels[k] += max(-step, min(step, surprise - self.levels[k]))
            self.seen[k] += 1
        self.all.learn(value)
        if context is not None:
            self.contexts.setdefault(context, NaiveFrequencies(self.memory)).learn(value)


class NaiveQuantile:
    """A quantile of positive numbers by multiplicative pinball steps."""

    def __init__(self, level: float, gain: float) -> None:
        self.level, self.gain = level, gain
        self.value, self.n = 0.0, 0.0

    def learn(self, x: float) -> None:
        self.n += 1
        a = max(self.gain, 1 / self.n)
        if x > self.value:
            self.value *= 1 + 2 * a * self.level
        else:
            self.value /= 1 + 2 * a * (1 - self.level)


class NaiveFactor:
    """What bits have in common: one factor, whose posterior mean is taken, and online EM."""

    def __init__(self, memory: float) -> None:
        self.memory, self.n, self.spread = memory, 0, 1.0
        self.moments: dict[Any, list[float]] = {}

    def of(self, name: Any) -> list[float]:
        usual = 1 / log(2)
        return self.moments.setdefault(name, [usual, usual**2, 0.3 * usual])

    def factor(self, bits: dict[Any, float]) -> tuple[float, float, dict[Any, float]]:
        """Mean and variance of the posterior, and the loadings."""
        loadings, precision, pull = {}, 1.0, 0.0
        for name, b in bits.items():
            mean, variance, product = self.of(name)
            loading = loadings[name] = product / self.spread
            own = max(variance - loading**2, 0.1 * variance) + 0.001
            precision += loading**2 / own
            pull += loading * (b - mean) / own
        return pull / precision, 1 / precision, loadings

    def parts(self, bits: dict[Any, float]) -> dict[Any, float]:
        f, _, loadings = self.factor(bits)
        return {name: max(0.0, min(b, loadings[name] * max(f, 0.0))) for name, b in bits.items()}

    def learn(self, bits: dict[Any, float], seen: dict[Any, int]) -> None:
        capped = {name: min(b, 2.0) for name, b in bits.items()}
        f, variance, _ = self.factor(capped)
        for name, b in capped.items():
            moments = self.of(name)
            rate = max(1 / (seen[name] + 101), 1 / self.memory)
            z = b - moments[0]
            for k, target in enumerate((b, z**2, z * f)):
                moments[k] += rate * (target - moments[k])
        self.n += 1
        rate = max(1 / (self.n + 100), 1 / self.memory)
        self.spread = max(self.spread + rate * (f**2 + variance - self.spread), 0.001)


class NaiveBits:
    """Distance and contributions of events; new features in the order of their first events."""

    def __init__(self, memory: int = 10_000, warm_up: int = 20, given: Any = ()) -> None:
        self.memory, self.warm_up, self.given = memory, warm_up, dict(given)
        self.numbers: dict[Any, tuple[NaiveLadder, NaiveCounts]] = {}
        self.categories: dict[Any, NaiveNews] = {}
        self.median = NaiveQuantile(0.5, 1 / memory)
        self.largest = NaiveQuantile(63 / 64, 1 / memory)
        self.shared = NaiveFactor(memory)
        self.seen: dict[Any, int] = {}

    def bits(self, event: dict[Any, Any]) -> dict[Any, float]:
        found = {}
        for name, value in event.items():
            if name in self.categories:
                context = event.get(self.given.get(name))
                found[name] = min(self.categories[name].bits(value, context), 100.0)
            elif name in self.numbers:
                ladder, counts = self.numbers[name]
                rarely = counts.bits(value) * counts.n / (counts.n + 20)
                far = min(ladder.bits(value), counts.own_bits(value))
                found[name] = min(max(far, rarely), 100.0)
        return found

    def extra(self, largest: float) -> float:
        if not self.largest.value:
            return 0.0
        times = 2.5 * sqrt(max(self.median.value * log(2), 1.0))
        return times * max(largest - self.largest.value, 0.0)

    def parts(self, bits: dict[Any, float]) -> dict[Any, float]:
        """What the event's features share; one that is conditional on another shares nothing."""
        of = {name: b for name, b in bits.items() if name not in self.given}
        return dict.fromkeys(bits, 0.0) | (self.shared.parts(of) if len(of) > 1 else {})

    def contributions(self, event: dict[Any, Any]) -> dict[Any, float]:
        bits = self.bits(event)
        if len(bits) < 2:
            return bits
        parts = self.parts(bits)
        found = {name: b - parts[name] for name, b in bits.items()}
        largest = max(found, key=lambda name: found[name])
        extra = self.extra(found[largest])
        common = max(parts, key=lambda name: parts[name])
        found[largest] += extra
        found[common] += parts[common]
        return found

    def distance(self, event: dict[Any, Any]) -> float:
        return sum(self.contributions(event).values())

    def learn(self, event: dict[Any, Any]) -> None:
        # The first value of a feature has no bits, and shares none.
        bits = self.bits(event)
        for name in event:
            self.seen.setdefault(name, 0)
        parts = self.parts(bits)
        own = [b - parts[name] for name, b in bits.items()]
        total, largest = sum(own) + max(parts.values(), default=0.0), max(own, default=0.0)
        if total > 0.0:
            if not self.median.value:
                self.median.value, self.median.n = len(event) / log(2), 10
                self.largest.value, self.largest.n = 6 + log2(len(event)), 10
            self.median.learn(total)
            self.largest.learn(largest)
        of = {name: b for name, b in bits.items() if name not in self.given}
        if len(of) > 1:
            self.shared.learn(of, self.seen)
        for name in event:
            self.seen[name] += 1
        for name, value in event.items():
            if isinstance(value, str) or name in self.given:
                news = self.categories.setdefault(name, NaiveNews(self.memory))
                news.learn(value, event.get(self.given.get(name)))
            else:
                fresh = NaiveLadder(self.memory, self.warm_up), NaiveCounts(self.memory)
                for part in self.numbers.setdefault(name, fresh):
                    part.learn(value)
