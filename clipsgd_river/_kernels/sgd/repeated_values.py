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
    from clipsgd_river._kernels.sgd.value_shares import KEPT, same

# Beyond every value.
NEVER = 1e151
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
    """

    def __init__(self, features: FeatureTable) -> None:
        self.features = features
        self.size = 0
        self.awake = 0
        self.changes = 0
        self.lowest = Vector()
        self.highest = Vector()
        self.last = Vector()
        self.probe = Vector()
        self.matches = Vector()
        # Of each feature: its number among those awake plus one, 0 asleep.
        self.slots = IntegerVector()
        # Of each present feature in the loaded event.
        self.kind = IntegerVector()
        self.share = Vector()
        self.shares = ValueShares()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.lowest.grow(size)
        self.highest.grow(size)
        self.last.grow(size)
        self.probe.grow(size)
        self.matches.grow(size)
        self.slots.grow(size)
        self.kind.grow(size)
        self.share.grow(size)
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
            last[j] = values[j]
        value = events * GOLDEN
        if value - floor(value) < PROBE_SHARE:
            for k in range(count):
                j = present[k]
                if matches[j] < ENOUGH and matches[j] != AWAKE:
                    probe[j] = values[j]
                    matches[j] = 0.0
        if self.awake > 0:
            for k in range(count):
                self.kind.at[k] = self.classify(k)
                if self.slots.at[present[k]] > 0:
                    last[present[k]] = NEVER

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

    def classify(self, k: cython.Py_ssize_t) -> cython.int:
        """Count the loaded value of the k-th present feature; returns what it is.

        Leaves its share in ``share``, 0 for a new value.
        """
        j: cython.Py_ssize_t = self.features.present.at[k]
        slot: cython.Py_ssize_t = self.slots.at[j] - 1
        self.share.at[k] = 0.0
        if slot < 0:
            return REGULAR
        entry: cython.Py_ssize_t = self.shares.observe(slot, self.features.values.at[j])
        if entry < KEPT:
            self.share.at[k] = self.shares.share.at[KEPT * slot + entry]
        if self.shares.is_quiet(slot):
            # It falls asleep after this event.
            self.features.wants_memory = True
        if self.shares.atoms.at[slot] > 0.0:
            if entry < self.shares.atoms.at[slot]:
                return ATOM
            return FAMILIAR if self.shares.is_familiar(slot, entry) else REST
        return FROZEN if self.shares.is_frozen(slot) else REGULAR

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
                    self.shares.count_run(slot, self.last.at[j], ENOUGH, seen[j])
                self.slots.at[j] = slot + 1
                self.matches.at[j] = AWAKE
                self.last.at[j] = NEVER
                self.probe.at[j] = NEVER
                self.awake += 1
        return 0

    def sleep(self, j: cython.Py_ssize_t) -> cython.int:
        """Put a feature to sleep, and forget its values."""
        self.last.at[j] = self.shares.last.at[self.slots.at[j] - 1]
        self.shares.close(self.slots.at[j] - 1)
        self.slots.at[j] = 0
        self.matches.at[j] = 0.0
        self.probe.at[j] = NEVER
        self.awake -= 1
        return 0

    def values(self, j: cython.Py_ssize_t) -> dict[float, float]:
        """Values of a feature that came back and their shares; empty while it is asleep."""
        slot: cython.Py_ssize_t = self.slots.at[j] - 1
        return self.shares.kept(slot) if slot >= 0 else {}

    def shorten(self, events: float) -> None:
        """Reduce the weight of past events to that of ``events``."""
        self.shares.shorten(events)

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
                self.slots.at[j] = 0
                if self.matches.at[j] < 0.0:
                    self.matches.at[j] = AWAKE
                    self.slots.at[j] = self.shares.open() + 1
                    self.awake += 1
        for j in range(size):
            if self.slots.at[j] > 0:
                self.shares.exchange(archive, self.slots.at[j] - 1)
        if archive.reading:
            # `prepare` is to run once: a feature may have been about to wake or to fall asleep.
            self.features.wants_memory = True
        return 0
