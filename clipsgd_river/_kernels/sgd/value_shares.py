# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Fading shares of a feature's most frequent values, and which of them are atoms."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs, log, sqrt

    from clipsgd_river._kernels.core.features import LARGEST_VALUE

# Values kept of a feature.
KEPT = 16
# Shares remember so many events.
MEMORY = 1000.0
LEAST_RATE = 0.001
# The most frequent value is split off from this share on, and no longer below that one.
MAIN_SHARE = 0.30
LEAST_MAIN_SHARE = 0.20
# Beside it, any value is split off that at this share of the last thousand events had been seen
# within the 32 before; and no longer below that share. At the start of a feature it is counted as
# if there had been so many events already.
WINDOW = 32.0
OCCUPIED = 0.30
LEAST_OCCUPIED = 0.20
SLOWEST_START = 200.0
# A value seen three times, in fading counts with a margin for round-off, is a familiar one.
FAMILIAR_COUNT = 2.5
# A run of one value to which its share gives a smaller probability is a standstill: a sensor that
# hangs, not a value that happens to come often.
UNLIKELY_RUN = 1e-3
SMALLEST_RUN = 1e-300
# A feature no longer repeats when, after so many events, neither its most frequent value nor events
# equal to the one before have this share.
QUIET_SHARE = 0.05
QUIET_AGE = 200.0
# Where the share of events equal to the one before starts: without any it takes some 700 events to
# fall below the former.
FIRST_AGAIN = 0.1
# A standard normal variable deviates by more than 1 in this share of events.
COMMON_SHARE = 0.3173
# Values this close, relative to their size, are one: 0.1 + 0.2 is 0.3.
SAME = 2.0**-48
# A silence, in which only atoms come, has ended when other values come in a row that is less likely
# than this. Each counts as if it had at least this share, so that it takes nine of them or more.
UNLIKELY_ABSENCE = 1e-9
LEAST_REST = 0.1
# Shares sum to 1, and a little more by round-off.
LARGEST_SUM = 1.001
# Seen once, in fading counts, with a margin for round-off.
ONCE = 1.5


def usual_deviation(share: float) -> float:
    """Deviation that a standard normal variable exceeds, on either side, with a given probability.

    At least 1, so that a frequent value keeps the deviation it has.

    Phi^-1(1 - share / 2) by formula 26.2.23 of Abramowitz and Stegun, to 4.5e-4.
    """
    if share >= COMMON_SHARE:
        return 1.0
    t: cython.double = sqrt(-2.0 * log(0.5 * max(share, 1e-300)))
    above: cython.double = 2.515517 + t * (0.802853 + t * 0.010328)
    below: cython.double = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    return max(t - above / below, 1.0)


def same(a: float, b: float) -> cython.bint:
    """Whether two values differ by no more than round-off."""
    return a == b or fabs(a - b) <= SAME * max(fabs(a), fabs(b))


