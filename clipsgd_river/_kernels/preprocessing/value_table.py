# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How often values occur, alone and given another value, by clipped SGD in bounded memory."""

from __future__ import annotations

from math import log1p
from secrets import randbits
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import IntegerVector, Vector

if not cython.compiled:
    from math import exp, log


# Events that the escape to values never seen is worth before any was seen: the estimate of
# Krichevsky and Trofimov for something that either happens or does not.
PRIOR = 0.5
# A probability this close to 1 has no surprise: what is left is round-off.
CERTAIN = 1.0 - 1e-9
# Nats to bits.
BITS = 1.4426950408889634
LOW_64 = 2**64 - 1
# Odd, its bits spread: 2**64 over the golden ratio.
GOLDEN = 0x9E3779B97F4A7C15
# The context of all events: the first row.
ROOT = 0
# Rows before the first growth.
FIRST_CAPACITY = 8
# Rows that one event may add: a value, a context and the value in it.
ROWS_PER_EVENT = 3
HALVINGS = 64


class ValueTable:
    r"""Frequencies of values, in all events and in the events of each context.

    With the step eta_t = max(1/t, 1/T) on the loss 1/2 ||p - e_v||^2, e_v the unit vector of the
    value v,

    .. math:: p \leftarrow p + \eta_t (e_v - p),

    whose gradient is bounded: no event moves a frequency by more than eta_t. T is the
    memory, t counts the events of the context. Instead of p its multiple c = p min(t, T) is kept,
    the fading count: an event adds 1 to its value, and from t = T on all others fade by 1 - 1/T,
    each when it is looked at.

    With f the fading count of values that were seen once, the next value is a new one with the
    escape probability (Good and Turing's f over the mass, with a prior of half an event)

    .. math:: e = \frac{f + 1/2}{\min(t, T) + 1/2},

    1 before the first event. The probability of v, *or of something as new*, is
    e + (1 - e) p_v; in a context the escape goes to the frequency in all events,
    (1 - e) p_{v|u} + e p_v. So a value is never more surprising than one seen less often.

    Rows lie in one open-addressed table: contexts, whose parent is -1, and values, whose parent is
    their context. When it is full, the median of the counts is subtracted from all, and rows
    without a count go (Misra and Gries in batches): a count of all events is too small by at most
    2 T / k, k rows being kept, since each purge took the same off half of the rows. O(1) an event,
    purges spread over those that filled the table. At most 48 bytes a row beside the value.

    Parameters
    ----------
    memory
        T, at least 1.
    most
        Rows kept.
    """

    def __init__(self, memory: float, most: cython.Py_ssize_t) -> None:
        self.memory = memory
        self.most = most
        # With a memory of one event a value is forgotten at the next.
        self.fading = log1p(-1.0 / memory) if memory > 1.0 else -1e6
        self.kept_share = 1.0 - 1.0 / memory
        self.size = 0
        self.purges = 0.0
        self.capacity = 0
        self.keys: list[Any] = []
        # Hashes of numbers are public; secret factors prevent chosen collisions. Results do not
        # depend on them.
        self.odd = randbits(64) | 1
        self.salt = randbits(64) | 1
        self.weights = Vector()
        self.stamps = Vector()
        self.parents = IntegerVector()
        self.codes = IntegerVector()
        self.index = IntegerVector()
        self.mask = 0
        self.shift = 63
        self.grow(FIRST_CAPACITY)
        self.add(-1, None, 0.0, 0.0)

    def code_of(self, key: Any) -> cython.int:
        """31 bits of the key's hash."""
        number: cython.ulonglong = hash(key)
        return ((number * self.odd) & LOW_64) >> 33

    def first_slot(self, parent: cython.Py_ssize_t, code: cython.int) -> cython.Py_ssize_t:
        """Position in the index where the search for a row begins."""
        number: cython.ulonglong = code
        number += GOLDEN * (parent + 2)
        return ((number * self.salt) & LOW_64) >> self.shift

    def find(self, parent: cython.Py_ssize_t, key: Any) -> cython.Py_ssize_t:
        """Row of a value in a context, or of a context; -1 if there is none."""
        code: cython.int = self.code_of(key)
        position: cython.Py_ssize_t = self.first_slot(parent, code)
        slot: cython.Py_ssize_t = self.index.at[position] - 1
        while slot >= 0:
            if self.codes.at[slot] == code and self.parents.at[slot] == parent:
                known = self.keys[slot]
                if known is key or (type(known) is type(key) and known == key):
                    return slot
            position = (position + 1) & self.mask
            slot = self.index.at[position] - 1
        return -1

    def add(
        self, parent: cython.Py_ssize_t, key: Any, weight: float, stamp: float
    ) -> cython.Py_ssize_t:
        """Add a row, for which there is memory; returns it."""
        slot: cython.Py_ssize_t = self.size
        code: cython.int = self.code_of(key)
        self.keys.append(key)
        self.weights.at[slot] = weight
        self.stamps.at[slot] = stamp
        self.parents.at[slot] = parent
        self.codes.at[slot] = code
        self.size = slot + 1
        self.insert(slot)
        return slot

    def insert(self, slot: cython.Py_ssize_t) -> cython.int:
        """Enter a row in the index."""
        position: cython.Py_ssize_t = self.first_slot(self.parents.at[slot], self.codes.at[slot])
        while self.index.at[position] != 0:
            position = (position + 1) & self.mask
        self.index.at[position] = slot + 1
        return 0

    def grow(self, capacity: cython.Py_ssize_t) -> cython.int:
        """Provide memory for so many rows, at most three quarters of the index."""
        self.weights.grow(capacity)
        self.stamps.grow(capacity)
        self.parents.grow(capacity)
        self.codes.grow(capacity)
        positions: cython.Py_ssize_t = 2
        shift: cython.int = 63
        while 3 * positions < 4 * capacity:
            positions *= 2
            shift -= 1
        self.capacity = capacity
        if positions != self.mask + 1:
            self.index = IntegerVector(positions)
            self.mask = positions - 1
            self.shift = shift
            self.index_all()
        return 0

    def index_all(self) -> cython.int:
        """Enter all rows in an index that is empty."""
        slot: cython.Py_ssize_t
        for slot in range(self.size):
            self.insert(slot)
        return 0

    def mass(self, context: cython.Py_ssize_t) -> float:
        """Sum of all fading counts of a context: min(t, T)."""
        return min(self.weights.at[context], self.memory)

    def escape(self, context: cython.Py_ssize_t) -> float:
        """Probability that the next value of a context is a new one."""
        return min((self.stamps.at[context] + PRIOR) / (self.mass(context) + PRIOR), 1.0)

    def count(self, slot: cython.Py_ssize_t) -> float:
        """Fading count of a value, now."""
        stamp: cython.double = self.stamps.at[slot]
        now: cython.double = self.weights.at[self.parents.at[slot]]
        if stamp < 0.0:
            stamp = -stamp
        if stamp < self.memory:
            stamp = self.memory
        if now <= stamp:
            return self.weights.at[slot]
        faded: cython.double = self.fading * (now - stamp)
        return self.weights.at[slot] * exp(faded) if faded > -700.0 else 0.0

    def share(self, context: cython.Py_ssize_t, key: Any) -> float:
        """Frequency of a value in a context, 0 if it is not kept."""
        slot: cython.Py_ssize_t = self.find(context, key)
        if slot < 0:
            return 0.0
        return min(self.count(slot) / self.mass(context), 1.0)

    def bits(self, key: Any, given: Any) -> float:
        """Surprisal of a value, in a context unless that is ``None``; changes nothing."""
        escape: cython.double = self.escape(ROOT)
        p: cython.double = escape + (1.0 - escape) * self.share(ROOT, key)
        context: cython.Py_ssize_t
        if given is not None:
            context = self.find(-1, given)
            if context >= 0:
                escape = self.escape(context)
                p = escape * p + (1.0 - escape) * self.share(context, key)
        if p > CERTAIN:
            return 0.0
        return -BITS * log(p)

    def learn(self, key: Any, given: Any) -> cython.int:
        """One step on a value, in all events and in its context unless that is ``None``."""
        context: cython.Py_ssize_t
        self.ensure_capacity()
        key = self.keys[self.observe(ROOT, key)]
        if given is not None:
            context = self.find(-1, given)
            if context < 0:
                context = self.add(-1, given, 0.0, 0.0)
            self.observe(context, key)
        return 0

    def observe(self, context: cython.Py_ssize_t, key: Any) -> cython.Py_ssize_t:
        """One step on a value of a context; returns its row."""
        stamps: cython.p_double = self.stamps.at
        slot: cython.Py_ssize_t = self.find(context, key)
        now: cython.double = self.weights.at[context] + 1.0
        count: cython.double
        self.weights.at[context] = now
        if now > self.memory:
            stamps[context] *= self.kept_share
        if slot < 0:
            # A negative stamp: seen once.
            slot = self.add(context, key, 1.0, -now)
            stamps[context] += 1.0
            return slot
        count = self.count(slot)
        if stamps[slot] < 0.0:
            stamps[context] = max(stamps[context] - count, 0.0)
        self.weights.at[slot] = count + 1.0
        stamps[slot] = now
        return slot

    def ensure_capacity(self) -> cython.int:
        """Provide memory for the rows of one event."""
        if self.size + ROWS_PER_EVENT > self.most:
            self.purge()
        if self.size + ROWS_PER_EVENT > self.capacity:
            self.grow(
                min(self.size + ROWS_PER_EVENT + self.size // 8, max(self.most, FIRST_CAPACITY))
            )
        return 0

    def purge(self) -> cython.int:
        """Subtract the median from all counts, and drop rows without a count."""
        slot: cython.Py_ssize_t
        marked = IntegerVector(self.size)
        marks: cython.p_int = marked.at
        cut: cython.double = self.middle_count()
        marks[ROOT] = 1
        for slot in range(self.size):
            if self.parents.at[slot] >= 0 and self.count(slot) > cut:
                marks[slot] = 1
                marks[self.parents.at[slot]] = 1
        self.keep_marked(marks, cut)
        self.purges += 1.0
        return 0

    def middle_count(self) -> float:
        """Smallest number, to 2**-64 of the largest count, that half of the counts do not exceed.

        By bisection: no order of counts makes it slow.
        """
        slot: cython.Py_ssize_t
        total: cython.Py_ssize_t = 0
        below: cython.Py_ssize_t
        low: cython.double = 0.0
        high: cython.double = 0.0
        middle: cython.double
        scratch = Vector(self.size)
        counts: cython.p_double = scratch.at
        for slot in range(self.size):
            if self.parents.at[slot] >= 0:
                counts[total] = self.count(slot)
                high = max(high, counts[total])
                total += 1
        for _ in range(HALVINGS):
            middle = low + 0.5 * (high - low)
            below = 0
            for slot in range(total):
                below += counts[slot] <= middle
            if 2 * below >= total:
                high = middle
            else:
                low = middle
        return high

    def keep_marked(self, marks: cython.p_int, cut: float) -> cython.int:
        """Keep the marked rows, in their order; ``cut`` is subtracted from counts of values."""
        slot: cython.Py_ssize_t
        kept: cython.Py_ssize_t = 0
        parent: cython.Py_ssize_t
        sign: cython.double
        keys: list[Any] = []
        for slot in range(self.size):
            if marks[slot]:
                keys.append(self.keys[slot])  # noqa: PERF401 (a comprehension cannot see a pointer)
        index = IntegerVector(self.mask + 1)
        # Without calls from here on, so that the table changes as a whole. A context precedes its
        # values, and rows only move forward, so that all is done in place but for the clocks of
        # values, which are those of their contexts before these move.
        for slot in range(self.size):
            if marks[slot] and self.parents.at[slot] >= 0:
                sign = -1.0 if self.stamps.at[slot] < 0.0 else 1.0
                self.weights.at[slot] = self.count(slot) - cut
                self.stamps.at[slot] = sign * self.weights.at[self.parents.at[slot]]
        for slot in range(self.size):
            if marks[slot] == 0:
                continue
            parent = self.parents.at[slot]
            self.weights.at[kept] = self.weights.at[slot]
            self.stamps.at[kept] = self.stamps.at[slot]
            self.parents.at[kept] = -1 if parent < 0 else marks[parent] - 1
            self.codes.at[kept] = self.codes.at[slot]
            kept += 1
            # From here on the mark is the new row, plus 1.
            marks[slot] = kept
        self.keys = keys
        self.size = kept
        self.index = index
        self.index_all()
        return 0

    def seen(self, context_key: Any, key: Any) -> tuple[float | None, float]:
        """Fading count of a value in a context, and the events of that context.

        The context ``None`` is that of all events; the count is ``None`` for what is not kept.
        """
        context: cython.Py_ssize_t = ROOT
        if context_key is not None:
            context = self.find(-1, context_key)
            if context < 0:
                return None, 0.0
        slot: cython.Py_ssize_t = self.find(context, key)
        return (None if slot < 0 else self.count(slot)), self.weights.at[context]

    def times_seen(self, key: Any, given: Any) -> tuple[Any, ...]:
        """How often a value was seen, in all events and in its context, if there is one.

        Twice its fading count, ``None`` if it is not kept, and the events; whether any values were
        dropped.
        """
        within = self.seen(given, key) if given is not None else (None, 0.0)
        return (*self.seen(None, key), *within, self.purges > 0.0)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state without the keys through ``archive``; `restore_keys` reads those."""
        slot: cython.Py_ssize_t
        size: cython.Py_ssize_t = int(archive.count(self.size))
        self.purges = archive.count(self.purges)
        if archive.reading:
            if not 1 <= size <= max(self.most, FIRST_CAPACITY) or 3 * size > len(archive.numbers):
                raise ValueError(f"the state holds {size} values, which cannot be: it is damaged")
            self.grow(max(size, FIRST_CAPACITY))
        weights = archive.vector(self.weights.memory, size)
        stamps = archive.vector(self.stamps.memory, size)
        if not archive.reading:
            for slot in range(size):
                archive.number(self.parents.at[slot])
            return 0
        for slot in range(size):
            self.weights.at[slot] = weights[slot]
            self.stamps.at[slot] = stamps[slot]
            parent = archive.number(0.0)
            if not (parent == -1.0 or (parent == int(parent) and 0.0 <= parent < slot)):
                raise ValueError("the state holds a value without a context: it is damaged")
            self.parents.at[slot] = int(parent)
        self.size = size
        self.check_rows()
        return 0

    def check_rows(self) -> cython.int:
        """Refuse rows that cannot arise from events."""
        slot: cython.Py_ssize_t
        parent: cython.Py_ssize_t
        right: cython.bint
        for slot in range(self.size):
            parent = self.parents.at[slot]
            weight: cython.double = self.weights.at[slot]
            stamp: cython.double = self.stamps.at[slot]
            if parent < 0:
                right = 0.0 <= weight <= 2.0**53 and 0.0 <= stamp <= min(weight, self.memory) + 1.0
            else:
                clock: cython.double = self.weights.at[parent]
                right = (
                    self.parents.at[parent] < 0
                    and 0.0 <= weight <= min(clock, self.memory) + 1.0
                    and 1.0 <= abs(stamp) <= clock
                )
            if not right or (slot == ROOT and parent != -1):
                raise ValueError("the state holds an impossible count: it is damaged")
        return 0

    def restore_keys(self, keys: list[Any]) -> cython.int:
        """Take over the keys of the rows that `exchange` read, the first of which has none."""
        slot: cython.Py_ssize_t
        if len(keys) != self.size or keys[0] is not None:
            raise ValueError(f"the state names {len(keys)} values of {self.size}: it is damaged")
        for slot in range(self.size):
            self.codes.at[slot] = self.code_of(keys[slot])
        self.keys = keys
        self.index = IntegerVector(self.mask + 1)
        for slot in range(self.size):
            if slot > 0 and (
                keys[slot] is None or self.find(self.parents.at[slot], keys[slot]) >= 0
            ):
                raise ValueError("the state names a value twice: it is damaged")
            self.insert(slot)
        return 0
