# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The event loop that every kernel with named features shares.

A kernel is a subclass that defines how to ``learn`` the loaded event, and keeps a state: it
provides memory for features (``grow``), starts to use it (``add_features``), and passes its numbers
through an archive (``exchange``). Loading dicts and rows of arrays, new features, threads, copies
and pickling are here, once.
"""

from __future__ import annotations

from array import array
from contextlib import suppress
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import ArchivedKernel, check_names
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.core.features import FeatureTable

if not cython.compiled:
    from clipsgd_river._kernels.core.buffers import doubles, integers


class EventLoop(ArchivedKernel):
    """Named features, and the loop that runs events through a kernel.

    Parameters
    ----------
    settings
        ``max_features``, and ``learning_rate`` where there is one, already validated, and what a
        subclass adds; kept as given.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.features = FeatureTable(settings["max_features"])
        self.events = 0.0
        self.busy = False
        # Whether the event that was learned left something for `settle`, and whether a state is
        # being read.
        self.waiting = False
        self.restoring = False
        # Whether a row stopped the loop before it was learned, and which.
        self.halted = False
        self.halted_row = 0
        self.scheduled = hasattr(settings.get("learning_rate"), "get")

    def learn(self) -> None:
        """Learn the loaded event."""

    def run_row(self, row: cython.Py_ssize_t, learn: cython.bint) -> None:
        """Process the loaded row, as the running call requires; here, learn it."""
        self.learn()

    def count_event(self) -> None:
        """Count the loaded event, which is about to be learned."""
        self.events += 1.0
        self.features.touch()

    def prepare(self) -> cython.int:
        """Do what needs the interpreter before an event is learned."""
        return 0

    def settle(self) -> cython.int:
        """Do what needs the interpreter after an event that set ``waiting``, before the next one.

        Between two calls a kernel has settled, so that a copy of its state goes on identically.
        """
        self.waiting = False
        # The event is learned: without memory all goes on as before, and this is tried again.
        with suppress(MemoryError):
            self.wake()
        return 0

    def wake(self) -> cython.int:
        """Provide the memory that an event wanted; here, none does."""
        return 0

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features.

        All that can fail happens here, before the state changes.
        """
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features: there are ``size`` now, and `grow` has provided memory for them."""

    def release(self, positions: list[Any]) -> cython.int:
        """Let go of features that are gone and about to be reset, before new ones start."""
        return 0

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``; the features are known."""
        self.events = archive.count(self.events)
        return self.features.exchange(archive, self.events)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """How many numbers a state of ``size`` features has at least."""
        return 0

    def load(self, event: Any, learn: cython.bint) -> cython.int:
        """Load a dict; start its new features if it is to be learned, otherwise skip them."""
        new = self.features.load(event)
        if learn:
            if new is not None:
                self.features.check_capacity(new)
            self.prepare()
            if new is not None:
                self.start_features([name for name, _ in new])
                self.features.load_new(new)
        return 0

    def start_features(self, names: list[Any]) -> cython.int:
        """Start new features everywhere, or nowhere if something fails."""
        self.features.place(names)
        return self.start_placed()

    def start_placed(self) -> cython.int:
        """Start the features that the table has placed; those whose place they take are reset."""
        size: cython.Py_ssize_t = self.features.size + len(self.features.pending)
        j: cython.Py_ssize_t
        if self.features.passing:
            self.release([position for position, _ in self.features.passing])
        self.features.grow(size)
        self.grow(size)
        for j, _ in self.features.passing:
            self.reset_feature(j)
        self.add_features(size)
        self.features.add_pending()
        return 0

    def take_names(self, names: list[Any]) -> cython.int:
        """Have the features of a state that is about to be read, and start those that differ."""
        own = self.features.names
        self.features.pending = names[len(own) :]
        self.features.passing = [
            (position, names[position])
            for position in range(len(own))
            if own[position] != names[position]
        ]
        self.restoring = True
        try:
            return self.start_placed()
        finally:
            self.restoring = False

    def learn_one(self, event: Any) -> None:
        """Learn an event."""
        self.claim()
        try:
            self.load(event, True)
            self.learn()
            if self.waiting:
                self.settle()
        finally:
            self.busy = False

    def learn_rows(self, rows: Any, names: Any, count: cython.Py_ssize_t) -> None:
        """Learn rows in order.

        Parameters
        ----------
        rows
            Flat array of doubles, ``len(names)`` to a row; uncompiled, a list.
        names
            The features in the columns.
        count
            How many rows.
        """
        self.claim()
        try:
            self.each_row(rows, names, count, True)
        finally:
            self.busy = False

    def check_rows(self, rows: Any, names: Any, count: int) -> None:
        """Refuse numbers that are not ``count`` rows: a loop would read beyond them."""
        if len(rows) != count * len(names):
            raise ValueError(f"{len(rows)} numbers do not make {count} rows of {len(names)}")

    def each_row(
        self, rows: Any, names: Any, count: cython.Py_ssize_t, learn: cython.bint
    ) -> cython.int:
        """Load each of ``count`` rows and pass it to `run_row`; to learn, start new features.

        A feature starts with its first number, in rows as in dicts. Stops for `settle` as
        events do: what rows learn is what they learn.
        """
        self.check_rows(rows, names, count)
        width: cython.Py_ssize_t = len(names)
        data: cython.p_double = doubles(rows if width > 0 else zeros(1))
        first: cython.Py_ssize_t = 0
        stop: cython.Py_ssize_t = count
        i: cython.Py_ssize_t
        begun: cython.Py_ssize_t = 0
        starts = self.first_numbers(data, names, 0, count) if learn else []
        while first < count:
            if learn:
                new = []
                while begun < len(starts) and starts[begun][0] == first:
                    new.append((names[starts[begun][1]], 0.0))
                    begun += 1
                if self.features.size + len(new) > self.features.max_features:
                    # What is in this row is in use.
                    positions = self.features.match(names)
                    self.features.load_row(data, first * width, integers(positions), width, False)
                if new:
                    self.features.check_capacity(new)
                self.prepare()
                if new:
                    before = self.features.size
                    self.start_features([name for name, _ in new])
                    if self.features.size < before + len(new):
                        # Columns may have lost their place.
                        starts = self.first_numbers(data, names, first, count)
                        begun = 0
                stop = starts[begun][0] if begun < len(starts) else count
                if self.scheduled:
                    stop = first + 1
            positions = self.features.match(names)
            columns: cython.p_int = integers(positions)
            identity: cython.bint = self.features.is_identity(columns, width)
            with cython.nogil:
                for i in range(first, stop):
                    self.features.load_row(data, i * width, columns, width, identity)
                    self.run_row(i, learn)
                    first = count if self.halted else i + 1
                    if self.waiting or self.halted:
                        break
            if self.waiting:
                self.settle()
        return 0

    def first_numbers(
        self, rows: cython.p_double, names: Any, first: cython.Py_ssize_t, count: cython.Py_ssize_t
    ) -> list[tuple[int, int]]:
        """Row of the first number of each unknown column from row ``first`` on, and the column.

        Ascending. A column without numbers has none.
        """
        width: cython.Py_ssize_t = len(names)
        c: cython.Py_ssize_t
        i: cython.Py_ssize_t
        found: list[tuple[int, int]] = []
        for c in self.features.unknown(names):
            i = first
            while i < count and rows[i * width + c] != rows[i * width + c]:
                i += 1
            if i < count:
                found.append((i, c))
        return sorted(found)

    def snapshot(self) -> tuple[list[Any], array[float]]:
        """Names of the features and all numbers of the state as one flat array of doubles."""
        archive = Archive()
        self.claim()
        try:
            self.exchange(archive)
            return list(self.features.names), archive.numbers
        finally:
            self.busy = False

    def restore(self, names: list[Any], numbers: array[float]) -> None:
        """Take over the state that `snapshot` gave; this kernel must be new."""
        check_names(names, self.features.max_features)
        if len(numbers) < self.least_numbers(len(names)):
            raise ValueError(
                f"the state has {len(numbers)} numbers, too few for {len(names)} features: it is "
                "damaged"
            )
        self.take_names(names)
        archive = Archive(numbers)
        self.exchange(archive)
        archive.close()

    def copy_from(self, other: EventLoop) -> None:
        """Take over the state of another kernel of this kind, in memory and so without a check.

        Many times faster than `restore` if this kernel has copied that one before. Both must share
        their settings, and this one must not have more features.
        """
        if type(self) is not type(other) or self.settings is not other.settings:
            raise ValueError("a kernel copies only one of its kind and settings")
        archive = Archive()
        self.claim()
        try:
            other.claim()
            try:
                names = other.features.names
                if self.features.size > len(names):
                    raise ValueError("this kernel has features that the other one lacks")
                if self.features.names != names:
                    self.take_names(names)
                other.exchange(archive)
            finally:
                other.busy = False
            archive.rewind()
            self.exchange(archive)
        finally:
            self.busy = False
