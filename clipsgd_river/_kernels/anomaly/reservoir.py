# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""A bounded uniform sample of past events, and the nearest of them to an event."""

from __future__ import annotations

from hashlib import shake_128

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import IntegerVector, Vector

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.core.archive import LARGEST_COUNT

# No member lies further from its expected value in any feature.
LARGEST_MEMBER = 1e3
# More coordinates than this, 1 GB, are refused.
MOST_NUMBERS = 2**27
# The multiplicative generator of Park and Miller: its products are exact in 64 bits, and so the
# same in every build.
MODULUS = 2147483647
MULTIPLIER = 16807


class Reservoir:
    r"""A sample of the last ``memory`` events or so, M members of equal standing.

    The n-th event that is offered enters with probability

    .. math:: p_n = M / \max(M, \min(n, T)),

    T being the memory, in place of a member drawn at random (Vitter's algorithm R up to n = T).
    Up to then the sample is uniform over all events, and later a member is k events old with
    probability (1 / T) (1 - 1 / T)^k. Of like events that are unlike all others, w are members
    once about w T / M of them have been offered: so long they stay unusual to one who asks for the
    w nearest.

    A point has a number for each feature, 0 where the feature is missing or as expected. Members
    are kept feature by feature, so that the sums over features of all members run side by side,
    each in the order of the features, whatever the width of registers is.

    O(M) for each feature of a point, 8 M bytes a feature.

    Parameters
    ----------
    size
        Members M.
    wanted
        How many nearest ones to find, at most M.
    memory
        T, in events.
    seed
        Whole number that is hashed into the first random number.
    """

    def __init__(
        self, size: cython.Py_ssize_t, wanted: cython.Py_ssize_t, memory: float, seed: int
    ) -> None:
        self.size = size
        self.wanted = wanted
        self.memory = memory
        self.offered = 0.0
        self.filled = 0
        digest = shake_128(f"{seed} reservoir".encode()).digest(8)
        self.random = 1 + int.from_bytes(digest, "little") % (2147483647 - 1)
        self.rows = Vector()
        self.squares = Vector(size)
        self.nearest = IntegerVector(wanted)
        self.least = Vector(wanted)
        self.candidates = IntegerVector(size)
        self.used = 0
        self.used_features = IntegerVector()
        self.listed = IntegerVector()
        self.holders = IntegerVector()

    def grow(self, features: cython.Py_ssize_t) -> cython.int:
        """Provide memory for so many features; members are as expected in new ones."""
        known: cython.Py_ssize_t = len(self.holders.memory)
        if features * self.size > MOST_NUMBERS:
            raise ValueError(
                f"{features} features of {self.size} members take more than 1 GB; lower "
                "reservoir_size or max_features"
            )
        if features > known or len(self.rows.memory) < self.size:
            # A half more than there was, so that features that come one by one cost no more than
            # those that come together.
            capacity: cython.Py_ssize_t = max(features, known + known // 2)
            self.used_features.grow(capacity)
            self.listed.grow(capacity)
            self.holders.grow(capacity)
            self.rows.grow(capacity * self.size)
        return 0

    def clear_feature(self, j: cython.Py_ssize_t) -> None:
        """Let every member be as expected in the feature at position j."""
        i: cython.Py_ssize_t
        for i in range(self.size):
            self.put(j, i, 0.0)

    def measure(
        self, present: cython.p_int, point: cython.p_double, count: cython.Py_ssize_t
    ) -> None:
        """Squared distance of each member from a point, over its features; four at a time."""
        rows: cython.p_double = self.rows.at
        squares: cython.p_double = self.squares.at
        members: cython.Py_ssize_t = self.filled
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t = 0
        a: cython.Py_ssize_t
        b: cython.Py_ssize_t
        c: cython.Py_ssize_t
        d: cython.Py_ssize_t
        ua: cython.double
        ub: cython.double
        uc: cython.double
        ud: cython.double
        for i in range(members):
            squares[i] = 0.0
        while k + 4 <= count:
            a = present[k] * self.size
            b = present[k + 1] * self.size
            c = present[k + 2] * self.size
            d = present[k + 3] * self.size
            ua = point[k]
            ub = point[k + 1]
            uc = point[k + 2]
            ud = point[k + 3]
            for i in range(members):
                squares[i] += (
                    (ua - rows[a + i]) * (ua - rows[a + i])
                    + (ub - rows[b + i]) * (ub - rows[b + i])
                ) + (
                    (uc - rows[c + i]) * (uc - rows[c + i])
                    + (ud - rows[d + i]) * (ud - rows[d + i])
                )
            k += 4
        while k < count:
            a = present[k] * self.size
            ua = point[k]
            for i in range(members):
                squares[i] += (ua - rows[a + i]) * (ua - rows[a + i])
            k += 1

    def bound(self) -> float:
        """A bound on the squared distance of the last of the nearest; uses ``least``.

        As many groups as are wanted have a nearest member each: the largest of their distances.
        """
        squares: cython.p_double = self.squares.at
        least: cython.p_double = self.least.at
        wanted: cython.Py_ssize_t = min(self.wanted, self.filled)
        first: cython.Py_ssize_t = wanted
        largest: cython.double = 0.0
        k: cython.Py_ssize_t
        for k in range(wanted):
            least[k] = squares[k]
        while first < self.filled:
            for k in range(min(wanted, self.filled - first)):
                least[k] = min(least[k], squares[first + k])
            first += wanted
        for k in range(wanted):
            largest = max(largest, least[k])
        return largest

    def find_nearest(self, norm: float) -> float:
        """Find the nearest members after `measure`; returns their mean distance.

        Parameters
        ----------
        norm
            Distance of the point from the expected event, which stands for members that are not
            there yet.
        """
        squares: cython.p_double = self.squares.at
        least: cython.p_double = self.least.at
        nearest: cython.p_int = self.nearest.at
        candidates: cython.p_int = self.candidates.at
        last: cython.Py_ssize_t = self.wanted - 1
        found: cython.Py_ssize_t = min(self.filled, self.wanted)
        count: cython.Py_ssize_t = 0
        # Squared distance of the last of the nearest.
        worst: cython.double = self.bound()
        square: cython.double
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        n: cython.Py_ssize_t
        for i in range(self.filled):
            # Written in any case, and kept if it is near: no branch to mispredict.
            candidates[count] = cython.cast(cython.int, i)
            count += 1 if squares[i] <= worst else 0
        for n in range(count):
            square = squares[candidates[n]]
            if n > last and not square < least[last]:
                continue
            k = min(n, last)
            # Of equal ones the earlier member stays in front.
            while k > 0 and least[k - 1] > square:
                least[k] = least[k - 1]
                nearest[k] = nearest[k - 1]
                k -= 1
            least[k] = square
            nearest[k] = candidates[n]
        distances: cython.double = 0.0
        for k in range(found):
            distances += sqrt(least[k])
        for k in range(found, self.wanted):
            least[k] = norm * norm
            nearest[k] = -1
            distances += norm
        return distances / self.wanted

    def share(
        self,
        present: cython.p_int,
        point: cython.p_double,
        count: cython.Py_ssize_t,
        shares: cython.p_double,
    ) -> None:
        """Write, by position, each feature's share of the mean distance from the nearest.

        Of a distance r that is (u - v)^2 / r of the feature.
        """
        k: cython.Py_ssize_t
        n: cython.Py_ssize_t
        gap: cython.double
        part: cython.double
        for k in range(count):
            part = 0.0
            for n in range(self.wanted):
                if self.least.at[n] > 0.0:
                    gap = point[k]
                    if self.nearest.at[n] >= 0:
                        gap -= self.rows.at[present[k] * self.size + self.nearest.at[n]]
                    part += gap * gap / sqrt(self.least.at[n])
            shares[present[k]] = part / self.wanted

    def draw(self) -> float:
        """Next random number in [0, 1)."""
        self.random = self.random * MULTIPLIER % MODULUS
        return (self.random - 1) / 2147483646.0

    def offer(
        self, present: cython.p_int, point: cython.p_double, count: cython.Py_ssize_t
    ) -> None:
        """Let a point enter, or not."""
        place: cython.double
        size: cython.double = self.size
        self.offered = min(self.offered + 1.0, LARGEST_COUNT)
        if self.filled < self.size:
            self.filled += 1
            self.place(self.filled - 1, present, point, count)
            return
        place = self.draw() * max(min(self.offered, self.memory), size)
        if place < size:
            self.place(cython.cast(cython.Py_ssize_t, place), present, point, count)

    def place(
        self,
        member: cython.Py_ssize_t,
        present: cython.p_int,
        point: cython.p_double,
        count: cython.Py_ssize_t,
    ) -> None:
        """Make a point a member, in the place of another one."""
        features: cython.p_int = self.used_features.at
        listed: cython.p_int = self.listed.at
        used: cython.Py_ssize_t = 0
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for i in range(self.used):
            self.put(features[i], member, 0.0)
        for k in range(count):
            self.put(present[k], member, point[k])
        for i in range(self.used):
            j = features[i]
            features[used] = cython.cast(cython.int, j)
            listed[j] = 1 if self.holders.at[j] > 0 else 0
            used += listed[j]
        for k in range(count):
            j = present[k]
            if self.holders.at[j] > 0 and listed[j] == 0:
                features[used] = cython.cast(cython.int, j)
                listed[j] = 1
                used += 1
        self.used = used

    def put(self, j: cython.Py_ssize_t, member: cython.Py_ssize_t, value: float) -> None:
        """Set a member's number of the feature at position j."""
        at: cython.Py_ssize_t = j * self.size + member
        holds: cython.int = 1 if value != 0.0 else 0
        held: cython.int = 1 if self.rows.at[at] != 0.0 else 0
        self.holders.at[j] = self.holders.at[j] + holds - held
        self.rows.at[at] = value

    def shorten(self, events: float) -> None:
        """Let what was offered so far count as so many events, at least as the members there are.

        Members then change sooner, until as many events have been offered again.
        """
        least: cython.double = self.filled
        self.offered = min(self.offered, max(events, least))

    def exchange(self, archive: Archive, features: cython.Py_ssize_t) -> cython.int:
        """Pass the state through ``archive``: the features that members are off in, and these."""
        j: cython.Py_ssize_t
        self.offered = archive.count(self.offered)
        self.filled = int(archive.count(self.filled))
        least: cython.double = self.filled
        archive.check(self.filled, 0.0, self.size, "number of members")
        archive.check(self.offered, least, LARGEST_COUNT, "number of events offered")
        if self.filled < self.size:
            archive.check(self.offered, least, least, "number of events offered")
        self.random = int(archive.count(self.random))
        archive.check(self.random, 1.0, MODULUS - 1, "random number")
        if archive.reading:
            return self.read_rows(archive, features)
        found = [j for j in range(features) if self.holders.at[j] > 0]
        archive.count(len(found))
        for j in found:
            archive.count(j)
            start = j * self.size
            archive.vector(self.rows.memory[start : start + self.filled], self.filled)
        return 0

    def read_rows(self, archive: Archive, features: cython.Py_ssize_t) -> cython.int:
        """Read the members, feature by feature."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        last: cython.double = -1.0
        row = Vector()
        found: cython.Py_ssize_t = int(archive.count(0.0))
        archive.check(found, 0.0, features, "number of features of members")
        archive.require(found * (self.filled + 1))
        for j in range(self.used):
            self.clear_feature(self.used_features.at[j])
            self.listed.at[self.used_features.at[j]] = 0
        self.used = found
        for i in range(found):
            position: cython.double = archive.count(0.0)
            archive.check(position, last + 1.0, features - 1.0, "feature of members")
            last = position
            self.used_features.at[i] = int(position)
            self.listed.at[int(position)] = 1
            row.exchange_bounded(
                archive, self.filled, -LARGEST_MEMBER, LARGEST_MEMBER, "coordinate of a member"
            )
            for j in range(self.filled):
                self.put(int(position), j, row.at[j])
            if self.holders.at[int(position)] == 0:
                raise ValueError("the state holds a feature without members: it is damaged")
        return 0

    def least_numbers(self) -> cython.Py_ssize_t:
        """How many numbers a state has at least."""
        return 4
