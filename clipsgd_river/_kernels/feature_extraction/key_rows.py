# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What each of many keys did lately: one row of numbers and some sketches for each."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import IntegerVector, Vector
from clipsgd_river._kernels.feature_extraction.registers import Registers

if not cython.compiled:
    from clipsgd_river._kernels.feature_extraction.registers import REGISTERS

# The row in which an event that is only asked about is counted: a copy of its key's.
SCRATCH = 0
# Numbers of a row before those of its windows: when the key was last seen, and the silence before
# the sampled event of the shortest window.
LAST, SILENCE, HEAD = 0, 1, 2
# Numbers of a window before its sums and its sample: when its bucket began, and how many events
# this bucket and the one before have had.
BEGAN, NOW, BEFORE, BUCKET = 0, 1, 2, 3
# A silence before the first event of a key.
NEVER = -1.0
LARGEST_SUM = 1e300
FIRST_CAPACITY = 16


class KeyRows:
    r"""Events, distinct values and sums of each key within the windows that end now.

    A window of length w has two buckets of a key's events: one that began at b, not yet w ago, and
    the one of the time w before. With n and n' events in them, now at t,

    .. math:: n + n' \left(1 - \frac{t - b}{w}\right)

    are within the window: exact where those of the bucket before came evenly, and while there is
    none; wrong by n' at most. Sums alike, and of distinct values as many as in this bucket, and
    that share of those that only the bucket before had. A bucket begins with an event.

    *What teaches.* When a bucket of the shortest window is over and the key comes again, it teaches
    what one event of that bucket saw of all windows, taken at random, each as likely as the others:
    so a flood of a million events in a minute teaches once, and an ordinary key what it is like
    while it is active, not how it begins.

    Keys that were not seen longest go beyond ``most``. O(windows (64 distinct + sums)) an event.

    Parameters
    ----------
    windows
        Their lengths in seconds, ascending.
    distinct, sums
        How many columns of which distinct values are counted, and that are summed up.
    most
        Keys kept.
    """

    def __init__(
        self, windows: list[float], distinct: cython.Py_ssize_t, sums: cython.Py_ssize_t, most: int
    ) -> None:
        k: cython.Py_ssize_t
        self.most = most
        self.count = len(windows)
        self.distinct = distinct
        self.sums = sums
        self.windows = Vector(self.count)
        for k in range(self.count):
            self.windows.at[k] = windows[k]
        self.sample = 1 + distinct + sums
        self.bucket = BUCKET + 2 * sums + self.sample
        self.length = HEAD + self.count * self.bucket
        self.sketched = 2 * REGISTERS * distinct * self.count
        self.rows: OrderedDict[Any, int] = OrderedDict()
        self.capacity = 0
        self.values = Vector()
        self.registers = Registers()
        # Of the event that is counted: codes of distinct values, -1 if missing, and amounts.
        self.codes = IntegerVector(distinct)
        self.amounts = Vector(sums)
        # What it sees, window by window, and the silence before it; whether the bucket of the
        # shortest window is over, and what its sample was.
        self.seen = Vector(self.count * self.sample + 1)
        self.taught = Vector(self.count * self.sample + 1)
        self.teaches = False
        self.grow(FIRST_CAPACITY)

    def grow(self, capacity: cython.Py_ssize_t) -> cython.int:
        """Provide memory for so many rows."""
        self.values.grow(capacity * self.length)
        self.registers.grow(capacity * self.sketched)
        self.capacity = capacity
        return 0

    def learn(self, key: Any, now: float, chance: float) -> cython.int:
        """Count the event in the row of its key; a number from 0 to 1 says whether it is sampled.

        Time never goes back.
        """
        found = self.rows.get(key)
        row: cython.Py_ssize_t
        if found is None:
            row = self.start(now)
            self.rows[key] = row
        else:
            row = found
            self.rows.move_to_end(key)
        self.advance(row, now, chance)
        return 0

    def ask(self, key: Any, now: float) -> cython.int:
        """See what the event would, and change nothing."""
        found = self.rows.get(key)
        if found is None:
            self.clear(SCRATCH, now)
        else:
            self.copy(found, SCRATCH)
        self.advance(SCRATCH, now, 2.0)
        return 0

    def start(self, now: float) -> cython.Py_ssize_t:
        """A row for a new key, that of the key unseen longest where there are too many."""
        row: cython.Py_ssize_t = len(self.rows) + 1
        if len(self.rows) >= self.most:
            _, row = self.rows.popitem(last=False)
        elif row >= self.capacity:
            self.grow(2 * self.capacity)
        self.clear(row, now)
        return row

    def clear(self, row: cython.Py_ssize_t, now: float) -> None:
        """Make a row that of a key never seen."""
        k: cython.Py_ssize_t
        first: cython.Py_ssize_t = row * self.length
        for k in range(first, first + self.length):
            self.values.at[k] = 0.0
        self.values.at[first + LAST] = NEVER
        self.values.at[first + SILENCE] = NEVER
        for k in range(self.count):
            self.values.at[first + HEAD + k * self.bucket + BEGAN] = now
        for k in range(row * self.sketched, (row + 1) * self.sketched):
            self.registers.at[k] = 0

    def copy(self, source: cython.Py_ssize_t, target: cython.Py_ssize_t) -> None:
        """Make one row that of another."""
        k: cython.Py_ssize_t
        for k in range(self.length):
            self.values.at[target * self.length + k] = self.values.at[source * self.length + k]
        for k in range(self.sketched):
            self.registers.at[target * self.sketched + k] = self.registers.at[
                source * self.sketched + k
            ]

    def advance(self, row: cython.Py_ssize_t, now: float, chance: float) -> None:
        """Count the event in a row, and note what it sees and what teaches."""
        k: cython.Py_ssize_t
        head: cython.p_double = self.values.at
        first: cython.Py_ssize_t = row * self.length
        silence: cython.double = NEVER
        if head[first + LAST] >= 0.0:
            silence = now - head[first + LAST]
        head[first + LAST] = now
        last: cython.Py_ssize_t = self.count * self.sample
        self.seen.at[last] = silence
        self.taught.at[last] = head[first + SILENCE]
        self.teaches = now - head[first + HEAD + BEGAN] >= self.windows.at[0]
        for k in range(self.count):
            if self.teaches:
                self.teach_sample(row, k)
            self.turn(row, k, now)
            self.add(row, k, now)
        if chance * head[first + HEAD + NOW] < 1.0:
            head[first + SILENCE] = silence
            for k in range(self.count):
                self.keep_sample(row, k)

    def turn(self, row: cython.Py_ssize_t, window: cython.Py_ssize_t, now: float) -> None:
        """Begin another bucket if the one of a window is over."""
        k: cython.Py_ssize_t
        values: cython.p_double = self.values.at
        at: cython.Py_ssize_t = row * self.length + HEAD + window * self.bucket
        own: cython.Py_ssize_t = at + BUCKET + 2 * self.sums
        sketch: cython.Py_ssize_t = row * self.sketched + 2 * REGISTERS * self.distinct * window
        span: cython.double = self.windows.at[window]
        passed: cython.double = now - values[at + BEGAN]
        if passed < span:
            return
        follows: cython.bint = passed < 2.0 * span
        values[at + BEGAN] = values[at + BEGAN] + span if follows else now
        values[at + BEFORE] = values[at + NOW] if follows else 0.0
        values[at + NOW] = 0.0
        for k in range(at + BUCKET, own, 2):
            values[k + 1] = values[k] if follows else 0.0
            values[k] = 0.0
        for k in range(self.distinct):
            own = sketch + 2 * REGISTERS * k
            if follows:
                self.registers.copy(own, own + REGISTERS)
            else:
                self.registers.clear(own + REGISTERS)
            self.registers.clear(own)

    def add(self, row: cython.Py_ssize_t, window: cython.Py_ssize_t, now: float) -> None:
        """Count the event in the bucket of a window, and see what is in the window."""
        k: cython.Py_ssize_t
        values: cython.p_double = self.values.at
        at: cython.Py_ssize_t = row * self.length + HEAD + window * self.bucket
        out: cython.Py_ssize_t = window * self.sample
        sketch: cython.Py_ssize_t = row * self.sketched + 2 * REGISTERS * self.distinct * window
        left: cython.double = 1.0 - (now - values[at + BEGAN]) / self.windows.at[window]
        here: cython.double
        values[at + NOW] += 1.0
        self.seen.at[out] = values[at + NOW] + left * values[at + BEFORE]
        out += 1
        for k in range(self.distinct):
            if self.codes.at[k] >= 0:
                self.registers.note(sketch, self.codes.at[k])
            here = self.registers.count(sketch)
            if values[at + BEFORE] > 0.0:
                here += left * (self.registers.count_joined(sketch, sketch + REGISTERS) - here)
            self.seen.at[out] = here
            sketch += 2 * REGISTERS
            out += 1
        at += BUCKET
        for k in range(self.sums):
            values[at] = min(max(values[at] + self.amounts.at[k], -LARGEST_SUM), LARGEST_SUM)
            self.seen.at[out] = values[at] + left * values[at + 1]
            at += 2
            out += 1

    def keep_sample(self, row: cython.Py_ssize_t, window: cython.Py_ssize_t) -> None:
        """Have a window teach what the event has seen of it."""
        k: cython.Py_ssize_t
        own: cython.Py_ssize_t = row * self.length + HEAD + (window + 1) * self.bucket - self.sample
        for k in range(self.sample):
            self.values.at[own + k] = self.seen.at[window * self.sample + k]

    def teach_sample(self, row: cython.Py_ssize_t, window: cython.Py_ssize_t) -> None:
        """Teach what the sampled event has seen of a window."""
        k: cython.Py_ssize_t
        own: cython.Py_ssize_t = row * self.length + HEAD + (window + 1) * self.bucket - self.sample
        for k in range(self.sample):
            self.taught.at[window * self.sample + k] = self.values.at[own + k]

    def exchange(self, archive: Archive, now: float) -> cython.int:
        """Pass the rows through ``archive``, the key unseen longest first; keys go another way."""
        k: cython.Py_ssize_t
        row: cython.Py_ssize_t
        size: cython.Py_ssize_t = cython.cast(
            cython.Py_ssize_t, archive.bounded(len(self.rows), 0.0, self.most, "count of keys")
        )
        archive.require(size * (self.length + self.sketched // 8))
        if archive.reading:
            self.rows = OrderedDict((k, k + 1) for k in range(size))
            self.grow(max(size + 1, FIRST_CAPACITY))
        for found in self.rows.values():
            row = found
            for k in range(self.length):
                self.values.at[row * self.length + k] = archive.number(
                    self.values.at[row * self.length + k]
                )
            for k in range(0, self.sketched, REGISTERS):
                self.registers.exchange(archive, row * self.sketched + k)
            if archive.reading and not archive.trusted:
                self.check(archive, row, now)
        return 0

    def check(self, archive: Archive, row: cython.Py_ssize_t, now: float) -> cython.int:
        """Refuse a row that no events have led to."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        values: cython.p_double = self.values.at
        at: cython.Py_ssize_t
        window: cython.Py_ssize_t
        k = row * self.length
        archive.check(values[k + LAST], 0.0, now, "time of a key")
        archive.check(values[k + SILENCE], NEVER, now, "silence of a key")
        for window in range(self.count):
            at = row * self.length + HEAD + window * self.bucket
            archive.check(values[at + BEGAN], 0.0, now, "bucket of a key")
            archive.check_count(values[at + NOW])
            archive.check_count(values[at + BEFORE])
            for j in range(at + BUCKET, at + self.bucket):
                archive.check(values[j], -2.0 * LARGEST_SUM, 2.0 * LARGEST_SUM, "sum of a key")
            for j in range(self.bucket - self.sample, self.bucket - self.sums):
                archive.check(values[at + j], 0.0, LARGEST_SUM, "count of a key")
        return 0

    def take_keys(self, keys: list[Any]) -> cython.int:
        """Name the rows that were read, the key unseen longest first."""
        if len(keys) != len(self.rows) or len(set(keys)) != len(keys):
            raise ValueError(
                f"the state has {len(set(keys))} keys for {len(self.rows)} rows: it is damaged"
            )
        self.rows = OrderedDict(zip(keys, self.rows.values(), strict=True))
        return 0
