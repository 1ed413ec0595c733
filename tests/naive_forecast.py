"""Forecasts straight from the formulas: every value, forecast and error kept, no kernel."""

from __future__ import annotations

from math import exp, floor, log2, sqrt

import numpy as np
from naive_series import GAUSSIAN, NaiveProfile, NaiveSeasons, clip

HORIZONS = [1, 2, 4, 8, 16, 32, 64]


class NaiveForecaster:
    """Weighted views of the future, for values without gaps; times are 900 s apart, or none."""

    def __init__(self, first: list[float], timed: bool) -> None:
        middle = float(np.median(first))
        sizes = np.sort(np.abs(np.array(first) - middle))
        mad = 1.4826022185056018 * float(np.median(sizes))
        scale = max(mad, 1.7901581257439687 * float(sizes[: len(sizes) * 4 // 5].mean()))
        self.seasons = NaiveSeasons(middle, scale)
        self.profile = NaiveProfile()
        self.timed = timed
        self.y: list[float] = []
        self.weights, self.lags, self.sigma = np.zeros(32), np.zeros(32), 0.0
        self.level = self.trend_level = self.trend = 0.0
        self.deviations: list[np.ndarray] = []
        # For each horizon, what each event forecast: views and their combination.
        self.made: dict[int, list[tuple[dict[str, float], float]]] = {h: [] for h in HORIZONS}
        self.errors: dict[int, dict[str, tuple[float, int]]] = {h: {} for h in HORIZONS}
        self.scales: dict[int, tuple[float, int]] = dict.fromkeys(HORIZONS, (0.0, 0))
        self.widths = dict.fromkeys(HORIZONS, 2.8)
        self.persistence = {h: np.zeros((2, 3)) for h in HORIZONS}
        for x in first:
            self.learn(clip(x - middle, 6 * scale) + middle)

    def near(self, h: int) -> list[tuple[int, float]]:
        k = min(floor(log2(h)), 6)
        beyond = (h - 2**k) / 2**k if k < 6 else 0.0
        return [(2**k, 1 - beyond), *([(2 ** (k + 1), beyond)] if beyond else [])]

    def persisting(self, h: int) -> np.ndarray:
        shares = np.zeros(3)
        for horizon, weight in self.near(h):
            products, squares = self.persistence[horizon]
            ratios = np.divide(products, squares, out=np.zeros(3), where=squares > 0)
            shares += weight * np.clip(ratios, 0, 1)
        return shares

    def mean(self, period: int, cycle: int) -> float:
        stop = len(self.y) - cycle * period
        return float(np.mean(self.y[stop - period : stop]))

    def seasonal(self, period: int, h: int, cycles: int) -> float | None:
        n = len(self.y)
        kept = min(n, 1024)
        if period == 0 or 2 * period > kept:
            return None
        turns = -(-h // period)
        found = [
            self.y[n + h - 1 - (turns + c) * period]
            + (turns + c) * (self.mean(period, 0) - self.mean(period, c + 1)) / (c + 1)
            for c in range(cycles)
            if (c + 2) * period <= kept
        ]
        return float(np.mean(found))

    def proportional(self, period: int, h: int) -> float | None:
        n = len(self.y)
        if period == 0 or 2 * period > n or min(self.y) <= 0:
            return None
        turns = -(-h // period)
        last = self.mean(period, 0)
        first = self.y[n + h - 1 - turns * period] * (last / self.mean(period, 1)) ** turns
        if 3 * period > n:
            return float(first)
        growth = sqrt(last / self.mean(period, 2))
        return float(
            0.5 * (first + self.y[n + h - 1 - (turns + 1) * period] * growth ** (turns + 1))
        )

    def views(self, h: int) -> dict[str, float]:
        n = len(self.y)
        shorter, longer = self.seasons.found
        shares = self.persisting(h)
        persists = shares * self.deviations[-1]
        path = list(self.lags)
        for _ in range(min(h, 64)):
            path.insert(0, clip(float(self.weights @ path[:32]), 3))
        found = {
            "last": self.y[-1],
            "level": self.level,
            "trend": self.trend_level + self.trend * sum(0.98**i for i in range(1, h + 1)),
            "regression": self.seasons.location + self.seasons.scale * path[0] if h <= 64 else None,
            "season": self.seasonal(shorter, h, 1),
            "seasons": self.seasonal(shorter, h, 3),
            "ratio": self.proportional(shorter, h),
            "long season": self.seasonal(longer, h, 1),
            "long seasons": self.seasonal(longer, h, 3),
        }
        shares_of = {"season": 1, "seasons": 1, "ratio": 1, "long season": 2, "long seasons": 2}
        found = {
            name: y + (persists[shares_of[name]] if name in shares_of else 0.0)
            for name, y in found.items()
            if y is not None
        }
        usual = self.profile.expected(900.0 * (n - 1 + h)) if self.timed else None
        return found | ({} if usual is None else {"calendar": usual + persists[0]})

    def forecast(self, h: int) -> float:
        return self.combined(h, self.views(h))

    def combined(self, h: int, views: dict[str, float]) -> float:
        errors = {}
        for name in views:
            known = [
                (error * (1 + 6 / count), weight)
                for error, count, weight in (
                    (*self.errors[k].get(name, (0.0, 0)), weight) for k, weight in self.near(h)
                )
                if count
            ]
            if len(known) == 1:
                errors[name] = known[0][0]
            elif known:
                errors[name] = sum(error * weight for error, weight in known)
        if not errors:
            return self.y[-1]
        least = min(errors.values())
        weights = {name: ((least + 1e-300) / (e + 1e-300)) ** 3 for name, e in errors.items()}
        return sum(weights[name] * views[name] for name in weights) / sum(weights.values())

    def half_width(self, h: int) -> float:
        known = [
            (self.widths[k] * self.scales[k][0] * (1 + 6 / self.scales[k][1]), weight, k)
            for k, weight in self.near(h)
            if self.scales[k][1]
        ]
        if len(known) == len(self.near(h)) and len(known) == 2:
            return sum(width * weight for width, weight, _ in known)
        return known[0][0] * sqrt(h / known[0][2])

    def learn(self, y: float) -> None:
        raw, n = y, len(self.y)
        scale, seen = self.scales[1]
        if n and seen > 10 and scale > 0:
            expected = self.forecast(1)
            y = expected + clip(y - expected, 4 * scale)
        self.follow(y, n)
        self.judge(raw, n)
        for h in HORIZONS:
            views = self.views(h)
            self.made[h].append((views, self.combined(h, views)))

    def follow(self, y: float, n: int) -> None:
        z, rate = self.seasons.deviation(y), max(0.001, 1 / (n + 1))
        deviations = np.zeros(3)
        seconds = 900.0 * n
        usual = self.profile.expected(seconds) if self.timed else None
        if usual is not None:
            deviations[0] = y - usual
        for i, period in enumerate(self.seasons.found if n else (0, 0)):
            expected = self.seasonal(period, 1, 1)
            if expected is not None:
                deviations[i + 1] = y - expected
        self.deviations.append(deviations)
        if self.timed:
            self.profile.learn(seconds, y, y, rate, 0.1 * self.seasons.scale)
        residual = z - clip(float(self.weights @ self.lags), 3)
        limit = 3 * max(self.sigma, 0.01)
        step = 0.02 * clip(residual, limit) / (1 + self.lags @ self.lags)
        self.weights = self.weights + step * self.lags
        self.lags = np.r_[z, self.lags[:-1]]
        size = abs(residual) if self.sigma == 0 else min(abs(residual), limit)
        self.sigma += rate * (GAUSSIAN * size - self.sigma)
        self.seasons.learn(y)
        if n == 0:
            self.level = self.trend_level = y
        else:
            old = self.trend_level
            self.level += max(0.02, rate) * (y - self.level)
            self.trend_level = old + self.trend + 0.3 * (y - old - self.trend)
            self.trend += 0.05 * (self.trend_level - old - self.trend)
        self.y.append(y)

    def judge(self, y: float, n: int) -> None:
        for h in HORIZONS:
            if n < h:
                continue
            views, combined = self.made[h][n - h]
            scale, seen = self.scales[h]
            for name, view in views.items():
                mean, count = self.errors[h].get(name, (0.0, 0))
                error = abs(y - view)
                if count >= 10 and scale > 0:
                    error = min(error, 8 * scale)
                rate = max(0.02, 1 / (count + 1))
                self.errors[h][name] = mean + rate * (error - mean), count + 1
            error = abs(y - combined)
            if seen >= 10:
                outside = error > self.widths[h] * scale * (1 + 6 / seen)
                width = self.widths[h] * exp(0.05 * (outside - 0.05))
                self.widths[h] = min(max(width, 0.5), 50)
                error = min(error, 4 * scale) if scale > 0 else error
            self.scales[h] = scale + max(0.02, 1 / (seen + 1)) * (error - scale), seen + 1
            old, new = self.deviations[n - h], self.deviations[n]
            both = (old != 0) & (new != 0)
            step = 0.01 * (np.array([old * new, old * old]) - self.persistence[h])
            self.persistence[h] += step * both
