# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Fading shares of a feature's most frequent values, and which of them are atoms."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.kept_values import KeptValues

if not cython.compiled:
    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.sgd.kept_values import KEPT, ONCE, same

# Shares remember so many events at least.
MEMORY = 1000.0
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
# The last place is for a value that is none.
MOST_ATOMS = 15
# Shares are brought up to date once this share of the events they remember has come, or 32.
BATCH_SHARE = 0.032
# In place of a count: the first atom came before this batch, after all others.
INTERRUPTED = -1.0
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
# A silence, in which only atoms come, has ended when other values come in a row that is less likely
# than this. Each counts as if it had at least this share, so that it takes nine of them or more.
UNLIKELY_ABSENCE = 1e-9
LEAST_REST = 0.1
# Shares sum to 1, and a little more by round-off.
LARGEST_SUM = 1.001


class ValueShares(KeptValues):
    r"""Shares of the values kept, and which values are atoms.

    The share of a value follows clipped steps on the loss 1/2 ||p - e_v||^2, e_v the unit vector
    of the value v. One step serves for a batch of events, which grows with the age n of the shares
    from a single event to 32,

    .. math:: p \leftarrow p + \eta \sum_{\mathrm{batch}} (e_v - p),
              \qquad \eta = \max(1/n, 1/M):

    no event moves a share by more than eta. A new value takes the place of one that was seen once,
    or else of the least frequent one that is no atom.

    *Atoms* are values that are split off from the others. The most frequent one is an atom once it
    has a share of 0.30. Beside it, so is each value that keeps coming: at 0.30 of the last thousand
    events it had been seen within the 32 before, which a share of about 0.01 gives. A burst of 200
    equal events makes no atom. Atoms come first in the table.

    Whoever counts values compares them with ``main`` first, and counts those that are it since the
    last `update`. Others go to `observe`. Once there were as many as `left`, `update` is due.
    O(values kept) for each batch, and for a value that is not ``main``.

    Parameters
    ----------
    memory
        M, in events; at least 1,000.
    """

    def __init__(self, memory: float = MEMORY) -> None:
        KeptValues.__init__(self)
        self.memory = max(memory, MEMORY)
        self.least_rate = 1.0 / self.memory
        self.occupied = Vector()
        self.recent = Vector()
        # Of the batch: how many events had another value than the first atom; how many had that
        # before the last of these; how many repeat the one before.
        self.passed = Vector()
        self.mains = Vector()
        self.repeats = Vector()
        self.last = Vector()
        self.run = Vector()
        # Probability that no atom comes for as long as none has come.
        self.absence = Vector()
        # Whether the last change of the atoms was the end of a silence.
        self.ended = Vector()
        # Share of the most frequent value, and of events that repeat the one before: while there
        # are atoms the latter is not asked for.
        self.top = Vector()
        self.again = Vector()
        # Raised by every change of the atoms, and whenever any feature's change.
        self.epoch = Vector()
        self.changes = 0

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` slots."""
        self.occupied.grow(KEPT * size)
        self.recent.grow(KEPT * size)
        for vector in (self.passed, self.mains, self.repeats, self.last, self.run):
            vector.grow(size)
        for vector in (self.absence, self.ended, self.top, self.again, self.epoch):
            vector.grow(size)
        return KeptValues.grow(self, size)

    def begin(self, slot: cython.Py_ssize_t) -> None:
        """Empty a slot."""
        KeptValues.begin(self, slot)
        self.last.at[slot] = 0.0
        self.run.at[slot] = 1.0
        self.top.at[slot] = 1.0
        self.absence.at[slot] = 1.0
        self.ended.at[slot] = 0.0
        self.again.at[slot] = FIRST_AGAIN
        self.start_batch(slot)
        self.note_change(slot)

    def note_change(self, slot: cython.Py_ssize_t) -> None:
        """Note that the atoms of a slot have changed."""
        self.run.at[slot] = 1.0
        self.epoch.at[slot] = self.epoch.at[slot] + 1.0
        self.changes += 1

    def start_batch(self, slot: cython.Py_ssize_t) -> None:
        """Start a batch, and find what depends on shares."""
        self.passed.at[slot] = 0.0
        self.mains.at[slot] = 0.0
        self.repeats.at[slot] = 0.0
        self.sum_atoms(slot)

    def left(self, slot: cython.Py_ssize_t) -> float:
        """How many events that had the first atom make the present batch full."""
        return min(BATCH_SHARE * self.age.at[slot], WINDOW) - self.passed.at[slot]

    def is_main(self, count: float, events: float) -> cython.bint:
        """Whether a value with so many of the events is split off."""
        return count >= FAMILIAR_COUNT and count >= MAIN_SHARE * events

    def is_quiet(self, slot: cython.Py_ssize_t) -> cython.bint:
        """Whether no value is frequent, and few events equal the one before."""
        if self.age.at[slot] < QUIET_AGE:
            return False
        return self.top.at[slot] < QUIET_SHARE and self.again.at[slot] < QUIET_SHARE

    def is_frozen(self, slot: cython.Py_ssize_t) -> cython.bint:
        """Whether the present run of one value, no atom, is longer than its share explains."""
        return self.run.at[slot] < UNLIKELY_RUN

    def is_familiar(self, slot: cython.Py_ssize_t, entry: cython.Py_ssize_t) -> cython.bint:
        """Whether a value just counted came three times or more, or stands still."""
        if self.is_frozen(slot):
            return True
        return entry < self.count.at[slot] and self.recent_count(slot, entry) >= FAMILIAR_COUNT

    def start_with(
        self, slot: cython.Py_ssize_t, value: float, matches: float, seen: float
    ) -> None:
        """Start with a value that was seen ``matches`` times of late, out of ``seen`` in all.

        Whether in one run is not known: a further repeat at once counts as a standstill.
        """
        self.age.at[slot] = max(min(seen, self.memory), matches)
        self.add(slot, value, matches / self.age.at[slot], 0.0)
        self.last.at[slot] = value
        self.run.at[slot] = 0.5 * UNLIKELY_RUN
        self.start_batch(slot)

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
        self.age.at[slot] = min(length, self.memory)
        for k in range(base + 1, stop + 1):
            if k == stop or not same(sample[k], sample[first]):
                if k - first > 1:
                    self.add(slot, sample[first], (k - first) / length, 0.0)
                if self.is_main(k - first, length):
                    # Of several that are as frequent none comes first.
                    entry = self.find(slot, sample[first], self.count.at[slot])
                    self.occupied.at[KEPT * slot + entry] = 1.0
                first = k
        self.choose_atoms(slot)
        self.start_batch(slot)

    def add(self, slot: cython.Py_ssize_t, value: float, share: float, hits: float) -> None:
        """Take up a value."""
        entry: cython.Py_ssize_t = self.place(slot)
        self.values.at[entry] = value
        self.share.at[entry] = share
        self.hits.at[entry] = hits
        self.occupied.at[entry] = 0.0
        self.recent.at[entry] = WINDOW

    def observe(self, slot: cython.Py_ssize_t, value: float, mains: float) -> cython.Py_ssize_t:
        """Count a value other than ``main``; returns its entry, or `KEPT` if it is new.

        Parameters
        ----------
        slot
            Of the feature.
        value
            To be counted.
        mains
            How many values of the batch so far were ``main``.
        """
        base: cython.Py_ssize_t = KEPT * slot
        again: cython.bint = mains == self.mains.at[slot]
        entry: cython.Py_ssize_t = 1
        if self.count.at[slot] < 2.0 or self.values.at[base + 1] != value:
            # Not the other value of a flag.
            entry = self.find(slot, value, self.count.at[slot])
        if not again:
            self.absence.at[slot] = 1.0
        self.mains.at[slot] = mains
        self.passed.at[slot] = self.passed.at[slot] + 1.0
        if entry < KEPT:
            self.hits.at[base + entry] = self.hits.at[base + entry] + 1.0
        if entry < self.atoms.at[slot]:
            self.absence.at[slot] = 1.0
        else:
            self.count_run(slot, entry, again and same(value, self.last.at[slot]))
        self.last.at[slot] = value
        if entry == KEPT:
            self.add(slot, value, 0.0, 1.0)
        return entry

    def count_run(
        self, slot: cython.Py_ssize_t, entry: cython.Py_ssize_t, again: cython.bint
    ) -> None:
        """Note whether a value just counted, no atom, repeats the one before."""
        events: cython.double
        share: cython.double
        if not again:
            self.run.at[slot] = 1.0
            return
        self.repeats.at[slot] = self.repeats.at[slot] + 1.0
        if entry < KEPT:
            # Of the events before this one.
            events = self.age.at[slot] + self.mains.at[slot] + self.passed.at[slot] - 1.0
            share = max(min((self.recent_count(slot, entry) - 1.0) / events, 1.0), 0.0)
            self.run.at[slot] = max(self.run.at[slot] * share, SMALLEST_RUN)

    def update(self, slot: cython.Py_ssize_t, mains: float) -> None:
        """Bring shares up to date at the end of a batch, and see which values are atoms.

        Parameters
        ----------
        slot
            Of the feature.
        mains
            How many values of the batch were ``main``.
        """
        base: cython.Py_ssize_t = KEPT * slot
        stop: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.count.at[slot])
        share: cython.p_double = self.share.at
        hits: cython.p_double = self.hits.at
        occupied: cython.p_double = self.occupied.at
        recent: cython.p_double = self.recent.at
        events: cython.double = self.passed.at[slot] + mains
        interrupted: cython.bint = mains > self.mains.at[slot]
        age: cython.double = min(self.age.at[slot] + events, self.memory)
        # A division takes as long as much of the rest: none where it is always the same.
        rate: cython.double = self.least_rate if age == self.memory else 1.0 / age
        slow: cython.double = (
            self.least_rate if age == self.memory else 1.0 / max(age, SLOWEST_START)
        )
        smallest: cython.double = SMALLEST_RUN
        whole: cython.double = 1.0
        window: cython.double = WINDOW
        top: cython.double = 0.0
        moved: cython.double
        i: cython.Py_ssize_t
        slow *= events
        self.age.at[slot] = age
        if self.atoms.at[slot] == 0.0:
            moved = self.repeats.at[slot] - events * self.again.at[slot]
            self.again.at[slot] = min(max(self.again.at[slot] + rate * moved, 0.0), 1.0)
        hits[base] += mains
        # Short loops over few arrays, with bounds of their own: the compiler can prove them
        # independent and use wide registers.
        for i in range(base, stop):
            moved = share[i] + rate * (hits[i] - events * share[i])
            moved = moved if moved > smallest else smallest
            share[i] = moved if moved < whole else whole
        for i in range(base, stop):
            moved = recent[i] - events
            moved = moved if moved > 0.0 else 0.0
            recent[i] = window if hits[i] > 0.0 else moved
        for i in range(base, stop):
            moved = 1.0 if recent[i] > 0.0 else 0.0
            occupied[i] += slow * (moved - occupied[i])
        for i in range(base, stop):
            hits[i] = 0.0
        for i in range(base, stop):
            top = share[i] if share[i] > top else top
        self.top.at[slot] = top
        if self.has_changed(slot):
            self.choose_atoms(slot)
        self.start_batch(slot)
        if interrupted:
            self.mains.at[slot] = INTERRUPTED

    def has_changed(self, slot: cython.Py_ssize_t) -> cython.bint:
        """Whether `choose_atoms` may find other atoms, or another first: mostly it does not."""
        base: cython.Py_ssize_t = KEPT * slot
        stop: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.count.at[slot])
        atoms: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.atoms.at[slot])
        top: cython.double = self.top.at[slot]
        occupied: cython.p_double = self.occupied.at
        changes: cython.int = 0
        least: cython.double = LEAST_OCCUPIED
        most: cython.double = OCCUPIED
        i: cython.Py_ssize_t
        if atoms == base:
            return top >= MAIN_SHARE
        if self.share.at[base] < top:
            return True
        for i in range(base, atoms):
            changes += 1 if occupied[i] < least else 0
        for i in range(atoms, stop):
            changes += 1 if occupied[i] >= most else 0
        return changes > 0 or top < LEAST_MAIN_SHARE

    def choose_atoms(self, slot: cython.Py_ssize_t) -> None:
        """Make atoms of values that have become frequent, and none of those no longer so."""
        base: cython.Py_ssize_t = KEPT * slot
        stop: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.count.at[slot])
        atoms: cython.Py_ssize_t = base + cython.cast(cython.Py_ssize_t, self.atoms.at[slot])
        most: cython.Py_ssize_t = base + MOST_ATOMS
        age: cython.double = self.age.at[slot]
        main: cython.Py_ssize_t = base + self.most_frequent(slot)
        kept: cython.Py_ssize_t
        more: cython.Py_ssize_t
        changed: cython.bint = False
        if stop == base:
            return
        if atoms == base:
            if not self.is_main(self.share.at[main] * age, age):
                return
            self.occupied.at[main] = 1.0
        elif self.share.at[main] < LEAST_MAIN_SHARE:
            self.atoms.at[slot] = 0.0
            self.again.at[slot] = FIRST_AGAIN
            self.ended.at[slot] = 0.0
            self.note_change(slot)
            return
        if main >= atoms and self.is_main(self.share.at[main] * age, age):
            if atoms == most:
                atoms -= 1
            self.exchange_entries(main, atoms)
            main = atoms
            atoms += 1
            changed = True
        kept = self.drop_atoms(base, atoms, main)
        more = self.add_atoms(kept, stop, most, age)
        changed = changed or kept < atoms or more > kept
        atoms = more
        # It may have another place by now.
        main = base + self.most_frequent(slot)
        if main < atoms:
            self.exchange_entries(main, base)
        if changed:
            self.ended.at[slot] = 0.0
            self.atoms.at[slot] = atoms - base
            self.note_change(slot)

    def drop_atoms(
        self, base: cython.Py_ssize_t, atoms: cython.Py_ssize_t, main: cython.Py_ssize_t
    ) -> cython.Py_ssize_t:
        """Drop atoms that no longer keep coming, except ``main``; returns where the rest end."""
        i: cython.Py_ssize_t = atoms - 1
        while i >= base:
            if i != main and self.occupied.at[i] < LEAST_OCCUPIED:
                atoms -= 1
                self.exchange_entries(i, atoms)
                if main == atoms:
                    main = i
            i -= 1
        return atoms

    def add_atoms(
        self, atoms: cython.Py_ssize_t, stop: cython.Py_ssize_t, most: cython.Py_ssize_t, age: float
    ) -> cython.Py_ssize_t:
        """Make atoms of values that keep coming, up to ``most``; returns where atoms then end."""
        i: cython.Py_ssize_t
        for i in range(atoms, stop):
            if atoms == most:
                break
            if self.occupied.at[i] >= OCCUPIED and self.share.at[i] * age >= FAMILIAR_COUNT:
                self.exchange_entries(i, atoms)
                atoms += 1
        return atoms

    def exchange_entries(self, i: cython.Py_ssize_t, j: cython.Py_ssize_t) -> None:
        """Let two entries change places."""
        self.values.at[i], self.values.at[j] = self.values.at[j], self.values.at[i]
        self.share.at[i], self.share.at[j] = self.share.at[j], self.share.at[i]
        self.hits.at[i], self.hits.at[j] = self.hits.at[j], self.hits.at[i]
        self.occupied.at[i], self.occupied.at[j] = self.occupied.at[j], self.occupied.at[i]
        self.recent.at[i], self.recent.at[j] = self.recent.at[j], self.recent.at[i]

    def note_absence(self, slot: cython.Py_ssize_t) -> cython.bint:
        """Note a new value that is usual among the others; returns whether a silence has ended.

        The table then starts again: the atoms of the silence would remain atoms for a thousand
        events more.
        """
        rest: cython.double = max(1.0 - self.whole.at[slot], LEAST_REST)
        self.absence.at[slot] = self.absence.at[slot] * rest
        if self.absence.at[slot] > UNLIKELY_ABSENCE:
            return False
        self.absence.at[slot] = 1.0
        self.count.at[slot] = 0.0
        self.atoms.at[slot] = 0.0
        self.age.at[slot] = 1.0
        self.again.at[slot] = FIRST_AGAIN
        self.ended.at[slot] = 1.0
        self.note_change(slot)
        self.start_batch(slot)
        return True

    def kept(self, slot: cython.Py_ssize_t, mains: float) -> dict[float, float]:
        """Values seen more than once and their shares up to now, by ascending value."""
        base: cython.Py_ssize_t = KEPT * slot
        count: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.count.at[slot])
        events: cython.double = self.passed.at[slot] + mains
        rate: cython.double = 1.0 / max(min(self.age.at[slot] + events, self.memory), 1.0)
        hits: cython.double
        i: cython.Py_ssize_t
        found = {}
        for i in range(base, base + count):
            hits = self.hits.at[i] + (mains if i == base else 0.0)
            if self.share.at[i] * self.age.at[slot] + hits > ONCE:
                share = self.share.at[i] + rate * (hits - events * self.share.at[i])
                found[self.values.at[i]] = max(min(share, 1.0), SMALLEST_RUN)
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
        self.age.at[slot] = archive.bounded(self.age.at[slot], 1.0, self.memory, "age of a value")
        self.count.at[slot] = archive.bounded(self.count.at[slot], 0.0, KEPT, "number of values")
        archive.check_count(self.count.at[slot])
        self.atoms.at[slot] = archive.bounded(
            self.atoms.at[slot], 0.0, min(self.count.at[slot], MOST_ATOMS), "number of values"
        )
        archive.check_count(self.atoms.at[slot])
        self.turn.at[slot] = archive.bounded(self.turn.at[slot], 0.0, KEPT - 1, "number of values")
        self.passed.at[slot] = archive.bounded(self.passed.at[slot], 0.0, WINDOW, "count")
        self.mains.at[slot] = archive.bounded(self.mains.at[slot], INTERRUPTED, WINDOW, "count")
        self.repeats.at[slot] = archive.bounded(self.repeats.at[slot], 0.0, WINDOW, "count")
        self.last.at[slot] = archive.bounded(self.last.at[slot], -largest, largest, "last value")
        self.run.at[slot] = archive.bounded(self.run.at[slot], SMALLEST_RUN, 1.0, "run")
        self.absence.at[slot] = archive.bounded(self.absence.at[slot], 0.0, 1.0, "probability")
        self.ended.at[slot] = archive.bounded(self.ended.at[slot], 0.0, 1.0, "mark")
        self.again.at[slot] = archive.bounded(self.again.at[slot], 0.0, 1.0, "share of repeats")
        self.top.at[slot] = archive.bounded(self.top.at[slot], 0.0, 1.0, "share of a value")
        count: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.count.at[slot])
        whole: cython.double = 0.0
        least: cython.double
        for i in range(base, base + count):
            least = SMALLEST_RUN if i < base + self.atoms.at[slot] else 0.0
            self.values.at[i] = archive.bounded(self.values.at[i], -largest, largest, "value")
            self.share.at[i] = archive.bounded(self.share.at[i], least, 1.0, "share of a value")
            self.hits.at[i] = archive.bounded(self.hits.at[i], 0.0, WINDOW, "count")
            self.occupied.at[i] = archive.bounded(self.occupied.at[i], 0.0, 1.0, "share of events")
            self.recent.at[i] = archive.bounded(self.recent.at[i], 0.0, WINDOW, "window")
            whole += self.share.at[i]
        archive.check(whole, 0.0, LARGEST_SUM, "sum of shares")
        if archive.reading:
            self.sum_atoms(slot)
        return 0
