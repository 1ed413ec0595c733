# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The event loop that every detector shares.

A detector is a subclass with a handful of methods: ``distance`` of the loaded event, one clipped
``step``, ``contribute`` (what each feature adds), ``reserve`` (room for more features) and
``exchange`` (its state through an archive). Loading, scoring, the running median and the alert
limit, rows of arrays, threads and pickling are here, once.
"""

from __future__ import annotations

from array import array
from typing import Any

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import ArchivedKernel
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.running_quantile import RunningQuantile

try:
    import cython
except ImportError:
    from clipsgd_river._kernels.core import _shim as cython

if not cython.compiled:
    from clipsgd_river._kernels.core.buffers import doubles, integers

# The largest double below 1.
HIGHEST_SCORE = 1.0 - 2.0**-53
# Observations that a distance assumed at the start is worth.
PRIOR_COUNT = 10.0


class DetectorKernel(ArchivedKernel):
    """State of a detector and the loop that runs events through it.

    Parameters
    ----------
    settings
        ``learning_rate``, ``clip``, ``warm_up``, ``contamination`` and ``max_features``, already
        validated, and what a subclass adds; kept as given.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.features = FeatureTable(settings["max_features"])
        self.typical = RunningQuantile(0.5, 0.005)
        self.limit = RunningQuantile(1.0 - settings["contamination"], 0.05)
        self.events = 0.0
        self.busy = False
        self.scheduled = hasattr(settings["learning_rate"], "get")

    def distance(self) -> float:
        """Distance of the loaded event; finite, at least 0; changes scratch space only."""
        return 0.0

    def usual_distance(self) -> float:
        """Mean distance of an event with the loaded features if they were standard normal.

        0 where that is not known: the first positive distance then takes its place.
        """
        return 0.0

    def step(self) -> None:
        """One clipped step on the loaded event, whose distance was computed just before."""

    def contribute(self, contributions: cython.p_double) -> None:
        """Write what each present feature adds to the distance computed just before."""

    def prepare(self) -> cython.int:
        """Do what needs the interpreter before an event is learned."""
        return 0

    def reserve(self, size: cython.Py_ssize_t) -> cython.int:
        """Make room for ``size`` features."""
        return 0

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``; the features are known."""
        self.events = archive.count(self.events)
        self.typical.exchange(archive)
        self.limit.exchange(archive)
        return 0

    def score(self, distance: float) -> float:
        """1 / (1 + q / r), as r / (r + q): 0.5 at the typical distance q, below 1 at any."""
        if distance <= 0.0:
            return 0.0
        return min(distance / (distance + self.typical.value), HIGHEST_SCORE)

    def learn(self, distance: float) -> None:
        """Learn the loaded event, whose distance is known."""
        self.events += 1.0
        if self.features.count == 0:
            return
        if self.typical.value == 0.0:
            # The first distances are those of poor estimates; what a normal event would have
            # stands in for the median, and three times that for a limit.
            self.typical.place(self.usual_distance(), PRIOR_COUNT)
            self.limit.place(3.0 * self.usual_distance(), PRIOR_COUNT)
        if self.events > 1.0:
            self.typical.observe(distance)
            self.limit.observe(distance)
        self.step()

    def claim(self) -> cython.int:
        """Take the detector for one call; whoever claims it sets ``busy`` back to False.

        Rows run without the interpreter's lock, and a number may be converted by Python code: a
        second thread could meanwhile replace the memory in use.
        """
        if self.busy:
            raise RuntimeError(
                "this detector is in use by another thread; give each thread a detector of its "
                "own or hold a lock around the calls"
            )
        self.busy = True
        return 0

    def load(self, event: Any, learn: cython.bint) -> cython.int:
        """Load a dict; to learn, start its new features, otherwise pass them over."""
        fresh = self.features.load(event)
        if learn:
            if fresh is not None:
                self.features.admit(fresh)
            self.prepare()
            if fresh is not None:
                self.start_features([name for name, _ in fresh])
                self.features.place(fresh)
        return 0

    def distance_one(self, event: Any) -> float:
        """Distance of an event."""
        self.claim()
        try:
            self.load(event, False)
            return self.distance()
        finally:
            self.busy = False

    def score_one(self, event: Any) -> float:
        """Score of an event."""
        return self.score(self.distance_one(event))

    def learn_one(self, event: Any) -> None:
        """Learn an event."""
        self.claim()
        try:
            self.load(event, True)
            self.learn(self.distance())
        finally:
            self.busy = False

    def score_learn_one(self, event: Any) -> float:
        """Score an event, then learn it."""
        distance: cython.double
        score: cython.double
        self.claim()
        try:
            self.load(event, True)
            distance = self.distance()
            score = self.score(distance)
            self.learn(distance)
            return score
        finally:
            self.busy = False

    def distance_learn_one(self, event: Any) -> float:
        """Distance of an event, then learn it."""
        distance: cython.double
        self.claim()
        try:
            self.load(event, True)
            distance = self.distance()
            self.learn(distance)
            return distance
        finally:
            self.busy = False

    def learn_one_within(
        self, event: Any, score_limit: float, distance_limit: float, own_limit: cython.bint
    ) -> tuple[float, float, float, float]:
        """Score and distance of an event; learns it unless one of them exceeds its limit.

        With ``own_limit`` the distance may not exceed the detector's alert limit either. That limit
        follows, and the score at it.
        """
        distance: cython.double
        score: cython.double
        own: cython.double
        own_score: cython.double
        self.claim()
        try:
            self.load(event, True)
            distance = self.distance()
            score = self.score(distance)
            own = self.limit.value
            own_score = self.score(own)
            if not (
                score > score_limit or distance > distance_limit or (own_limit and distance > own)
            ):
                self.learn(distance)
            return score, distance, own, own_score
        finally:
            self.busy = False

    def explain_one(self, event: Any) -> dict[Any, float]:
        """Contributions of the present features, by name."""
        k: cython.Py_ssize_t
        self.claim()
        try:
            self.load(event, False)
            self.distance()
            contributions = zeros(self.features.size)
            self.contribute(doubles(contributions))
            present = [self.features.present[k] for k in range(self.features.count)]
            return {self.features.names[j]: contributions[j] for j in present}
        finally:
            self.busy = False

    def expect_one(self, event: Any) -> dict[Any, tuple[float, float, float]]:
        """Normal band of each feature, by name: (low, expected, high)."""
        return {}

    def run_row(self, row: cython.Py_ssize_t, learn: cython.bint) -> None:
        """Write distance and score of the loaded row, and learn it afterwards if asked."""
        distance: cython.double = self.distance()
        self.distance_of[row] = distance
        self.score_of[row] = self.score(distance)
        if learn:
            self.learn(distance)

    def run_rows(
        self, rows: Any, names: Any, learn: cython.bint, distances: Any, scores: Any
    ) -> None:
        """Run rows through the detector: distance and score before each is learned, if asked.

        Parameters
        ----------
        rows
            Flat array of doubles, ``len(names)`` to a row; uncompiled, a list.
        names
            The features in the columns.
        learn
            Whether to learn each row after its score.
        distances, scores
            Arrays of doubles to write to, one a row.
        """
        width: cython.Py_ssize_t = len(names)
        count: cython.Py_ssize_t = len(distances)
        if count == 0:
            return
        if len(rows) != count * width or len(scores) != count:
            raise ValueError(f"{len(rows)} numbers do not make {count} rows of {width}")
        self.claim()
        try:
            self.distance_of = doubles(distances)
            self.score_of = doubles(scores)
            self.each_row(rows, names, count, learn)
        finally:
            self.busy = False

    def each_row(
        self, rows: Any, names: Any, count: cython.Py_ssize_t, learn: cython.bint
    ) -> cython.int:
        """Load each of ``count`` rows and pass it to `run_row`; to learn, start their features."""
        width: cython.Py_ssize_t = len(names)
        data: cython.p_double = doubles(rows if width > 0 else zeros(1))
        start: cython.Py_ssize_t = 0
        stop: cython.Py_ssize_t = count
        i: cython.Py_ssize_t
        while start < count:
            if learn:
                stop = self.start_columns(data, names, start, count)
                if self.scheduled:
                    stop = start + 1
            positions = self.features.match(names)
            columns: cython.p_int = integers(positions)
            identity: cython.bint = self.features.is_identity(columns, width)
            with cython.nogil:
                for i in range(start, stop):
                    self.features.load_row(data, i * width, columns, width, identity)
                    self.run_row(i, learn)
            start = stop
        return 0

    def start_columns(
        self, rows: cython.p_double, names: Any, start: cython.Py_ssize_t, count: cython.Py_ssize_t
    ) -> cython.Py_ssize_t:
        """Start the unknown columns that hold a number in row ``start``.

        Returns the next row in which an unknown column holds its first number, or ``count``: a
        feature starts with its first number, in rows as in dicts.
        """
        width: cython.Py_ssize_t = len(names)
        stop: cython.Py_ssize_t = count
        c: cython.Py_ssize_t
        i: cython.Py_ssize_t
        fresh: list[Any] = []
        for c in self.features.unknown(names):
            i = start
            while i < stop and rows[i * width + c] != rows[i * width + c]:
                i += 1
            if i == start:
                fresh.append((names[c], 0.0))
            elif i < stop:
                stop = i
        if fresh:
            self.features.admit(fresh)
        self.prepare()
        if fresh:
            self.start_features([name for name, _ in fresh])
        return stop

    def start_features(self, names: list[Any]) -> cython.int:
        """Make room for new features everywhere, then admit them."""
        self.features.grow(names)
        self.reserve(self.features.size + len(names))
        self.features.commit()
        return 0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """How many numbers a state of ``size`` features has at least."""
        return 0

    def set_limit(self, distance: float) -> None:
        """Put the alert limit at a distance; it goes on tracking from there."""
        self.limit.place(distance, max(self.limit.count, 1.0))

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
        if len(set(names)) != len(names) or len(names) > self.features.max_features:
            raise ValueError(
                f"the state names {len(names)} features where at most "
                f"{self.features.max_features} different ones belong: it is damaged"
            )
        if len(numbers) < self.least_numbers(len(names)):
            raise ValueError(
                f"the state has {len(numbers)} numbers, too few for {len(names)} features: it is "
                "damaged"
            )
        self.start_features(names)
        archive = Archive(numbers)
        self.exchange(archive)
        archive.close()

    def imitate(self, other: DetectorKernel) -> None:
        """Take over the state of another kernel of this kind, in memory and so without a check.

        Many times faster than `restore` if this kernel has imitated that one before. Its settings
        must be the other's, and its features must have come from there.
        """
        if type(self) is not type(other) or self.settings is not other.settings:
            raise ValueError("a kernel imitates only one of its kind and settings")
        archive = Archive()
        self.claim()
        try:
            other.claim()
            try:
                known = self.features.size
                names = other.features.names
                if self.features.names != names[:known]:
                    raise ValueError("this kernel has features that the other one lacks")
                if known < len(names):
                    self.start_features(names[known:])
                other.exchange(archive)
            finally:
                other.busy = False
            archive.turn()
            self.exchange(archive)
        finally:
            self.busy = False

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this kernel."""
        return [self.features, self.typical, self.limit, *self.features.owners()]
