"""Channels of one time series straight from the formulas: every value kept, no kernel.

Tables of counts are histograms of all values so far on the present grid, and profiles are dicts.
"""

from __future__ import annotations

from collections import defaultdict
from math import floor, isnan, log2, log10

import numpy as np
from naive import NaiveZScore

GAUSSIAN = 1.2533141373155003


def clip(x: float, limit: float) -> float:
    return max(-limit, min(x, limit))


class NaiveTable:
    """Rarity of a value among those so far, under a triangular kernel."""

    def __init__(
        self, resolution: int, between: float = 0.1, start: tuple[float, float] | None = None
    ) -> None:
        self.resolution, self.between = resolution, between
        self.values: list[float] = []
        self.grid: tuple[float, float] | None = None
        if start is not None:
            self.low, self.high = start
            self.centre = sum(start) / 2
            self.lay()

    def lay(self) -> None:
        width = (self.high - self.low) / self.resolution
        self.grid = self.low - (self.resolution // 2 + 0.5) * width, width

    def rarity(self, y: float) -> float:
        total = len(self.values)
        if total == 0:
            return 0.0
        if self.grid is None:
            return log10((total + 1.1) / ((total if y == self.values[0] else 0) + 0.1))
        origin, width = self.grid
        half = 1.5 * ((self.high - self.low) / self.resolution + 0.03 * abs(y - self.centre))
        half = max(half, width)
        cells = np.clip((np.array(self.values) - origin) // width, 0, 2 * self.resolution - 1)
        centres = origin + (cells + 0.5) * width
        near = np.maximum(1 - np.abs(centres - y) / half, 0).sum()
        pseudo = self.between if self.low < y < self.high else 0.1
        return log10((total + 1 + pseudo) / (near + pseudo))

    def learn(self, y: float) -> None:
        if self.grid is None:
            if not self.values:
                self.low = self.high = self.centre = y
            elif y != self.values[0]:
                self.low, self.high = sorted((self.low, y))
                self.lay()
            if self.grid is None:
                self.values.append(y)
                return
        origin, width = self.grid
        span = max(self.high - self.low, width)
        step = max(0.002, 1 / (len(self.values) + 1))
        self.centre += step * clip(y - self.centre, 0.1 * span)
        cells = 2 * self.resolution
        if y > self.high:
            self.high += min(y - self.high, span)
            while self.high >= origin + cells * width:
                width *= 2
        elif y < self.low:
            self.low -= min(self.low - y, span)
            while self.low < origin:
                origin -= cells * width
                width *= 2
        self.grid = origin, width
        self.values.append(min(max(y, self.low), self.high))


class NaiveProfile:
    """What is usual by time of day, and what the time of the week or a holiday adds."""

    def __init__(self, holidays: frozenset[int] = frozenset()) -> None:
        # Days since 1970.
        self.holidays = holidays
        self.day: dict[int, float] = {}
        self.week: dict[int, float] = defaultdict(float)
        self.visits: dict[int, int] = defaultdict(int)
        self.weeks: dict[int, int] = defaultdict(int)
        self.spread = 0.0
        # Without the week and with it, on days and on holidays.
        self.errors = {False: [0.0, 0.0], True: [0.0, 0.0]}

    def bins(self, seconds: float) -> tuple[int, int]:
        week = floor(seconds % 604800 / 10800)
        if seconds // 86400 in self.holidays:
            week = 56 + floor(seconds % 86400 / 10800)
        return floor(seconds % 86400 / 900), week

    def of_week(self, at: int) -> float:
        if self.is_first(at):
            # 1970-01-04 was a Sunday.
            at = 3 * 8 + at - 56
        return self.week[at] * self.weeks[at] / (self.weeks[at] + 2)

    def is_first(self, at: int) -> bool:
        return at >= 56 and not self.weeks[at]

    def expected(self, seconds: float) -> float | None:
        day, week = self.bins(seconds)
        if day not in self.day:
            return None
        without, with_week = self.errors[week >= 56 and not self.is_first(week)]
        relied_on = self.visits[day] > 14 and with_week < 0.7 * without
        return self.day[day] + (self.of_week(week) if relied_on else 0.0)

    def learn(self, seconds: float, x: float, first: float, rate: float, least: float) -> None:
        day, week = self.bins(seconds)
        expected = self.expected(seconds)
        if expected is None:
            self.day[day], self.visits[day] = first, 1
            return
        error, size = x - self.day[day], abs(x - expected)
        limit = 4 * max(self.spread, least) or max(size, abs(error))
        if not self.is_first(week):
            errors = self.errors[week >= 56]
            errors[0] += rate * (min(abs(error), limit) - errors[0])
            errors[1] += rate * (min(abs(error - self.of_week(week)), limit) - errors[1])
        step = max(0.02, 1 / (self.weeks[week] + 1))
        self.week[week] += step * clip(error - self.week[week], limit)
        self.day[day] += max(0.05, 1 / (self.visits[day] + 1)) * clip(error, limit)
        self.visits[day] += 1
        self.weeks[week] += 1
        self.spread += rate * (GAUSSIAN * min(size, limit) - self.spread)


class NaiveSeasons:
    """Autocorrelations of clipped deviations at each lag, and peaks among them."""

    def __init__(self, location: float, scale: float, lags: int = 512) -> None:
        self.location, self.scale, self.lags = location, scale, lags
        self.z: list[float] = []
        self.found = (0, 0)

    def deviation(self, x: float) -> float:
        return clip((x - self.location) / self.scale, 3) if self.scale else 0.0

    def learn(self, x: float) -> None:
        self.take(self.deviation(x))
        rate = max(0.001, 1 / (len(self.z) + 20))
        self.scale = self.scale or abs(x - self.location)
        step = clip(x - self.location, 3 * self.scale)
        self.location += rate * step
        self.scale += rate * (GAUSSIAN * abs(step) - self.scale)

    def take(self, z: float) -> None:
        self.z.append(z)
        if len(self.z) <= 64 or (len(self.z) - 1) % 16 == 0:
            self.found = self.choose()

    def off_cycle(self, z: float) -> float | None:
        """Deviation from the mean of up to three values whole seasons before."""
        period = self.found[0]
        longest = min(self.lags, len(self.z))
        cycles = range(1, min(3, longest // period) + 1) if period else ()
        return z - float(np.mean([self.z[-c * period] for c in cycles])) if period else None

    def correlations(self) -> np.ndarray:
        n = len(self.z)
        steps = np.maximum(0.001, 1 / np.arange(1.0, n + 1))
        kept = np.append(np.cumprod((1 - steps)[::-1])[::-1][1:], 1.0)
        z = np.array(self.z)
        found = []
        for lag in range(1, min(self.lags, n // 2) + 1):
            weights = (steps * kept)[lag:]
            found.append((weights * z[lag:] * z[:-lag]).sum() / weights.sum())
        return np.array(found)

    def choose(self) -> tuple[int, int]:
        c = self.correlations()
        if len(c) < 4:
            return 0, 0
        rises = {
            i + 1: c[i] - c[: i + 1].min()
            for i in range(1, len(c) - 1)
            if c[i] >= c[i - 1] and c[i] > c[i + 1]
        }
        top = max([0.2, *rises.values()])
        shorter = next((lag for lag, up in rises.items() if up >= max(0.5 * top, 0.2)), 0)
        longer = next((lag for lag, up in rises.items() if up >= max(0.85 * top, 0.2)), 0)
        return shorter, longer if longer != shorter else 0


class NaiveShapes:
    """Distance of the last 16 means of some values to the shapes so far, for their spread."""

    def __init__(self, length: int, capacity: int) -> None:
        self.length, self.capacity = length, capacity
        self.values: list[float] = []
        self.shapes: list[np.ndarray] = []
        self.uses: list[float] = []
        self.spreads: list[float] = []
        self.typical, self.seen, self.held = 0.0, 0, 0.0

    def window(self, q: float) -> np.ndarray | None:
        values = np.array([*self.values, clip(q, 10)])
        if len(values) % self.length or len(values) < 16 * self.length:
            return None
        means = values[-16 * self.length :].reshape(16, self.length).mean(axis=1)
        return np.clip(means - means.mean(), -5, 5)

    def nearest(self, x: np.ndarray) -> tuple[float, int]:
        sizes = [float(np.sqrt(((x - c) ** 2).mean())) for c in self.shapes]
        return (min(sizes), int(np.argmin(sizes))) if sizes else (0.0, 0)

    def coordinate(self, q: float) -> float:
        """At least 1; 0 where it is not known."""
        x = self.window(q)
        if x is None:
            return self.held
        if self.seen + 15 < 48:
            return 0.0
        distance, at = self.nearest(x)
        return min(max(2 * distance / max(self.typical + self.spreads[at], 1e-9), 1), 64)

    def learn(self, q: float) -> None:
        self.held, x = self.coordinate(q), self.window(q)
        if x is not None:
            distance, at = self.nearest(x)
            far = not self.shapes or distance > self.typical
            self.uses = [0.9995 * use for use in self.uses]
            if self.shapes:
                rate = max(0.01, 1 / (self.seen + 1))
                limited = min(distance, 3 * self.typical) if self.typical else distance
                self.typical += rate * (limited - self.typical)
            self.seen += 1
            if far:
                if len(self.shapes) == self.capacity:
                    at = int(np.argmin(self.uses))
                    for kept in (self.shapes, self.uses, self.spreads):
                        kept.pop(at)
                    self.shapes.insert(at, x)
                    self.uses.insert(at, 1.0)
                    self.spreads.insert(at, self.typical)
                else:
                    self.shapes.append(x)
                    self.uses.append(1.0)
                    self.spreads.append(self.typical)
            else:
                self.uses[at] += 1
                self.shapes[at] += max(0.05, 1 / self.uses[at]) * (x - self.shapes[at])
                self.spreads[at] += max(0.02, 1 / self.uses[at]) * (distance - self.spreads[at])
        self.values.append(clip(q, 10))


class NaiveCounter:
    """Whether a series counts, from all its values, and its rates."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, float]] = []
        self.evidence, self.mistakes, self.counting = 0, 0, False

    def rate(self, at: float, x: float) -> float:
        """Rise in a unit of time; NaN where there is none."""
        if not self.seen or at <= self.seen[-1][0] or x < self.seen[-1][1]:
            return float("nan")
        return (x - self.seen[-1][1]) / (at - self.seen[-1][0])

    def learn(self, at: float, x: float) -> bool:
        """Whether the series turned into a counter, or into none."""
        before = self.seen[-1] if self.seen else (at - 1, x)
        if at == before[0]:
            return False
        needed = 32 * 4**self.mistakes
        if at > before[0] and x > before[1] >= 0:
            self.evidence = min(self.evidence + 1, needed + 32)
        elif at > before[0] and x < before[1] and not (self.counting and 0 <= x <= before[1] / 100):
            self.evidence = max(self.evidence - 32, 0)
        self.seen.append((at, x))
        if self.evidence >= needed and not self.counting:
            self.counting = True
        elif self.evidence == 0 and self.counting:
            self.counting, self.mistakes = False, self.mistakes + 1
        else:
            return False
        return True


class NaiveSeries:
    """Rarity of each channel, surprise of the series, and what is left of it once told."""

    def __init__(self, cooldown: float = 300, holidays: frozenset[int] = frozenset()) -> None:
        self.shapes = {
            "shape": NaiveShapes(1, 86),
            "longer shape": NaiveShapes(4, 64),
            "longest shape": NaiveShapes(16, 64),
        }
        self.standard = NaiveZScore(learning_rate=0.001)
        self.cooldown = cooldown
        self.tables = {
            "level": NaiveTable(48),
            "season": NaiveTable(48, between=0.2),
            "dispersion": NaiveTable(48, start=(0, 3)),
            "dispersion of residuals": NaiveTable(48, start=(0, 3)),
            "short-run mean": NaiveTable(48, start=(-1.5, 1.5)),
            "residual": NaiveTable(12, start=(-3, 3)),
            "flat line": NaiveTable(12, start=(4, 8)),
            "silence": NaiveTable(12, start=(0, 4)),
        }
        self.tables |= {name: NaiveTable(12, start=(1, 3)) for name in self.shapes}
        self.profile = NaiveProfile(holidays)
        self.cycle, self.cycle_error = NaiveSeasons(0.0, 0.0, lags=192), 0.0
        self.n = 0
        self.mean = self.scale = 0.0
        self.weights, self.lags, self.sigma = np.zeros(32), np.zeros(32), 0.0
        self.means = {"dispersion": 0.0, "dispersion of residuals": 0.0, "short-run mean": 0.0}
        self.value, self.run = 0.0, 0
        self.gaps: list[float] = []
        self.typical, self.last = 0.0, None
        self.past: list[float] = []
        self.bar = 0.0

    def z(self, x: float) -> float:
        return clip(self.scaled(x), 3)

    def scaled(self, x: float) -> float:
        present, values = self.standard.read({"x": x})
        if self.scale > 0:
            floor_of_scale = 0.1 * self.standard.scale[0]
            return (x - self.mean) / max(self.scale, floor_of_scale)
        return float(self.standard.tempered(present, values)[0]) if len(present) else 0.0

    def said(self, seconds: float, x: float) -> dict[str, float]:
        """What each channel says, where it has a say."""
        z = self.z(x)
        residual = z - clip(float(self.weights @ self.lags), 3)
        size = min(abs(residual) / max(self.sigma, 0.01), 3)
        rate = max(0.03, 1 / (self.n + 1))
        new = {"dispersion": abs(z), "dispersion of residuals": size, "short-run mean": z}
        said = {name: old + rate * (new[name] - old) for name, old in self.means.items()}
        said |= {"level": x, "residual": residual}
        said["flat line"] = floor(
            log2(max(self.run + 1 if self.run and x == self.value else 1, 16))
        )
        timed = not isnan(seconds)
        expected = self.profile.expected(seconds) if timed else None
        off = None if timed else self.cycle.off_cycle(z)
        if expected is not None:
            said["season"] = x - expected
            rest = self.cycle.off_cycle(self.left(seconds, x))
            if rest is not None and self.cycle_error < 0.25:
                said["season"] = rest * self.profile.spread
        elif off is not None and self.cycle_error < 0.5:
            scale = self.standard.scale[0] if self.standard.names else 0.0
            said["season"] = off * max(self.scale, 0.1 * scale)
        if self.gaps and self.last is not None and seconds > self.last:
            beyond = log10(seconds - self.last) - self.typical
            said["silence"] = beyond if beyond > 1 else 0.0
        for name, shapes in self.shapes.items():
            far = shapes.coordinate(self.scaled(x))
            if far > 0:
                said[name] = far
        return said

    def left(self, seconds: float, x: float) -> float:
        """What the calendar leaves, in its scale."""
        expected = self.profile.expected(seconds)
        if expected is None or self.profile.spread == 0:
            return 0.0
        return clip((x - expected) / self.profile.spread, 3)

    def rarities(self, seconds: float, x: float) -> dict[str, float]:
        said = self.said(seconds, x) if self.n else {}
        return {name: self.tables[name].rarity(y) for name, y in said.items()}

    def surprise(self, seconds: float, x: float) -> float:
        """Mean of the largest rarity and of how rarely one was as large."""
        largest = max(self.rarities(seconds, x).values(), default=0.0)
        as_large = sum(floor(50 * s) >= floor(50 * largest) for s in self.past)
        return 0.5 * (largest + log10((len(self.past) + 1) / (as_large + 1)))

    def distance(self, seconds: float, x: float) -> float:
        if self.n == 0:
            return 0.0
        surprise = self.surprise(seconds, x)
        over = surprise - 2
        return 2 + over / (1 + over) if over > 0 and surprise <= self.bar else surprise

    def learn(self, seconds: float, x: float) -> None:
        z, said = self.z(x), self.said(seconds, x)
        if self.n:
            self.bar = max(self.bar, self.surprise(seconds, x))
            self.past.append(max(self.rarities(seconds, x).values()))
            self.bar = max(self.bar - 1 / self.cooldown, 0)
        self.means = {name: said[name] for name in self.means}
        for name, y in said.items():
            self.tables[name].learn(y)
        rate = max(0.001, 1 / (self.n + 1))
        scale = self.standard.scale[0] if self.standard.names else 0.0
        first = x
        if self.scale > 0:
            first = self.mean + clip(x - self.mean, 5 * max(self.scale, scale))
        if isnan(seconds) or self.profile.expected(seconds) is not None:
            rest = z if isnan(seconds) else self.left(seconds, x)
            off = self.cycle.off_cycle(rest)
            step = max(rate, 0.03)
            self.cycle_error += step * (abs(off) - self.cycle_error) if off is not None else 0.0
            self.cycle_error = 3.0 if off is None else self.cycle_error
            self.cycle.take(rest)
        if not isnan(seconds):
            self.profile.learn(seconds, x, first, rate, 0.1 * scale)
        for shapes in self.shapes.values():
            shapes.learn(self.scaled(x))
        self.follow(x, rate, scale)
        self.regress(z, said["residual"], rate)
        self.note_gap(seconds)
        self.run = self.run + 1 if self.run and x == self.value else 1
        self.value = x
        self.n += 1
        self.standard.learn({"x": x})

    def follow(self, x: float, rate: float, scale: float) -> None:
        if self.scale == 0:
            if self.n >= self.standard.warm_up:
                self.mean, self.scale = float(self.standard.location[0]), float(scale)
            return
        limit = 3 * max(self.scale, 0.1 * scale)
        error = x - self.mean
        self.mean += rate * clip(error, limit)
        self.scale += rate * (GAUSSIAN * min(abs(error), limit) - self.scale)

    def regress(self, z: float, residual: float, rate: float) -> None:
        limit = 3 * max(self.sigma, 0.01)
        step = 0.02 * clip(residual, limit) / (1 + self.lags @ self.lags)
        self.weights = self.weights + step * self.lags
        self.lags = np.r_[z, self.lags[:-1]]
        size = abs(residual) if self.sigma == 0 else min(abs(residual), limit)
        self.sigma += rate * (GAUSSIAN * size - self.sigma)

    def note_gap(self, seconds: float) -> None:
        if isnan(seconds):
            return
        if self.last is not None and seconds > self.last:
            gap = log10(seconds - self.last)
            if not self.gaps:
                self.typical = gap
            self.typical += clip(gap - self.typical, 0.3) / min(len(self.gaps) + 1, 100)
            self.gaps.append(gap)
        self.last = seconds
