# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The plane near which events lie, tracked by clipped rotations."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold

if not cython.compiled:
    from math import log1p, sqrt

    from clipsgd_river._kernels.core.matrix import (
        add_rows,
        decompose_rows,
        dot,
        factorise,
        orthonormalise_rows,
        rotate_form,
        rotate_rows,
        rows_times,
        solve,
        spread_over_rows,
        transform_form,
    )
    from clipsgd_river._kernels.core.reductions import total

# The most directions that "auto" uses, and the share of the variance that they explain.
LARGEST_AUTOMATIC = 32
EXPLAINED_SHARE = 0.8
# A direction is dropped if the plane without it would explain this much more than required.
SPARE_SHARE = 0.05
# Variance of a standardised feature that is added along each direction, as RIDGE of the whole.
RIDGE = 0.03
SMALLEST_VARIANCE = 1e-3
# The noise is at least this share of the variance: a residual of a hundredth of a deviation is
# usual however well the plane fits.
NOISE_FLOOR = 1e-4
SMALLEST_NOISE = 1e-9
# The energy of a residual is clipped at this many times the usual one.
LARGEST_RESIDUAL = 3.0
# A residual below this share of the event is round-off.
ROUND_OFF = 1e-9
# Deviations are bounded by the detector; their variances are far below this.
LARGEST_NOISE = 1e12
TOLERANCE = 1e-6
# A direction of which less than this is left without the features that leave is dropped.
SHORTEST_REST = 1e-3


