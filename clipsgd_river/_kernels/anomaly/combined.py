# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Any detectors, whose distances are combined into one."""

from __future__ import annotations

from array import array
from typing import Any

import cython

from clipsgd_river._kernels.anomaly.detector import DetectorKernel
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.relative_distances import SHORTEST_START, RelativeDistances
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.core.score_gate import ScoreGate
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.anomaly.relative_distances import LARGEST_DISTANCE
    from clipsgd_river._kernels.core.buffers import doubles

NAN = float("nan")


class CombinedKernel(DetectorKernel):
    r"""Root mean square over the members of their relative distances t_m (`RelativeDistances`).

    A member is any object with ``learn_one`` and ``distance_one`` or ``score_one``. It is given
    what `FeatureTable` lets pass, under the names and in the order in which features were first
    seen; it does not get an event without a known feature.

    A distance has 0 as its smallest value, t(r) = f(v(r)) - f(v(0)); a score need not have one,
    and t(r) = f(v(r)). A member without a distance counts once it has given two different scores:
    one whose window is still filling returns a constant, and the spread of a constant is 0. No
    member counts before two of its distances are known. While no member counts, every event is
    usual.

    Parameters
    ----------
    settings
        As of every `DetectorKernel`.
    members
        At least one; used as they are.
    """

    def __init__(self, settings: dict[str, Any], members: list[Any]) -> None:
        # No part: the members find the distances, and the location and scale stay empty.
        DetectorKernel.__init__(self, settings, Part)
        self.members = members
        length = max(settings["warm_up"], SHORTEST_START)
        self.relative = RelativeDistances(len(members), length)
        # NaN until the first score.
        self.first = Vector()
        self.first.replace(array("d", [NAN] * len(members)))
        self.has_varied = Vector()
        self.has_varied.replace(array("d", [hasattr(m, "distance_one") for m in members]))
        # Which members have a distance, of which 0 is the least.
        self.measures = Vector()
        self.measures.replace(array("d", self.has_varied.memory))
        self.distances = Vector(len(members))
        self.relatives = Vector(len(members))
        self.combined = 0.0
        self.early = max(settings["warm_up"] // 4, 1)

    def distance(self) -> float:
        """Root mean square that `query_members` found."""
        return self.combined

    def usual_distance(self) -> float:
        """About 1, what every member calls usual."""
        return 1.0

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Nothing here is kept for each feature."""
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Nothing here is kept for each feature."""

    def known_event(self) -> dict[Any, float]:
        """The loaded event as the members get it."""
        k: cython.Py_ssize_t
        event: dict[Any, float] = {}
        for k in range(self.features.count):
            event[self.features.names[self.features.present.at[k]]] = self.features.values.at[
                self.features.present.at[k]
            ]
        return event

    def query_members(self, event: Any) -> list[Any] | None:
        """Load an event and find its distance; returns new features as (name, value) pairs."""
        k: cython.Py_ssize_t
        active: cython.Py_ssize_t = 0
        t: cython.double
        squares: cython.double = 0.0
        new = self.features.load(event)
        for k in range(len(self.members)):
            self.distances.at[k] = NAN
            self.relatives.at[k] = 0.0
        self.combined = 0.0
        if self.features.count == 0 or self.events == 0.0:
            return new
        self.collect_distances(self.known_event())
        for k in range(len(self.members)):
            if not self.is_active(k):
                continue
            if hasattr(self.members[k], "distance_one"):
                t = self.relative.relative(k, self.distances.at[k])
            else:
                t = self.relative.level(k, self.distances.at[k])
            self.relatives.at[k] = t
            squares += t * t
            active += 1
        self.combined = sqrt(squares / active) if active > 0 else 1.0
        return new

    def is_active(self, member: cython.Py_ssize_t) -> cython.bint:
        """Whether a member has a distance of the event, and its usual distances are known."""
        if self.distances.at[member] != self.distances.at[member]:
            return False
        if self.has_varied.at[member] == 0.0:
            return False
        if self.relative.seen.at[member] >= 2.0:
            return True
        # After events that said nothing, what changes them must not go unnoticed.
        return self.measures.at[member] != 0.0 and self.events >= self.early + 2.0

    def collect_distances(self, event: Any) -> cython.int:
        """Write the distance by each member; NaN where it has none."""
        k: cython.Py_ssize_t
        for k in range(len(self.members)):
            member = self.members[k]
            answer = getattr(member, "distance_one", None) or member.score_one
            try:
                distance: cython.double = answer(dict(event))
            except Exception as error:
                error.add_note(f"raised by member {k} of the ensemble, {member!r}")
                raise
            if distance > LARGEST_DISTANCE:
                distance = LARGEST_DISTANCE
            elif distance < -LARGEST_DISTANCE:
                distance = -LARGEST_DISTANCE
            self.distances.at[k] = distance
        return 0

    def load(self, event: Any, learn: cython.bint) -> cython.int:
        """Load a dict and score it by the members; they also learn it if ``learn``."""
        new = self.query_members(event)
        if learn:
            self.learn_members(new)
        return 0

    def learn_members(self, new: list[Any] | None) -> cython.int:
        """Start the new features of the loaded event and let the members learn it."""
        k: cython.Py_ssize_t
        if new is not None:
            self.features.check_capacity(new)
        self.relative.close_start()
        if new is not None:
            self.start_features([name for name, _ in new])
            self.features.load_new(new)
        if self.features.count == 0:
            return 0
        event = self.known_event()
        for k in range(len(self.members)):
            try:
                self.members[k].learn_one(dict(event))
            except Exception as error:
                error.add_note(f"raised by member {k} of the ensemble, {self.members[k]!r}")
                raise
        return 0

    def notice(self) -> cython.bint:
        """Members notice repeats themselves; where none sees a distance, the event says nothing."""
        return self.combined > 0.0

    def step(self) -> None:
        """One step of the usual distances of the members."""
        k: cython.Py_ssize_t
        if self.events <= self.early:
            return
        for k in range(self.relative.members):
            if self.distances.at[k] != self.distances.at[k]:
                continue
            if self.has_varied.at[k] == 0.0:
                if self.first.at[k] != self.first.at[k]:
                    self.first.at[k] = self.distances.at[k]
                elif self.distances.at[k] != self.first.at[k]:
                    self.has_varied.at[k] = 1.0
            # What is expected to the last digit is a constant, or stands still.
            if self.measures.at[k] != 0.0 and self.distances.at[k] == 0.0:
                continue
            if self.has_varied.at[k] != 0.0:
                self.relative.observe(k, self.distances.at[k])

    def learn_one_within(
        self, event: Any, score_limit: float, distance_limit: float, own_limit: cython.bint
    ) -> tuple[float, float, float, float]:
        """Score and distance of an event; learns it unless one of them exceeds its limit."""
        distance: cython.double
        score: cython.double
        own: cython.double
        own_score: cython.double
        self.claim()
        try:
            new = self.query_members(event)
            distance = self.combined
            score = self.score(distance)
            own = self.limit.value
            own_score = self.score(own)
            if not (
                score > score_limit or distance > distance_limit or (own_limit and distance > own)
            ):
                self.learn_members(new)
                self.learn_at(distance)
            return score, distance, own, own_score
        finally:
            self.busy = False

    def score_learn_until(self, event: Any, gate: ScoreGate) -> float:
        """Score of an event, which is then learned if the gate admits it."""
        score: cython.double
        self.claim()
        try:
            new = self.query_members(event)
            distance = self.combined
            score = self.score(distance)
            if gate.admits(score, distance, 0):
                self.learn_members(new)
                self.learn_at(distance)
            return score
        finally:
            self.busy = False

    def explain_one(self, event: Any) -> dict[Any, float]:
        """The distance divided among the members that explain, by t^2, and by their own shares."""
        self.claim()
        try:
            self.query_members(event)
            known = self.known_event()
            contributions = dict.fromkeys(known, 0.0)
            explaining = [k for k, m in enumerate(self.members) if hasattr(m, "explain_one")]
            if not explaining:
                raise TypeError(
                    "no member of this ensemble has explain_one; add one that has, as every "
                    "detector of clipsgd_river on features"
                )
            if self.combined == 0.0:
                return contributions
            weights = [self.relatives.memory[k] * self.relatives.memory[k] for k in explaining]
            whole = sum(weights)
            for k, weight in zip(explaining, weights, strict=True):
                share = self.combined * (weight / whole if whole > 0.0 else 1.0 / len(explaining))
                divide(share, self.members[k].explain_one(dict(known)), contributions)
            return contributions
        finally:
            self.busy = False

    def range_one(self) -> dict[Any, tuple[float, float]]:
        """As the first member says that can tell."""
        return self.told("range_one")

    def counts_one(self) -> dict[Any, int]:
        """As the first member says that can tell."""
        return self.told("counts_one")

    def values_one(self) -> dict[Any, dict[float, float]]:
        """As the first member says that can tell."""
        return self.told("values_one")

    def rest_one(self) -> dict[Any, tuple[float, float, float]]:
        """As the first member says that can tell."""
        return self.told("rest_one")

    def told(self, method: str) -> dict[Any, Any]:
        """What the first member with a method says; empty if none has it."""
        for member in self.members:
            if hasattr(member, method):
                found: dict[Any, Any] = getattr(member, method)()
                return found
        return {}

    def expect_one(self, event: Any) -> dict[Any, tuple[float, float, float]]:
        """Band by the first member that has one; ``{}`` without."""
        self.claim()
        try:
            known = None
            if event is not None:
                self.features.load(event)
                known = self.known_event()
            for member in self.members:
                if hasattr(member, "expect_one"):
                    band: dict[Any, tuple[float, float, float]] = member.expect_one(known)
                    return band
            return {}
        finally:
            self.busy = False

    def each_row(
        self, rows: Any, names: Any, count: cython.Py_ssize_t, learn: cython.bint
    ) -> cython.int:
        """Pass each row on as an event."""
        self.check_rows(rows, names, count)
        width: cython.Py_ssize_t = len(names)
        data: cython.p_double = doubles(rows if width > 0 else zeros(1))
        i: cython.Py_ssize_t
        c: cython.Py_ssize_t
        for i in range(count):
            event: dict[Any, float] = {}
            for c in range(width):
                event[names[c]] = data[i * width + c]
            if self.gate is None:
                self.load(event, learn)
                self.run_row(i, learn)
                continue
            # Members learn as the event is loaded: the gate comes before.
            new = self.query_members(event)
            self.distance_of[i] = self.combined
            self.score_of[i] = self.score(self.combined)
            if not self.gate.admits(self.score_of[i], self.combined, i):
                self.halted = True
                self.halted_row = i
                return 0
            self.learn_members(new)
            self.learn_at(self.distance_of[i])
        return 0

    def members_one(self, event: Any) -> dict[str, float]:
        """Relative distance by each active member, by its name."""
        k: cython.Py_ssize_t
        self.claim()
        try:
            self.query_members(event)
            names = unique_names(self.members)
            relatives: dict[str, float] = {}
            for k in range(len(self.members)):
                if self.is_active(k):
                    relatives[names[k]] = self.relatives.at[k]
            return relatives
        finally:
            self.busy = False

    def shorten(self, events: float) -> None:
        """Shorten the memory of the members that can."""
        for member in self.members:
            if hasattr(member, "shorten_memory"):
                member.shorten_memory(int(events))

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of the members' usual distances, and their first ones."""
        return self.relative.least_numbers() + 2 * len(self.members)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state, but for the members', through ``archive``."""
        k: cython.Py_ssize_t
        self.exchange_scores(archive)
        count: cython.Py_ssize_t = len(self.members)
        # An archive holds finite numbers: a missing one is stored as a distance beyond all.
        beyond: cython.double = 2.0 * LARGEST_DISTANCE
        kept = array("d", [beyond if value != value else value for value in self.first.memory])
        kept = archive.vector(kept, count)
        if archive.reading:
            self.has_varied.exchange_counts(archive, count, 1.0, "member")
            self.first.replace(array("d", [NAN if value == beyond else value for value in kept]))
            for k in range(count):
                if fabs(self.first.at[k]) > LARGEST_DISTANCE:
                    raise ValueError("the state holds an impossible first distance: it is damaged")
        else:
            archive.vector(self.has_varied.memory, count)
        return self.relative.exchange(archive)

    def arguments(self) -> tuple[Any, ...]:
        """Settings and members."""
        return self.settings, self.members


def divide(share: float, explained: dict[Any, float], contributions: dict[Any, float]) -> None:
    """Add a member's share to the contributions, in proportion to the positive of its own."""
    positive = {
        name: value
        for name, value in explained.items()
        if name in contributions and 0.0 < value <= LARGEST_DISTANCE
    }
    # Divided by the largest first: their sum must stay finite.
    largest = max(positive.values(), default=0.0)
    whole = sum(value / largest for value in positive.values())
    for name in contributions:
        if largest > 0.0:
            contributions[name] += share * (positive.get(name, 0.0) / largest / whole)
        else:
            contributions[name] += share / len(contributions)


def unique_names(members: list[Any]) -> list[str]:
    """Classes of the members, the second of a class with a 2; pipelines by their steps."""
    names: list[str] = []
    counts: dict[str, int] = {}
    for member in members:
        name = str(member) if hasattr(member, "steps") else type(member).__name__
        counts[name] = counts.get(name, 0) + 1
        names.append(name if counts[name] == 1 else f"{name} {counts[name]}")
    return names