class ValueShares:
    r"""Sixteen values of each slot, a slot being a feature that repeats.

    The share of a value follows clipped steps on the loss 1/2 ||p - e_v||^2, e_v the unit vector
    of the value v,

    .. math:: p \leftarrow p + \eta (e_v - p), \qquad \eta = \max(1/n, 1/1000):

    no event moves a share by more than eta. A new value takes the place of the least frequent one.

    *Atoms* are values that are split off from the others. The most frequent one is an atom once it
    has a share of 0.30. Beside it, so is each value that keeps coming: at 0.30 of the last thousand
    events it had been seen within the 32 before, which a share of about 0.01 gives. A burst of 200
    equal events makes no atom. Atoms come first in the table.

    O(values kept) per event.
    """

    def __init__(self) -> None:
        self.capacity = 0
        self.free: list[int] = []
        self.values = Vector()
        self.share = Vector()
        self.occupied = Vector()
        self.recent = Vector()
        self.count = Vector()
        self.atoms = Vector()
        self.age = Vector()
        self.last = Vector()
        self.run = Vector()
        # Probability that no atom comes for as long as none has come.
        self.absence = Vector()
        # Whether the last change of the atoms was the end of a silence.
        self.ended = Vector()
        # Share of the most frequent value, and of events that repeat the one before.
        self.top = Vector()
        self.again = Vector()
        # Raised by every change of the atoms.
        self.epoch = Vector()

    def open(self) -> cython.Py_ssize_t:
        """Take a slot, empty."""
        slot: cython.Py_ssize_t
        if not self.free:
            size = max(2 * self.capacity, 2)
            for vector in (self.values, self.share, self.occupied, self.recent):
                vector.grow(KEPT * size)
            for vector in (self.count, self.atoms, self.age, self.last, self.run, self.top):
                vector.grow(size)
            self.again.grow(size)
            self.absence.grow(size)
            self.ended.grow(size)
            self.epoch.grow(size)
            self.free = list(range(size - 1, self.capacity - 1, -1))
            self.capacity = size
        slot = self.free.pop()
        self.count.at[slot] = 0.0
        self.atoms.at[slot] = 0.0
        self.age.at[slot] = 0.0
        self.last.at[slot] = 0.0
        self.run.at[slot] = 1.0
        self.top.at[slot] = 1.0
        self.absence.at[slot] = 1.0
        self.ended.at[slot] = 0.0
        self.again.at[slot] = FIRST_AGAIN
        self.epoch.at[slot] = self.epoch.at[slot] + 1.0
        return slot

    def close(self, slot: cython.Py_ssize_t) -> cython.int:
        """Give a slot back."""
        self.free.append(slot)
        return 0

    def clear(self) -> cython.int:
        """Give all slots back."""
        self.free = list(range(self.capacity - 1, -1, -1))
        return 0

    def is_main(self, count: float, events: float) -> cython.bint:
        """Whether a value with so many of the events is split off."""
        return count >= FAMILIAR_COUNT and count >= MAIN_SHARE * events

    def is_quiet(self, slot: cython.Py_ssize_t) -> cython.bint:
        """Whether no value is frequent, and few events equal the one before."""
        if self.age.at[slot] < QUIET_AGE:
            return False
        return self.top.at[slot] < QUIET_SHARE and self.again.at[slot] < QUIET_SHARE

    def is_frozen(self, slot: cython.Py_ssize_t) -> cython.bint:
        """Whether the present run of one value is longer than its share explains."""
        return self.run.at[slot] < UNLIKELY_RUN

    def is_familiar(self, slot: cython.Py_ssize_t, entry: cython.Py_ssize_t) -> cython.bint:
        """Whether a value just counted came three times or more, or stands still."""
        if self.is_frozen(slot):
            return True
        if entry >= self.count.at[slot]:
            return False
        return self.share.at[KEPT * slot + entry] * self.age.at[slot] >= FAMILIAR_COUNT

    def atom_share_of(self, slot: cython.Py_ssize_t, value: float) -> float:
        """Share of a value if it is an atom, else 0."""
        entry: cython.Py_ssize_t = self.find(slot, value, self.atoms.at[slot])
        return self.share.at[KEPT * slot + entry] if entry < KEPT else 0.0

    def find(self, slot: cython.Py_ssize_t, value: float, count: float) -> cython.Py_ssize_t:
        """Entry of a value among the first ``count`` of a slot; `KEPT` if it is not there."""
        base: cython.Py_ssize_t = KEPT * slot
        i: cython.Py_ssize_t
        for i in range(cython.cast(cython.Py_ssize_t, count)):
            if same(self.values.at[base + i], value):
                return i
        return KEPT

    def most_frequent(self, slot: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Entry of the most frequent value of a slot, the first of equals."""
        share: cython.p_double = self.share.at
        base: cython.Py_ssize_t = KEPT * slot
        main: cython.Py_ssize_t = 0
        i: cython.Py_ssize_t
        for i in range(1, cython.cast(cython.Py_ssize_t, self.count.at[slot])):
            if share[base + i] > share[base + main]:
                main = i
        return main

    def count_run(self, slot: cython.Py_ssize_t, value: float, matches: float, seen: float) -> None:
        """Start with a value that was seen ``matches`` times of late, out of ``seen`` in all.

        Whether in one run is not known: a further repeat at once counts as a standstill.
        """
        self.age.at[slot] = max(min(seen, MEMORY), matches)
        self.add(slot, value, matches / self.age.at[slot])
        self.last.at[slot] = value
        self.run.at[slot] = 0.5 * UNLIKELY_RUN

    def count_start(
        self,
        slot: cython.Py_ssize_t,
        sample: cython.p_double,
        base: cython.Py_ssize_t,
        length: float,
    ) -> None:
        """Start with the values that a sorted sample has more than once."""
        stop: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, length)
        first: cython.Py_ssize_t = base
        entry: cython.Py_ssize_t
        k: cython.Py_ssize_t
        self.age.at[slot] = min(length, MEMORY)
        for k in range(base + 1, stop + 1):
            if k == stop or not same(sample[k], sample[first]):
                if k - first > 1:
                    self.add(slot, sample[first], (k - first) / length)
                if self.is_main(k - first, length):
                    # Of several that are as frequent none comes first.
                    entry = self.find(slot, sample[first], self.count.at[slot])
                    self.occupied.at[KEPT * slot + entry] = 1.0
                first = k
        self.choose_atoms(slot)

    def add(self, slot: cython.Py_ssize_t, value: float, share: float) -> None:
        """Add a value, in place of the least frequent one where the table is full."""
        base: cython.Py_ssize_t = KEPT * slot
        count: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.count.at[slot])
        entry: cython.Py_ssize_t = base + count
        i: cython.Py_ssize_t
        if count < KEPT:
            self.count.at[slot] = self.count.at[slot] + 1.0
        else:
            entry = base
            for i in range(base + 1, base + KEPT):
                if self.share.at[i] < self.share.at[entry]:
                    entry = i
        self.values.at[entry] = value
        self.share.at[entry] = share
        self.occupied.at[entry] = 0.0
        self.recent.at[entry] = WINDOW

    def observe(self, slot: cython.Py_ssize_t, value: float) -> cython.Py_ssize_t:
        """Count a value; returns its entry, or `KEPT` if it is new."""
        base: cython.Py_ssize_t = KEPT * slot
        stop: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.count.at[slot])
        share: cython.p_double = self.share.at
        occupied: cython.p_double = self.occupied.at
        recent: cython.p_double = self.recent.at
        age: cython.double = min(self.age.at[slot] + 1.0, MEMORY)
        # A division takes as long as all the rest: none where it is always the same.
        rate: cython.double = LEAST_RATE if age == MEMORY else 1.0 / age
        slow: cython.double = LEAST_RATE if age == MEMORY else 1.0 / max(age, SLOWEST_START)
        smallest: cython.double = SMALLEST_RUN
        shrunk: cython.double
        left: cython.double
        i: cython.Py_ssize_t
        entry: cython.Py_ssize_t = self.find(slot, value, self.count.at[slot])
        found: cython.Py_ssize_t = base + entry
        known: cython.bint = entry < KEPT
        again: cython.bint = same(value, self.last.at[slot])
        self.age.at[slot] = age
        self.last.at[slot] = value
        repeats: cython.double = self.again.at[slot]
        self.again.at[slot] = repeats + rate * ((1.0 if again else 0.0) - repeats)
        if not again:
            self.run.at[slot] = 1.0
        elif known:
            self.run.at[slot] = max(self.run.at[slot] * share[found], SMALLEST_RUN)
        # Short loops over one array each, with bounds of their own: the compiler can prove them
        # independent and use wide registers.
        for i in range(base, stop):
            shrunk = share[i] - rate * share[i]
            share[i] = shrunk if shrunk > smallest else smallest
        for i in range(base, stop):
            left = recent[i] - 1.0
            recent[i] = left if left > 0.0 else 0.0
        if known:
            share[found] += rate
            recent[found] = WINDOW
        for i in range(base, stop):
            left = 1.0 if recent[i] > 0.0 else 0.0
            occupied[i] += slow * (left - occupied[i])
        self.top.at[slot] = self.largest_share(base, stop)
        if not known:
            self.add(slot, value, rate)
        if self.has_changed(slot):
            self.choose_atoms(slot)
        if not known:
            return KEPT
        # The choice may have put it in another place.
        entry = self.find(slot, value, self.count.at[slot])
        if entry < self.atoms.at[slot]:
            self.absence.at[slot] = 1.0
        return entry

    def largest_share(self, base: cython.Py_ssize_t, stop: cython.Py_ssize_t) -> float:
        """Largest share of the entries from ``base`` to ``stop``."""
        i: cython.Py_ssize_t
        share: cython.p_double = self.share.at
        top: cython.double = 0.0
        for i in range(base, stop):
            top = max(top, share[i])
        return top

    def has_changed(self, slot: cython.Py_ssize_t) -> cython.bint:
        """Whether `choose_atoms` may find other atoms: mostly it does not."""
        base: cython.Py_ssize_t = KEPT * slot
        stop: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.count.at[slot])
        atoms: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.atoms.at[slot])
        top: cython.double = self.top.at[slot]
        share: cython.p_double = self.share.at
        occupied: cython.p_double = self.occupied.at
        changes: cython.int = 0
        least: cython.double = LEAST_OCCUPIED
        most: cython.double = OCCUPIED
        main: cython.double = MAIN_SHARE
        i: cython.Py_ssize_t
        if atoms == base or top < LEAST_MAIN_SHARE:
            # Newly taken up values have a share of their own.
            return atoms > base or self.largest_share(base, stop) >= MAIN_SHARE
        for i in range(base, atoms):
            changes += 1 if occupied[i] < least else 0
        for i in range(atoms, stop):
            changes += (1 if occupied[i] >= most else 0) + (1 if share[i] >= main else 0)
        return changes > 0

    def choose_atoms(self, slot: cython.Py_ssize_t) -> None:
        """Make atoms of values that have become frequent, and none of those no longer so."""
        base: cython.Py_ssize_t = KEPT * slot
        stop: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.count.at[slot])
        atoms: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.atoms.at[slot])
        before: cython.Py_ssize_t = atoms
        age: cython.double = self.age.at[slot]
        main: cython.Py_ssize_t = base + self.most_frequent(slot)
        i: cython.Py_ssize_t
        changed: cython.bint = False
        if stop == base:
            return
        if atoms == base:
            if not self.is_main(self.share.at[main] * age, age):
                return
            self.occupied.at[main] = 1.0
        elif self.share.at[main] < LEAST_MAIN_SHARE:
            self.atoms.at[slot] = 0.0
            self.epoch.at[slot] = self.epoch.at[slot] + 1.0
            return
        if main >= atoms and self.is_main(self.share.at[main] * age, age):
            self.exchange_entries(main, atoms)
            main = atoms
            atoms += 1
            changed = True
        i = atoms - 1
        while i >= base:
            if i != main and self.occupied.at[i] < LEAST_OCCUPIED:
                atoms -= 1
                self.exchange_entries(i, atoms)
                if main == atoms:
                    main = i
                changed = True
            i -= 1
        for i in range(atoms, stop):
            if self.occupied.at[i] >= OCCUPIED and self.share.at[i] * age >= FAMILIAR_COUNT:
                self.exchange_entries(i, atoms)
                atoms += 1
                changed = True
        if changed or before != atoms:
            self.ended.at[slot] = 0.0
            self.atoms.at[slot] = atoms - base
            self.epoch.at[slot] = self.epoch.at[slot] + 1.0

    def exchange_entries(self, i: cython.Py_ssize_t, j: cython.Py_ssize_t) -> None:
        """Let two entries change places."""
        self.values.at[i], self.values.at[j] = self.values.at[j], self.values.at[i]
        self.share.at[i], self.share.at[j] = self.share.at[j], self.share.at[i]
        self.occupied.at[i], self.occupied.at[j] = self.occupied.at[j], self.occupied.at[i]
        self.recent.at[i], self.recent.at[j] = self.recent.at[j], self.recent.at[i]

    def note_absence(self, slot: cython.Py_ssize_t) -> cython.bint:
        """Note a new value that is usual among the others; returns whether a silence has ended.

        The table then starts again: the atoms of the silence would remain atoms for a thousand
        events more.
        """
        rest: cython.double = max(1.0 - self.atom_share(slot), LEAST_REST)
        self.absence.at[slot] = self.absence.at[slot] * rest
        if self.absence.at[slot] > UNLIKELY_ABSENCE:
            return False
        self.absence.at[slot] = 1.0
        self.count.at[slot] = 0.0
        self.atoms.at[slot] = 0.0
        self.age.at[slot] = 1.0
        self.epoch.at[slot] = self.epoch.at[slot] + 1.0
        self.ended.at[slot] = 1.0
        return True

    def atom_share(self, slot: cython.Py_ssize_t) -> float:
        """Sum of the atoms' shares."""
        base: cython.Py_ssize_t = KEPT * slot
        stop: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.atoms.at[slot])
        i: cython.Py_ssize_t
        whole: cython.double = 0.0
        for i in range(base, stop):
            whole += self.share.at[i]
        return min(whole, 1.0)

    def atom_mean(self, slot: cython.Py_ssize_t, whole: float) -> float:
        """Mean of the atoms, whose share is ``whole``."""
        base: cython.Py_ssize_t = KEPT * slot
        stop: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.atoms.at[slot])
        i: cython.Py_ssize_t
        # As a difference from the first atom, so that the mean of a constant is the constant.
        first: cython.double = self.values.at[base]
        total: cython.double = 0.0
        for i in range(base + 1, stop):
            total += self.share.at[i] * (self.values.at[i] - first)
        return first + total / whole

    def atom_square(self, slot: cython.Py_ssize_t, mean: float, whole: float) -> float:
        """Mean squared deviation of the atoms, whose share is ``whole``, from a mean."""
        base: cython.Py_ssize_t = KEPT * slot
        stop: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.atoms.at[slot])
        i: cython.Py_ssize_t
        square: cython.double = 0.0
        deviation: cython.double
        for i in range(base, stop):
            deviation = self.values.at[i] - mean
            square += self.share.at[i] * (deviation * deviation)
        return square / whole

    def kept(self, slot: cython.Py_ssize_t) -> dict[float, float]:
        """Values seen more than once and their shares, by ascending value."""
        base: cython.Py_ssize_t = KEPT * slot
        i: cython.Py_ssize_t
        count: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.count.at[slot])
        found = {}
        for i in range(base, base + count):
            if self.share.at[i] * self.age.at[slot] > ONCE:
                found[self.values.at[i]] = self.share.at[i]
        return dict(sorted(found.items()))

    def shorten(self, events: float) -> None:
        """Reduce the weight of past events to that of ``events``."""
        slot: cython.Py_ssize_t
        for slot in range(self.capacity):
            self.age.at[slot] = min(self.age.at[slot], max(events, WINDOW))

    def exchange(self, archive: Archive, slot: cython.Py_ssize_t) -> cython.int:
        """Pass the values of a slot through ``archive``."""
        i: cython.Py_ssize_t
        base: cython.Py_ssize_t = KEPT * slot
        largest: cython.double = LARGEST_VALUE
        self.age.at[slot] = archive.bounded(self.age.at[slot], 1.0, MEMORY, "age of a value")
        self.count.at[slot] = archive.bounded(self.count.at[slot], 0.0, KEPT, "number of values")
        archive.check_count(self.count.at[slot])
        self.atoms.at[slot] = archive.bounded(
            self.atoms.at[slot], 0.0, self.count.at[slot], "number of values"
        )
        archive.check_count(self.atoms.at[slot])
        self.last.at[slot] = archive.bounded(self.last.at[slot], -largest, largest, "last value")
        self.run.at[slot] = archive.bounded(self.run.at[slot], SMALLEST_RUN, 1.0, "run")
        self.absence.at[slot] = archive.bounded(self.absence.at[slot], 0.0, 1.0, "probability")
        self.ended.at[slot] = archive.bounded(self.ended.at[slot], 0.0, 1.0, "mark")
        self.again.at[slot] = archive.bounded(self.again.at[slot], 0.0, 1.0, "share of repeats")
        count: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.count.at[slot])
        whole: cython.double = 0.0
        self.top.at[slot] = 0.0
        for i in range(base, base + count):
            self.values.at[i] = archive.bounded(self.values.at[i], -largest, largest, "value")
            self.share.at[i] = archive.bounded(
                self.share.at[i], SMALLEST_RUN, 1.0, "share of a value"
            )
            self.occupied.at[i] = archive.bounded(self.occupied.at[i], 0.0, 1.0, "share of events")
            self.recent.at[i] = archive.bounded(self.recent.at[i], 0.0, WINDOW, "window")
            whole += self.share.at[i]
            self.top.at[slot] = max(self.top.at[slot], self.share.at[i])
        archive.check(whole, 0.0, LARGEST_SUM, "sum of shares")
        return 0
