"""Values that come back, straight from their formulas: plain Python, one class per idea.

`naive.NaiveZScore` puts the pieces together. A feature sleeps until values come back (`Repeats`);
awake it keeps shares of values (`Shares`), and whoever keeps a location and a scale of it keeps
one of its other values (`Others`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import floor, log, sqrt

GOLDEN = (sqrt(5.0) - 1.0) / 2.0

REGULAR = "regular"
ATOM = "atom"
FROZEN = "frozen"
REST = "rest"
FAMILIAR = "familiar"


def same(a: float, b: float) -> bool:
    """Equal but for round-off."""
    return a == b or abs(a - b) <= 2.0**-48 * max(abs(a), abs(b))


def usual_deviation(share: float) -> float:
    """Phi^-1(1 - p / 2), at least 1, by formula 26.2.23 of Abramowitz and Stegun."""
    if share >= 0.3173:
        return 1.0
    t = sqrt(-2.0 * log(share / 2.0))
    above = 2.515517 + 0.802853 * t + 0.010328 * t**2
    below = 1.0 + 1.432788 * t + 0.189269 * t**2 + 0.001308 * t**3
    return max(t - above / below, 1.0)


@dataclass
class Entry:
    """A value that is kept, its share, and how regularly it is seen within 32 events.

    ``hits`` is how many events had it since its share was last brought up to date.
    """

    value: float
    share: float
    hits: int = 0
    occupied: float = 0.0
    recent: int = 32


@dataclass
class Shares:
    """Fading shares of up to 16 values; the first ``atoms`` entries are split off."""

    age: float
    # Events that shares remember.
    memory: float = 1000.0
    last: float = 0.0
    run: float = 1.0
    top: float = 1.0
    again: float = 0.1
    # Probability that no atom comes for as long as none has.
    absence: float = 1.0
    entries: list[Entry] = field(default_factory=list)
    atoms: int = 0
    # Events since shares were brought up to date, how many of them repeat the one before, and
    # whether the last of all events had an atom.
    batch: int = 0
    repeats: int = 0
    after_atom: bool = False
    # Which of 16 values is the next to make room.
    turn: int = 0
    # How often the atoms have changed, and whether the last time was the end of a silence.
    changes: int = 0
    ended: bool = False

    @classmethod
    def after_run(cls, value: float, seen: float, memory: float) -> Shares:
        """Three of the values seen so far were this one, perhaps in one run."""
        age = max(min(seen, memory), 3.0)
        found = cls(age=age, memory=memory, last=value, run=0.0005)
        found.entries = [Entry(value, 3.0 / age)]
        return found

    @classmethod
    def after_start(cls, sample: list[float], memory: float) -> Shares:
        """Those values of a start that it has more than once."""
        found = cls(age=min(float(len(sample)), memory), memory=memory)
        groups: list[list[float]] = []
        for value in sorted(sample):
            if groups and same(groups[-1][0], value):
                groups[-1].append(value)
            else:
                groups.append([value])
        for group in groups:
            if len(group) > 1:
                found.add(Entry(group[0], len(group) / len(sample)))
            if len(group) >= max(2.5, 0.3 * len(sample)):
                next(e for e in found.entries if e.value == group[0]).occupied = 1.0
        found.choose_atoms()
        return found

    def find(self, value: float) -> Entry | None:
        return next((entry for entry in self.entries if same(entry.value, value)), None)

    def recent(self, entry: Entry) -> float:
        """How often a value came, in a count that fades."""
        return entry.share * self.age + entry.hits

    def add(self, new: Entry) -> None:
        """Take up a value; of 16 one seen once makes room, in turn, or else the rarest."""
        if len(self.entries) < 16:
            self.entries.append(new)
            return
        start = max(self.turn, self.atoms)
        turns = [*range(start, 16), *range(self.atoms, start)]
        once = [k for k in turns if self.recent(self.entries[k]) < 1.5]
        goes = once[0] if once else min(turns, key=lambda k: self.recent(self.entries[k]))
        self.entries[goes] = new
        self.turn = (goes + 1) % 16

    def observe(self, value: float) -> Entry | None:
        """Count a value; the entry that it had."""
        known = self.find(value)
        again = same(value, self.last) and not self.after_atom
        if self.is_atom(value):
            self.absence = 1.0
        elif not again:
            self.run = 1.0
        else:
            self.repeats += 1
            if known is not None:
                self.run *= min(self.recent(known) / (self.age + self.batch), 1.0)
        self.after_atom = self.is_first(value)
        self.last = value
        self.batch += 1
        if known is None:
            self.add(Entry(value, 0.0, hits=1))
        else:
            known.hits += 1
        if self.batch >= min(0.032 * self.age, 32.0):
            self.update()
        return known

    def is_first(self, value: float) -> bool:
        """Whether a value is the first atom to the last digit."""
        return self.atoms > 0 and value == self.entries[0].value

    def update(self) -> None:
        """One step of all shares for the events of a batch."""
        self.age = min(self.age + self.batch, self.memory)
        rate, slow = 1.0 / self.age, 1.0 / max(self.age, 200.0)
        if self.atoms == 0:
            self.again += rate * (self.repeats - self.batch * self.again)
        for entry in self.entries:
            # Values seen once tie but for round-off: the same operations, so the same one goes.
            moved = entry.share + rate * (entry.hits - self.batch * entry.share)
            entry.share = min(max(moved, 1e-300), 1.0)
            entry.recent = 32 if entry.hits else max(entry.recent - self.batch, 0)
            entry.occupied += slow * self.batch * (float(entry.recent > 0) - entry.occupied)
            entry.hits = 0
        self.batch = self.repeats = 0
        self.top = max((entry.share for entry in self.entries), default=0.0)
        self.choose_atoms()

    def ends_silence(self) -> bool:
        """Note an other value as usual as those before; whether the atoms are gone by now."""
        self.absence *= max(1.0 - self.weight(), 0.1)
        if self.absence > 1e-9:
            return False
        self.absence, self.age, self.entries, self.atoms = 1.0, 1.0, [], 0
        self.batch, self.repeats, self.again = 0, 0, 0.1
        # Whatever came last counts as other than what comes next only if it is.
        self.after_atom = False
        self.change(ended=True)
        return True

    def change(self, ended: bool = False) -> None:
        self.changes += 1
        self.ended = ended
        self.run = 1.0

    def choose_atoms(self) -> None:
        """Which values are split off: most frequent from 0.3 down to 0.2, others by windows."""
        if not self.entries:
            return
        main = max(self.entries, key=lambda entry: entry.share)
        is_main = main.share * self.age >= max(2.5, 0.3 * self.age)
        atoms = self.entries[: self.atoms]
        if not atoms:
            if not is_main:
                return
            main.occupied = 1.0
        elif main.share < 0.2:
            self.atoms, self.again = 0, 0.1
            self.change()
            return
        before = [entry.value for entry in atoms]
        # The order decides which of equally rare values makes room, so it is kept as it is there:
        # what changes its side changes places with the first, or last, of that side.
        if is_main and main not in atoms:
            self.atoms = min(self.atoms, 14)
            self.move_up(main)
        for k in range(self.atoms - 1, -1, -1):
            entry = self.entries[k]
            if entry is not main and entry.occupied < 0.2:
                self.atoms -= 1
                self.swap(k, self.atoms)
        for entry in self.entries[self.atoms :]:
            if entry.occupied >= 0.3 and entry.share * self.age >= 2.5 and self.atoms < 15:
                self.move_up(entry)
        first = next(k for k, one in enumerate(self.entries) if one is main)
        if first < self.atoms:
            self.swap(first, 0)
        if sorted(before) != sorted(entry.value for entry in self.entries[: self.atoms]):
            self.change()

    def move_up(self, entry: Entry) -> None:
        at = next(k for k, one in enumerate(self.entries) if one is entry)
        self.swap(at, self.atoms)
        self.atoms += 1

    def swap(self, i: int, j: int) -> None:
        self.entries[i], self.entries[j] = self.entries[j], self.entries[i]

    def atom(self, value: float) -> Entry | None:
        atoms = self.entries[: self.atoms]
        return next((entry for entry in atoms if same(entry.value, value)), None)

    def is_atom(self, value: float) -> bool:
        return self.atom(value) is not None

    def is_frozen(self) -> bool:
        """Whether the present run is less likely than one in a thousand."""
        return self.run < 1e-3

    def is_familiar(self, entry: Entry | None) -> bool:
        seen = 0.0 if entry is None else self.recent(entry)
        return self.is_frozen() or seen >= 2.5

    def is_quiet(self) -> bool:
        return self.age >= 200.0 and self.top < 0.05 and self.again < 0.05

    def classify(self, value: float, known: Entry | None) -> str:
        if self.is_atom(value):
            return ATOM
        if self.atoms > 0:
            return FAMILIAR if self.is_familiar(known) else REST
        return FROZEN if self.is_frozen() else REGULAR

    def weight(self) -> float:
        """Share of all atoms."""
        return min(sum(entry.share for entry in self.entries[: self.atoms]), 1.0)

    def mean(self) -> float:
        """Mean of the atoms."""
        first = self.entries[0].value
        atoms = self.entries[: self.atoms]
        moved = sum(entry.share * (entry.value - first) for entry in atoms)
        return first + moved / self.weight()

    def square(self, centre: float) -> float:
        """Mean squared deviation of the atoms from a centre."""
        atoms = self.entries[: self.atoms]
        return sum(entry.share * (entry.value - centre) ** 2 for entry in atoms) / self.weight()


@dataclass
class Others:
    """Location mu and scale sigma of the values that are no atoms."""

    # Of few values: by medians.
    robust_start: Callable[[list[float]], tuple[float, float]]
    location: float = 0.0
    scale: float = 0.0
    count: float = 0.0
    sample: list[float] = field(default_factory=list)
    changes: int = -1
    mixed: bool = False

    def is_current(self, shares: Shares) -> bool:
        return self.changes == shares.changes

    def follow(self, shares: Shares) -> None:
        self.changes, self.mixed = shares.changes, shares.atoms > 0

    def begin(self, shares: Shares, values: list[float]) -> None:
        """Start from the values of a start that are no atoms: all, or eight quantiles."""
        self.follow(shares)
        others = [value for value in sorted(values) if not shares.is_atom(value)]
        self.count = float(len(others))
        self.sample = others
        if len(others) > 8:
            # Evenly from either end, so that the values of -x are those of x.
            n = len(others)
            from_the_end = [(2 * k + 1) * n // 16 for k in range(4)]
            ranks = {*from_the_end, *(n - 1 - r for r in from_the_end)}
            self.sample = [others[r] for r in sorted(ranks)]
        if self.sample:
            self.location, self.scale = self.robust_start(self.sample)

    def split(self, shares: Shares, location: float, scale: float, seen: float) -> None:
        """Solve the law of total variance for mu and sigma when the first atom is split off."""
        mixed = self.mixed
        self.follow(shares)
        if shares.atoms == 0:
            return
        events = min(seen, shares.age)
        p = shares.weight()
        q = 1.0 - p
        poor = self.is_starting() or shares.is_atom(self.location)
        if q * events < 1.0 or (mixed and poor) or (not mixed and scale == 0.0):
            self.count, self.sample = 0.0, []
        elif mixed:
            self.count = 8.0
        else:
            mean = shares.mean()
            self.location = mean + (location - mean) / q
            square = (scale**2 - p * shares.square(location)) / q
            square -= (self.location - location) ** 2
            self.scale = max(sqrt(max(square, 0.0)), scale / sqrt(events))
            self.count = max(q * events, 8.0)

    def is_starting(self) -> bool:
        return self.count < 8.0

    def start_with(self, shares: Shares, value: float, location: float, scale: float) -> None:
        """One of the first eight; beside several atoms the first gives way to their scale."""
        if shares.atoms > 1 and self.count == 0.0 and scale > 0.0:
            self.location, self.scale, self.count = location, scale, 8.0
            return
        self.sample.append(value)
        self.location, self.scale = self.robust_start(self.sample)
        self.count += 1.0

    def deviation(self, shares: Shares, value: float) -> float:
        if same(value, self.location):
            return 0.0
        distance = value - self.location
        if self.scale == 0.0:
            away = abs(self.location - shares.entries[0].value)
            self.scale = min(abs(distance), away) / sqrt(min(self.count, 1000.0))
            if self.scale == 0.0:
                return 0.0
        return min(max(distance / self.scale, -1e35), 1e35)

    def step(self, gradient: float, rate: float, scale_gradient: float, scale_rate: float) -> None:
        own = 1.0 / (self.count + 1.0)
        self.location += max(rate, own) * gradient * self.scale
        self.location = min(max(self.location, -1e152), 1e152)
        self.scale *= 1.0 + 0.5 * min(max(scale_rate, own) * scale_gradient, 1.0)
        self.scale = min(self.scale, 1e152)
        self.count += 1.0

    def combine(self, shares: Shares) -> tuple[float, float]:
        """m and s of all values."""
        atoms = shares.mean()
        if self.count == 0.0:
            return atoms, sqrt(shares.square(atoms))
        q = (max((1.0 - shares.weight()) * shares.age, 0.0) + 0.5) / (shares.age + 1.0)
        m = atoms + q * (self.location - atoms)
        square = (1.0 - q) * shares.square(m) + q * (self.scale**2 + (self.location - m) ** 2)
        return min(max(m, -1e152), 1e152), min(sqrt(square), 1e152)


@dataclass
class Repeats:
    """One feature: asleep until values come back, and what is kept of it awake."""

    memory: float = 1000.0
    lowest: float = float("inf")
    highest: float = float("-inf")
    last: float | None = None
    probe: float | None = None
    matches: int = 0
    repeats_in_start: bool = False
    shares: Shares | None = None
    # Of the last value, 0 if it was not known.
    share: float = 0.0

    def observe(self, value: float, events: int) -> str:
        """Compare a value with the last one and with the probe, and count it if awake."""
        self.lowest, self.highest = min(self.lowest, value), max(self.highest, value)
        self.matches += (value == self.probe) + (value == self.last)
        self.last = value
        turn = events * GOLDEN
        if turn - floor(turn) < 1.0 / 32.0 and self.matches < 3 and self.shares is None:
            self.probe, self.matches = value, 0
        self.share = 0.0
        if self.shares is None:
            return REGULAR
        known = self.shares.observe(value)
        self.share = 0.0 if known is None else known.share
        return self.shares.classify(value, known)

    def limit(self, value: float) -> float:
        """How far a value deviates at most: an atom no further than it is rare."""
        atom = None if self.shares is None else self.shares.atom(value)
        return float("inf") if atom is None else usual_deviation(atom.share)

    def ends_silence(self) -> bool:
        return self.shares is not None and self.shares.ends_silence()

    def note_start(self, sample: list[float]) -> None:
        """Whether one value fills three tenths of a start."""
        longest = 0
        run: list[float] = []
        for value in sorted(sample):
            run = [*run, value] if run and same(run[0], value) else [value]
            longest = max(longest, len(run))
        self.repeats_in_start = longest >= max(3, 0.3 * len(sample))

    def prepare(self, sample: list[float], warm_up: int, seen: float) -> None:
        """Wake or fall asleep before an event is learned."""
        if self.shares is not None:
            if self.shares.is_quiet():
                self.shares, self.probe, self.matches = None, None, 0
        elif self.repeats_in_start:
            self.shares = Shares.after_start(sample, self.memory)
        elif self.matches >= 3 and len(sample) == warm_up and self.last is not None:
            self.shares = Shares.after_run(self.last, seen, self.memory)
        if self.shares is not None:
            self.repeats_in_start = False