class PrincipalSubspace:
    r"""Orthonormal directions V (m by d), the covariance C of events in them, the noise outside.

    For deviations u of an event, y = V u and the residual r = u - V'y, a clipped step of size
    eta is

    .. math:: V \leftarrow V + \frac{g}{\|g\|}
              \Bigl((\cos\theta - 1)\, q + \sin\theta\, \frac{r}{\|r\|}\Bigr)', \quad
              g = \frac{\eta\, C^{-1} y}{1 + \eta\, y' C^{-1} y}, \quad
              q = V' \frac{g}{\|g\|}, \quad \tan\theta = \|g\| \min(\|r\|, \sqrt{\rho}):

    with rho the usual energy of a residual. This is the stochastic gradient step V + g r' of the
    squared residual, with the inverse covariance as preconditioner (directions of little variance
    learn as fast as those of much), made orthonormal again: r is orthogonal to the plane, so that
    is a rotation in the plane of q and r, O(d m). C and the noise follow by clipped averages at
    half the step.

    Round-off is kept down by turning one pair of directions per event, O(d), into the principal
    axes of C within their span, and orthonormalising it: errors of orthogonality come back to
    second order only, so m (m - 1) / 2 events undo what round-off did in as many.

    The distance is that of an elliptical Student distribution in each of the two spaces,

    .. math:: (d - m) \log(1 + \|r\|^2 / \rho) + m \log(1 + y' C^{-1} y / m)

    so that a usual event adds about 0.7 for each feature.

    V has a column for each active feature (`Attendance`). A present feature that is not active is
    all residual, in a slot beyond those columns, where the plane is 0.

    Parameters
    ----------
    components
        Directions m, at most half of the features; 0: as many as hold four fifths of the
        variance, at most 32.
    clip
        Rule of the `ClipThreshold` on the norm of u.
    features
        Those of the events.
    """

    def __init__(
        self, components: cython.Py_ssize_t, clip: str | float | None, features: FeatureTable
    ) -> None:
        self.features = features
        self.active = features.follow_active()
        self.automatic = components == 0
        self.largest = LARGEST_AUTOMATIC if components == 0 else components
        self.clip = ClipThreshold(clip)
        self.size = 0
        self.rows = 0
        self.used = 0
        self.next_used = 0
        self.events = 0.0
        self.noise = 1.0
        self.known_features = 0
        self.present = 0.0
        self.active_present = 0.0
        self.level = 1.0
        self.kept = 0.0
        self.energy = 0.0
        self.residual = 0.0
        self.basis = Vector()
        self.next_basis = Vector()
        self.covariance = Vector()
        self.next_covariance = Vector()
        self.factor = Vector()
        self.inside = Vector()
        self.gain = Vector()
        self.coordinates = Vector()
        self.plane = Vector()
        self.turn = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features; the plane does not reach into new active ones."""
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        count: cython.Py_ssize_t = self.active.next_count
        rows: cython.Py_ssize_t = min(self.largest, count // 2)
        used: cython.Py_ssize_t = self.used
        self.coordinates.grow(size)
        self.plane.grow(size)
        self.turn.grow(size)
        self.factor.grow(rows * rows)
        self.inside.grow(rows)
        self.gain.grow(rows)
        basis = Vector(max(rows, used) * count)
        covariance = Vector(rows * rows)
        stay: cython.Py_ssize_t = 0
        for k in range(count):
            slot: cython.Py_ssize_t = self.active.origin(k)
            if 0 <= slot < self.size:
                stay += 1
                for i in range(used):
                    basis.at[i * count + k] = self.basis.at[i * self.size + slot]
        self.next_used = used
        if stay == self.size:
            for i in range(used):
                for k in range(used):
                    covariance.at[i * rows + k] = self.covariance.at[i * self.rows + k]
        else:
            # Columns are gone. What is left of the directions is made orthonormal again, V = L Q,
            # and C becomes L'CL.
            factor = Vector(used * rows)
            self.next_used = decompose_rows(basis.at, used, count, factor.at, rows, SHORTEST_REST)
            transform_form(self.covariance.at, used, self.rows, factor.at, rows, covariance.at)
        self.next_basis = basis
        self.next_covariance = covariance
        return 0

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all; what changes between two events counts at once."""
        k: cython.Py_ssize_t
        self.basis = self.next_basis
        self.covariance = self.next_covariance
        self.used = self.next_used
        self.size = self.active.next_count
        self.rows = min(self.largest, self.size // 2)
        if size == self.features.size:
            self.known_features = self.size
        for k in range(self.size, size):
            self.plane.at[k] = 0.0
            self.turn.at[k] = 0.0
        self.refactor()

    def project(self) -> None:
        """Split the coordinates: y in ``inside``, V'y in ``plane``, C^-1 y in ``gain``."""
        rows_times(self.basis.at, self.used, self.size, self.coordinates.at, self.inside.at)
        add_rows(self.basis.at, self.used, self.size, self.inside.at, self.plane.at)
        solve(self.factor.at, self.used, self.rows, self.inside.at, self.gain.at)
        self.energy = dot(self.inside.at, 0, self.gain.at, 0, self.used)

    def locate(self, features: FeatureTable) -> cython.p_int:
        """Find the slot of each present feature of the loaded event."""
        self.slot = self.active.locate(features.present.at, features.count, features.size)
        return self.slot

    def distance(self, features: FeatureTable) -> float:
        """Distance of the event in ``coordinates``, which are 0 for features not present."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        r: cython.double
        squares: cython.p_double = features.scratch.at
        self.residual = 0.0
        self.energy = 0.0
        if self.present == 0.0:
            return 0.0
        self.project()
        for k in range(features.count):
            j = self.slot[k]
            r = self.coordinates.at[j] - self.plane.at[j]
            squares[k] = r * r
        self.residual = total(squares, features.count)
        return self.outside_distance() + self.inside_distance()

    def usual_residual(self) -> float:
        """Energy that the residual of an event with these features usually has."""
        return self.usual_noise() * self.level * self.present

    def usual_noise(self) -> float:
        """Variance of a feature's residual, with a floor."""
        return max(max(self.noise, NOISE_FLOOR * self.spread()), SMALLEST_NOISE)

    def spread(self) -> float:
        """Variance of a feature, on average."""
        i: cython.Py_ssize_t
        trace: cython.double = 0.0
        for i in range(self.used):
            trace += self.covariance.at[i * self.rows + i]
        return trace / max(self.known_features, 1) + self.noise

    def directions(self) -> float:
        """Share of the m directions that the present features stand for."""
        if self.used == 0:
            return 0.0
        return self.used * (self.active_present / self.known_features)

    def outside_distance(self) -> float:
        """What the residual adds to the distance."""
        dimension: cython.double = self.present - self.directions()
        return dimension * log1p(self.residual / self.usual_residual())

    def inside_distance(self) -> float:
        """What the position in the plane adds to the distance."""
        if self.used == 0:
            return 0.0
        return self.directions() * log1p(max(self.energy, 0.0) / self.used)

    def contribute(self, features: FeatureTable, contributions: cython.p_double) -> None:
        """Share the distance out: the residual's part by r_j^2, the plane's by u_j (V'C^-1 y)_j."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        r: cython.double
        outside: cython.double = 0.0
        inside: cython.double = 0.0
        if self.residual > 0.0:
            outside = self.outside_distance() / self.residual
        if self.energy > 0.0:
            inside = self.inside_distance() / self.energy
        self.explain_plane()
        for k in range(features.count):
            j = features.present.at[k]
            slot = self.slot[k]
            r = self.coordinates.at[slot] - self.plane.at[slot]
            contributions[j] += outside * (r * r) + inside * (
                self.coordinates.at[slot] * self.turn.at[slot]
            )

    def explain_plane(self) -> None:
        """V'C^-1 y of the event whose distance was computed just before, in ``turn``."""
        add_rows(self.basis.at, self.used, self.size, self.gain.at, self.turn.at)

    def precision(self, slot: cython.Py_ssize_t) -> float:
        """Inverse variance of a feature given all others, on the inverse covariance's diagonal.

        The covariance of the model is V'CV inside the plane and the noise outside.
        """
        i: cython.Py_ssize_t
        outside: cython.double = 1.0
        if slot >= self.size:
            return outside / self.usual_noise()
        for i in range(self.used):
            self.inside.at[i] = self.basis.at[i * self.size + slot]
            outside -= self.inside.at[i] * self.inside.at[i]
        solve(self.factor.at, self.used, self.rows, self.inside.at, self.gain.at)
        inside: cython.double = dot(self.inside.at, 0, self.gain.at, 0, self.used)
        return inside + max(outside, 0.0) / self.usual_noise()

    def pull(self, slot: cython.Py_ssize_t) -> float:
        """Element of the inverse covariance times the event."""
        residual: cython.double = self.coordinates.at[slot] - self.plane.at[slot]
        return self.turn.at[slot] + residual / self.usual_noise()

    def step(self, rate: float, started: float, changed: cython.bint) -> None:
        """One clipped step on the event in ``coordinates``, of ``started`` features.

        ``changed``: coordinates of features that still start were set to 0 after the distance was
        computed.
        """
        j: cython.Py_ssize_t
        coordinates: cython.p_double = self.coordinates.at
        plane: cython.p_double = self.plane.at
        self.kept = 0.0
        grown: cython.bint = self.known_features < self.size
        if grown:
            self.known_features = self.size
            self.refactor()
        if started <= 0.0:
            return
        if changed or grown:
            self.project()
        inside: cython.double = dot(self.inside.at, 0, self.inside.at, 0, self.used)
        for j in range(self.size):
            plane[j] = coordinates[j] - plane[j]
        outside: cython.double = dot(plane, 0, plane, 0, self.size)
        norm: cython.double = sqrt(inside + outside)
        limit: cython.double = self.clip.value(1.0 / max(rate, 1e-9), started)
        self.clip.observe(norm, started)
        kept: cython.double = 1.0
        if norm > limit:
            kept = limit / norm
        self.kept = kept
        self.events += 1.0
        slow: cython.double = max(0.5 * rate, 1.0 / (self.events + self.used))
        if self.needs_direction() and kept == 1.0 and sqrt(outside) > 0.1 * norm:
            self.add_direction(outside)
        else:
            self.rotate(max(rate, 1.0 / (self.events + 1.0)), kept, sqrt(inside), sqrt(outside))
            self.average(slow, kept)
        usual: cython.double = max(self.noise, SMALLEST_NOISE) * LARGEST_RESIDUAL
        self.noise += slow * (min(outside / started, usual) - self.noise)
        self.align_pair()
        if self.automatic and self.used > 1:
            self.drop_direction()
        self.refactor()

    def needs_direction(self) -> cython.bint:
        """Whether one more direction is possible and needed."""
        if self.used >= self.rows:
            return False
        if not self.automatic or self.used == 0:
            return True
        return (1.0 - EXPLAINED_SHARE) * self.spread() < self.noise

    def add_direction(self, outside: float) -> None:
        """The residual of this event, now in ``plane``, becomes a direction."""
        j: cython.Py_ssize_t
        row: cython.Py_ssize_t = self.used
        scale: cython.double = 1.0 / sqrt(outside)
        for j in range(self.size):
            self.basis.at[row * self.size + j] = scale * self.plane.at[j]
        for j in range(row + 1):
            self.covariance.at[row * self.rows + j] = 0.0
            self.covariance.at[j * self.rows + row] = 0.0
        self.covariance.at[row * self.rows + row] = outside
        self.used += 1

    def drop_direction(self) -> None:
        """Drop the direction of least variance if the plane explains enough without it."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        rows: cython.Py_ssize_t = self.rows
        least: cython.Py_ssize_t = 0
        last: cython.Py_ssize_t = self.used - 1
        for i in range(self.used):
            if self.covariance.at[i * rows + i] < self.covariance.at[least * rows + least]:
                least = i
        variance: cython.double = self.covariance.at[least * rows + least] / self.size
        if self.noise + variance > (1.0 - EXPLAINED_SHARE - SPARE_SHARE) * self.spread():
            return
        self.noise += variance
        for j in range(self.size):
            self.basis.at[least * self.size + j] = self.basis.at[last * self.size + j]
        for i in range(self.used):
            self.covariance.at[least * rows + i] = self.covariance.at[last * rows + i]
        for i in range(self.used):
            self.covariance.at[i * rows + least] = self.covariance.at[i * rows + last]
        self.used = last

    def rotate(self, rate: float, kept: float, inside: float, outside: float) -> None:
        """Turn the direction that the gain points to towards the residual, in ``plane``.

        No further than a residual of usual length would: the plane may fit so well that any
        outlier's is huge beside it.
        """
        gain: cython.p_double = self.gain.at
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        square: cython.double = dot(self.gain.at, 0, self.gain.at, 0, self.used)
        if not square > 0.0 or outside <= ROUND_OFF * inside:
            return
        length: cython.double = sqrt(square)
        share: cython.double = kept * kept * rate
        short: cython.double = min(outside, sqrt(self.usual_noise() * self.known_features))
        tangent: cython.double = length * short * share / (1.0 + share * max(self.energy, 0.0))
        cosine: cython.double = 1.0 / sqrt(1.0 + tangent * tangent)
        towards: cython.double = tangent * cosine / outside
        for i in range(self.used):
            gain[i] /= length
        add_rows(self.basis.at, self.used, self.size, self.gain.at, self.turn.at)
        for j in range(self.size):
            self.turn.at[j] = (cosine - 1.0) * self.turn.at[j] + towards * self.plane.at[j]
        spread_over_rows(self.basis.at, self.used, self.size, self.gain.at, self.turn.at)

    def average(self, rate: float, kept: float) -> None:
        """C <- (1 - e) C + e y y', clipped."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        weight: cython.double = rate * kept * kept
        for i in range(self.used):
            for j in range(self.used):
                self.covariance.at[i * self.rows + j] = (1.0 - rate) * self.covariance.at[
                    i * self.rows + j
                ] + weight * (self.inside.at[i] * self.inside.at[j])

    def align_pair(self) -> None:
        """Rotate one pair of directions to the principal axes of its span, and orthonormalise it.

        Jacobi's rotation by the smaller angle, which carries C along.
        """
        rows: cython.Py_ssize_t = self.rows
        if self.used == 0:
            return
        pairs: cython.Py_ssize_t = max(self.used * (self.used - 1) // 2, 1)
        turn: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, self.events) % pairs
        a: cython.Py_ssize_t = 0
        while turn >= self.used - 1 - a and a + 1 < self.used:
            turn -= self.used - 1 - a
            a += 1
        b: cython.Py_ssize_t = min(a + 1 + turn, self.used - 1)
        orthonormalise_rows(self.basis.at, self.size, a, b)
        mixed: cython.double = self.covariance.at[a * rows + b]
        if a == b or mixed == 0.0:
            return
        half: cython.double = 0.5 * (
            self.covariance.at[b * rows + b] - self.covariance.at[a * rows + a]
        )
        root: cython.double = sqrt(half * half + mixed * mixed)
        if not root > 0.0:
            return
        tangent: cython.double = mixed / (half + root) if half >= 0.0 else mixed / (half - root)
        cosine: cython.double = 1.0 / sqrt(1.0 + tangent * tangent)
        self.rotate_pair(a, b, cosine, tangent * cosine)

    def rotate_pair(
        self, a: cython.Py_ssize_t, b: cython.Py_ssize_t, cosine: float, sine: float
    ) -> None:
        """Rotate the directions a and b, and C with them, from both sides."""
        rotate_rows(self.basis.at, self.size, self.size, a, b, cosine, sine)
        rotate_form(self.covariance.at, self.rows, self.used, a, b, cosine, sine)

    def refactor(self) -> None:
        """Cholesky factor of C with its ridge."""
        spread: cython.double = self.spread() * self.known_features
        ridge: cython.double = max(RIDGE * spread / max(self.used, 1), SMALLEST_VARIANCE)
        factorise(self.covariance.at, self.used, self.rows, ridge, self.factor.at)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``; the number of features is known."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        self.events = archive.count(self.events)
        self.noise = archive.bounded(self.noise, 0.0, LARGEST_NOISE, "noise")
        self.used = int(archive.count(self.used))
        archive.check(self.used, 0.0, self.rows, "number of directions")
        self.clip.exchange(archive)
        for i in range(self.used):
            start: cython.Py_ssize_t = i * self.size
            row = archive.vector(self.basis.memory[start : start + self.size], self.size)
            start = i * self.rows
            triangle = archive.vector(self.covariance.memory[start : start + i + 1], i + 1)
            if archive.reading:
                for j in range(self.size):
                    self.basis.at[i * self.size + j] = row[j]
                for j in range(i + 1):
                    self.covariance.at[i * self.rows + j] = triangle[j]
                    self.covariance.at[j * self.rows + i] = triangle[j]
        if archive.reading:
            self.known_features = self.size
            self.check(archive)
            self.refactor()
        return 0

    def check(self, archive: Archive) -> cython.int:
        """Refuse directions that are not orthonormal and covariances that are not."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        rows: cython.Py_ssize_t = self.rows
        size: cython.Py_ssize_t = self.size
        for i in range(self.used):
            variance = self.covariance.at[i * rows + i]
            archive.check(variance, 0.0, LARGEST_NOISE, "variance")
            for j in range(i + 1):
                product = dot(self.basis.at, i * size, self.basis.at, j * size, size)
                if not abs(product - (i == j)) < TOLERANCE:
                    raise ValueError(
                        "the state holds directions that are not orthonormal: it is damaged"
                    )
                mixed = self.covariance.at[i * rows + j]
                if mixed * mixed > (1.0 + TOLERANCE) * variance * self.covariance.at[j * rows + j]:
                    raise ValueError("the state holds an impossible covariance: it is damaged")
        return 0

    def least_numbers(self) -> cython.Py_ssize_t:
        """Numbers that a state without directions has."""
        return 5
