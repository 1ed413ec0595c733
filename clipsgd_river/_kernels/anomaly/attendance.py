# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Which features a detector's model of all features together is made of."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from clipsgd_river._kernels.core.features import LONGEST_ABSENCE

# A feature stays active for so many events of absence for each event that it was in: what was seen
# twice is forgotten soon, and what was seen two hundred times has the longest absence there is.
PATIENCE = 50.0
# Events between two looks for features to leave; a power of 2.
PERIOD = 256


class Attendance:
    """Decides which features are active: those with enough events behind them, and in use.

    The features that come before any has started are active at once, those that come later once
    they have started: one event with a thousand new keys makes no model a thousand features wide.
    A feature that is absent for 10,000 events, or for 50 times as many as it was in, leaves; its
    own location and scale stay, and the model takes it up as a new one when it comes back.

    O(features present) per event, and nothing at all as long as every feature is active and
    present.

    Parameters
    ----------
    features
        Those of the detector, whose part has been made.
    standard
        Their location and scale.
    """

    def __init__(self, features: FeatureTable, standard: LocationScale) -> None:
        self.features = features
        self.standard = standard
        # Whether a part keeps anything that is laid out by active features.
        self.follows = features.active is not None
        self.active: Any = features.active

    def belongs(self, j: cython.Py_ssize_t) -> cython.bint:
        """Whether the feature at position j is to be active after the last event."""
        patience: cython.double = PATIENCE * max(self.standard.seen.at[j], 1.0)
        if self.features.absence(j) > min(patience, LONGEST_ABSENCE):
            return False
        return self.active.slots.at[j] >= 0 or self.standard.has_started(j)

    def changes(self) -> cython.bint:
        """Whether the event that was learned just now changes which features are active."""
        count: cython.Py_ssize_t = self.features.count
        size: cython.Py_ssize_t = self.features.size
        present: cython.p_int = self.features.present.at
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        if self.active.count < size:
            for k in range(count):
                j = present[k]
                if self.active.slots.at[j] < 0 and self.standard.has_started(j):
                    return True
        if count < size and cython.cast(cython.Py_ssize_t, self.features.clock) % PERIOD == 0:
            for k in range(self.active.count):
                if not self.belongs(self.active.positions.at[k]):
                    return True
        return False

    def plan_arrivals(self, size: cython.Py_ssize_t, restoring: cython.bint) -> cython.int:
        """Plan for new features, ``size`` in all.

        ``restoring``: the state that is about to be read says which are active.
        """
        old: cython.Py_ssize_t = self.features.size
        positions: list[int] = list(self.active.positions.memory[: self.active.count])
        if self.standard.starting == old and not restoring:
            positions += [position for position, _ in self.features.passing]
            positions += range(old, size)
        return self.active.plan(sorted(positions), size)

    def plan_without(self, gone: list[Any]) -> cython.int:
        """Plan for the same features but for those at these positions."""
        positions: list[int] = list(self.active.positions.memory[: self.active.count])
        return self.active.plan([j for j in positions if j not in gone], self.features.size)

    def plan_changes(self) -> cython.int:
        """Plan what `changes` found."""
        j: cython.Py_ssize_t
        positions: list[int] = [j for j in range(self.features.size) if self.belongs(j)]
        return self.active.plan(positions, self.features.size)

    def absent(self, archive: Archive) -> list[int]:
        """Pass the positions of the features that are not active through ``archive``."""
        j: cython.Py_ssize_t
        size: cython.Py_ssize_t = self.features.size
        out: list[int] = [j for j in range(size) if self.active.slots.at[j] < 0]
        count: cython.Py_ssize_t = int(archive.count(len(out)))
        archive.check(count, 0.0, size, "number of absent features")
        last: cython.double = -1.0
        position: cython.double
        found: list[int] = []
        for j in range(count):
            position = archive.count(out[j] if not archive.reading else 0.0)
            archive.check(position, last + 1.0, size - 1.0, "absent feature")
            last = position
            found.append(int(position))
        return found
