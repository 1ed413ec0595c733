# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Which values of each feature come back, and how often."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import IntegerVector, Vector
from clipsgd_river._kernels.sgd.value_shares import ValueShares

if not cython.compiled:
    from math import floor

    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.sgd.kept_values import KEPT, NEVER, same
    from clipsgd_river._kernels.sgd.value_shares import WINDOW

# A feature wakes after so many matches: each of about 32 events may match the event before it, and
# one value that is kept for as long.
ENOUGH = 3.0
# The value kept is replaced every 32 events on average, where the fractional part of a multiple of
# the golden ratio is below this share: no period of the data fits such a sequence.
PROBE_SHARE = 0.03125
GOLDEN = 0.6180339887498949
# In place of the number of matches: the feature is awake, or its first values had repeats.
AWAKE = -1e18
STARTED = 1e9
# What the loaded value of a feature is: of a feature without atoms, an atom, one of a standstill,
# another value beside atoms, or such a one that came before.
REGULAR = 0
ATOM = 1
FROZEN = 2
REST = 3
FAMILIAR = 4


class RepeatedValues:
    """Lowest and highest value of each feature, and the values of those that repeat.

    A feature is asleep while no value comes back: each of its values is compared with the one
    before and with one that is kept for some 32 events, and three matches wake it. Awake, its most
    frequent values are in a `ValueShares`, until none is frequent any more. Nothing here changes
    the estimates of a feature that is asleep.

    O(features present) per event.

    Parameters
    ----------
    features
        Whose loaded event the methods work on.
    memory
        Events that shares remember; at least 1,000.
    """

    def __init__(self, features: FeatureTable, memory: float = 0.0) -> None:
        self.features = features
        self.size = 0
        self.awake = 0
        self.changes = 0
        self.lowest = Vector()
        self.highest = Vector()
        self.last = Vector()
        self.probe = Vector()
        self.matches = Vector()
        # Of each feature: its first atom, how often that has come since shares were updated, and
        # how often it may until they are.
        self.main = Vector()
        self.mains = Vector()
        self.left = Vector()
        # Of each feature: its number among those awake plus one, 0 asleep.
        self.slots = IntegerVector()
        # Of each present feature in the loaded event; ``entry`` where it is awake.
        self.kind = IntegerVector()
        self.entry = IntegerVector()
        self.others = IntegerVector()
        self.shares = ValueShares(memory)
        # Which present features have a value beside atoms, and of which shares were just updated.
        self.beside = IntegerVector()
        self.beside_count = 0
        self.updated = IntegerVector()
        self.updated_count = 0
        self.frozen = 0

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.lowest.grow(size)
        self.highest.grow(size)
        self.last.grow(size)
        self.probe.grow(size)
        self.matches.grow(size)
        self.main.grow(size)
        self.mains.grow(size)
        self.left.grow(size)
        self.slots.grow(size)
        self.kind.grow(size)
        self.entry.grow(size)
        self.others.grow(size)
        self.beside.grow(size)
        self.updated.grow(size)
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        j: cython.Py_ssize_t
        for j in range(self.size, size):
            self.begin(j)
        self.size = size

    def begin(self, j: cython.Py_ssize_t) -> None:
        """Start the feature at position j."""
        self.lowest.at[j] = LARGEST_VALUE
        self.highest.at[j] = -LARGEST_VALUE
        self.last.at[j] = NEVER
        self.probe.at[j] = NEVER
        self.matches.at[j] = 0.0
        self.begin_asleep(j)

    def begin_asleep(self, j: cython.Py_ssize_t) -> None:
        """Let the feature at position j have no atom."""
        self.slots.at[j] = 0
        self.main.at[j] = NEVER
        self.mains.at[j] = 0.0
        self.left.at[j] = NEVER

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        if self.slots.at[j] > 0:
            self.sleep(j)
        self.begin(j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Range, values compared with and matches of each feature."""
        return 5 * size

    def observe(self, events: float) -> None:
        """Look at the loaded event; leave in ``kind`` what each value is if any is awake."""
        count: cython.Py_ssize_t = self.features.count
        whole: cython.bint = count == self.features.size
        present: cython.p_int = self.features.present.at
        values: cython.p_double = self.features.values.at
        lowest: cython.p_double = self.lowest.at
        highest: cython.p_double = self.highest.at
        last: cython.p_double = self.last.at
        probe: cython.p_double = self.probe.at
        matches: cython.p_double = self.matches.at
        left: cython.p_double = self.left.at
        never: cython.double = NEVER
        hits: cython.int = 0
        value: cython.double
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        for k in range(count):
            j = k if whole else present[k]
            lowest[j] = min(lowest[j], values[j])
            highest[j] = max(highest[j], values[j])
        for k in range(count):
            j = k if whole else present[k]
            # Counted as integers, so that the compiler may use wide registers.
            hits += (1 if values[j] == probe[j] else 0) + (1 if values[j] == last[j] else 0)
        if hits > 0:
            self.count_matches()
        for k in range(count):
            j = k if whole else present[k]
            # Awake, no value is compared with the one before: `ValueShares` does that.
            last[j] = values[j] if left[j] == never else never
        value = events * GOLDEN
        if value - floor(value) < PROBE_SHARE:
            for k in range(count):
                j = present[k]
                if matches[j] < ENOUGH and matches[j] != AWAKE:
                    probe[j] = values[j]
                    matches[j] = 0.0
        if self.awake > 0:
            self.classify()

    def count_matches(self) -> None:
        """Count the loaded values that are those they are compared with."""
        matches: cython.p_double = self.matches.at
        value: cython.double
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        for k in range(self.features.count):
            j = self.features.present.at[k]
            value = self.features.values.at[j]
            matches[j] += 1.0 if value == self.probe.at[j] else 0.0
            matches[j] += 1.0 if value == self.last.at[j] else 0.0
            if matches[j] >= ENOUGH:
                self.features.wants_memory = True

    def classify(self) -> None:
        """Count the loaded values of features that are awake; leave what each value is."""
        count: cython.Py_ssize_t = self.features.count
        whole: cython.bint = count == self.features.size
        present: cython.p_int = self.features.present.at
        values: cython.p_double = self.features.values.at
        main: cython.p_double = self.main.at
        mains: cython.p_double = self.mains.at
        left: cython.p_double = self.left.at
        kind: cython.p_int = self.kind.at
        entry: cython.p_int = self.entry.at
        others: cython.p_int = self.others.at
        due: cython.int = 0
        other: cython.Py_ssize_t = 0
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        self.beside_count = 0
        self.updated_count = 0
        self.frozen = 0
        for k in range(count):
            j = k if whole else present[k]
            mains[j] += 1.0 if values[j] == main[j] else 0.0
        for k in range(count):
            j = k if whole else present[k]
            due += 1 if mains[j] >= left[j] else 0
        for k in range(count):
            kind[k] = ATOM
            entry[k] = 0
        for k in range(count):
            j = k if whole else present[k]
            # Written in any case, and kept if it is another value: no branch to mispredict.
            others[other] = cython.cast(cython.int, k)
            other += 1 if values[j] != main[j] else 0
        if due > 0:
            for k in range(count):
                j = present[k]
                if mains[j] >= left[j] and values[j] == main[j]:
                    self.update(k)
                    self.name(k)
        for k in range(other):
            self.count_other(others[k])

    def count_other(self, k: cython.Py_ssize_t) -> None:
        """Count the k-th present value, which is not the first atom of its feature."""
        j: cython.Py_ssize_t = self.features.present.at[k]
        slot: cython.Py_ssize_t = self.slots.at[j] - 1
        entry: cython.Py_ssize_t
        if slot < 0:
            self.kind.at[k] = REGULAR
            return
        entry = self.shares.observe(slot, self.features.values.at[j], self.mains.at[j])
        self.entry.at[k] = cython.cast(cython.int, entry)
        self.left.at[j] = self.shares.left(slot)
        if self.mains.at[j] >= self.left.at[j]:
            self.update(k)
        self.name(k)

    def name(self, k: cython.Py_ssize_t) -> None:
        """Leave what the k-th present value is, now that it is counted."""
        slot: cython.Py_ssize_t = self.slots.at[self.features.present.at[k]] - 1
        kind: cython.int = REGULAR
        if self.entry.at[k] < self.shares.atoms.at[slot]:
            kind = ATOM
        elif self.shares.atoms.at[slot] > 0.0:
            kind = FAMILIAR if self.shares.is_familiar(slot, self.entry.at[k]) else REST
            self.beside.at[self.beside_count] = cython.cast(cython.int, k)
            self.beside_count += 1
        elif self.shares.is_frozen(slot):
            kind = FROZEN
            self.frozen += 1
        self.kind.at[k] = kind

    def update(self, k: cython.Py_ssize_t) -> None:
        """Bring the shares of the k-th present feature up to date."""
        j: cython.Py_ssize_t = self.features.present.at[k]
        slot: cython.Py_ssize_t = self.slots.at[j] - 1
        entry: cython.Py_ssize_t
        self.shares.update(slot, self.mains.at[j])
        self.follow(j)
        self.updated.at[self.updated_count] = cython.cast(cython.int, k)
        self.updated_count += 1
        if self.entry.at[k] < KEPT:
            # It may have another place.
            entry = 0
            if self.features.values.at[j] != self.main.at[j]:
                entry = self.shares.find(
                    slot, self.features.values.at[j], self.shares.count.at[slot]
                )
            self.entry.at[k] = cython.cast(cython.int, entry)
        if self.shares.is_quiet(slot):
            # It falls asleep after this event.
            self.features.wants_memory = True

    def follow(self, j: cython.Py_ssize_t) -> None:
        """Start a batch of the feature at position j, which is awake."""
        slot: cython.Py_ssize_t = self.slots.at[j] - 1
        self.main.at[j] = self.shares.main.at[slot]
        self.mains.at[j] = 0.0
        self.left.at[j] = self.shares.left(slot)

    def note_absence(self, j: cython.Py_ssize_t) -> cython.bint:
        """Note that a feature has a usual value beside atoms; returns whether a silence ended."""
        ends: cython.bint = self.shares.note_absence(self.slots.at[j] - 1)
        if ends:
            self.follow(j)
        return ends

    def share(self, k: cython.Py_ssize_t) -> float:
        """Share of the k-th present value if its feature has atoms; 0 of a new one."""
        slot: cython.Py_ssize_t = self.slots.at[self.features.present.at[k]] - 1
        if slot < 0 or self.kind.at[k] == REGULAR or self.entry.at[k] >= KEPT:
            return 0.0
        return self.shares.share.at[KEPT * slot + self.entry.at[k]]

    def note_start(
        self, j: cython.Py_ssize_t, sample: cython.p_double, length: cython.Py_ssize_t
    ) -> None:
        """Note whether one value fills much of the sorted first values of a feature."""
        longest: cython.Py_ssize_t = 1
        k: cython.Py_ssize_t
        first: cython.Py_ssize_t = j * length
        for k in range(first + 1, (j + 1) * length):
            if not same(sample[k], sample[first]):
                first = k
            longest = max(longest, k - first + 1)
        if longest >= ENOUGH and self.shares.is_main(longest, length):
            if self.matches.at[j] != AWAKE:
                self.matches.at[j] = STARTED
            self.features.wants_memory = True

    def prepare(
        self, sample: cython.p_double, length: cython.Py_ssize_t, seen: cython.p_double
    ) -> cython.int:
        """Wake features that repeat, and put to sleep those that no longer do.

        Only here is memory provided.

        Parameters
        ----------
        sample
            The first ``length`` values of each feature, sorted; read for a feature whose start has
            just ended, while that memory is still there.
        length
            How many values a start takes.
        seen
            How often each feature was seen.
        """
        j: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        self.features.wants_memory = False
        self.changes += 1
        for j in range(self.size):
            slot = self.slots.at[j] - 1
            if slot >= 0 and self.shares.is_quiet(slot):
                self.sleep(j)
            elif self.matches.at[j] >= ENOUGH and seen[j] >= length:
                slot = self.shares.open()
                if self.matches.at[j] == STARTED:
                    self.shares.count_start(slot, sample, j * length, length)
                else:
                    self.shares.start_with(slot, self.last.at[j], ENOUGH, seen[j])
                self.slots.at[j] = slot + 1
                self.follow(j)
                self.matches.at[j] = AWAKE
                self.last.at[j] = NEVER
                self.probe.at[j] = NEVER
                self.awake += 1
        return 0

    def sleep(self, j: cython.Py_ssize_t) -> cython.int:
        """Put a feature to sleep, and forget its values."""
        self.last.at[j] = self.shares.last.at[self.slots.at[j] - 1]
        self.shares.close(self.slots.at[j] - 1)
        self.matches.at[j] = 0.0
        self.probe.at[j] = NEVER
        self.begin_asleep(j)
        self.awake -= 1
        return 0

    def values(self, j: cython.Py_ssize_t) -> dict[float, float]:
        """Values of a feature that came back and their shares; empty while it is asleep."""
        slot: cython.Py_ssize_t = self.slots.at[j] - 1
        return self.shares.kept(slot, self.mains.at[j]) if slot >= 0 else {}

    def shorten(self, events: float) -> None:
        """Reduce the weight of past events to that of ``events``."""
        j: cython.Py_ssize_t
        self.shares.shorten(events)
        for j in range(self.size):
            if self.slots.at[j] > 0:
                self.left.at[j] = self.shares.left(self.slots.at[j] - 1)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        j: cython.Py_ssize_t
        size: cython.Py_ssize_t = self.size
        self.lowest.exchange_bounded(archive, size, -LARGEST_VALUE, LARGEST_VALUE, "lowest value")
        self.highest.exchange_bounded(archive, size, -LARGEST_VALUE, LARGEST_VALUE, "highest value")
        self.last.exchange_bounded(archive, size, -LARGEST_VALUE, NEVER, "last value")
        self.probe.exchange_bounded(archive, size, -LARGEST_VALUE, NEVER, "value")
        self.matches.exchange_bounded(archive, size, AWAKE, 0.5 * STARTED, "number of matches")
        if archive.reading:
            self.changes += 1
            self.awake = 0
            self.shares.clear()
            for j in range(size):
                self.begin_asleep(j)
                if self.matches.at[j] < 0.0:
                    self.matches.at[j] = AWAKE
                    self.slots.at[j] = self.shares.open() + 1
                    self.awake += 1
        for j in range(size):
            if self.slots.at[j] > 0:
                self.mains.at[j] = archive.bounded(self.mains.at[j], 0.0, WINDOW, "count")
                self.shares.exchange(archive, self.slots.at[j] - 1)
                self.main.at[j] = self.shares.main.at[self.slots.at[j] - 1]
                self.left.at[j] = self.shares.left(self.slots.at[j] - 1)
        if archive.reading:
            # `prepare` is to run once: a feature may have been about to wake or to fall asleep.
            self.features.wants_memory = True
        return 0
