"""Deviations of young keys straight from the formulas, with lists of all that was seen."""

from __future__ import annotations

from math import sqrt
from statistics import mean, median

STAGES = (2, 5, 20)


class NaivePopulation:
    """One feature: what each key told the population, and the clipped events of each key."""

    def __init__(self) -> None:
        self.told: dict[int, list[tuple[float, float]]] = {stage: [] for stage in STAGES}
        self.events: dict[str, list[float]] = {}
        self.unlimited: set[str] = set()

    def prior(self) -> tuple[float, float, float] | None:
        """Centre, tau^2 and s0."""
        reached = [stage for stage in STAGES if len(self.told[stage]) >= 20]
        if not reached:
            return None
        n = reached[-1]
        means, scales = zip(*self.told[n][-64:], strict=True)
        m0 = median(means)
        away = [abs(m - m0) for m in means]
        total = 1.482602218505602 * median(away) or 1.2533141373155001 * mean(away)
        s0 = median(scales) / sqrt((1 - 2 / (9 * (n - 1))) ** 3) or mean(scales)
        return m0, max(total**2 - s0**2 / n, 0.02 * s0**2), s0

    def usual(self, key: str) -> tuple[float, float]:
        """What is expected of a key, and the scale of deviations from it."""
        prior = self.prior()
        assert prior is not None
        m0, tau2, s0 = prior
        events = self.events.get(key, [])
        if key in self.unlimited and events:
            m = mean(events)
            own = sum((x - m) ** 2 for x in events) / max(len(events) - 1, 1)
            if (m - m0) ** 2 > 100 * (tau2 + s0**2) or own > 100 * s0**2:
                events = []
        n = len(events)
        if n == 0:
            expected, variance = m0, s0**2 + tau2
        else:
            m = mean(events)
            kappa = s0**2 / tau2 if tau2 else 0.0
            expected = (kappa * m0 + n * m) / (kappa + n)
            variance = s0**2
            if n >= 3:
                own = sum((x - m) ** 2 for x in events) / (n - 1)
                variance = (10 * s0**2 + n * own) / (10 + n)
            variance *= 1 + 1 / (kappa + n)
        return expected, max(sqrt(variance), 1e-9 * abs(expected))

    def learn(self, key: str, x: float) -> float | None:
        """Deviation of an event, which is then learned; ``None`` while there is no prior."""
        z = None
        events = self.events.setdefault(key, [])
        if self.prior() is None:
            self.unlimited.add(key)
        else:
            expected, width = self.usual(key)
            z = (x - expected) / width if width else 0.0 if x == expected else 1e9 * (x - expected)
            z = min(max(z, -1e9), 1e9)
            if key in self.unlimited:
                m = mean(events) if events else 0.0
                own = sum((e - m) ** 2 for e in events) / max(len(events) - 1, 1)
                m0, tau2, s0 = self.prior() or (0.0, 0.0, 0.0)
                if events and ((m - m0) ** 2 > 100 * (tau2 + s0**2) or own > 100 * s0**2):
                    events.clear()
                self.unlimited.discard(key)
            if width:
                x = min(max(x, expected - 3 * width), expected + 3 * width)
        events.append(x)
        n, m = len(events), mean(events)
        if n in STAGES:
            own = sum((e - m) ** 2 for e in events) / (n - 1)
            if not any(len(self.told[stage]) >= 20 for stage in STAGES if stage > n):
                self.told[n].append((m, sqrt(own)))
        return z
