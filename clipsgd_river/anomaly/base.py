"""One detector, two faces: River's and scikit-learn's over one kernel."""

from __future__ import annotations

from math import inf, nextafter
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from river import base
from sklearn.base import BaseEstimator

from clipsgd_river import _settings
from clipsgd_river._faces.kernel_owner import KernelOwner
from clipsgd_river._faces.outlier import ThresholdedOutlierMixin
from clipsgd_river._kernels import COMPILED
from clipsgd_river._kernels.anomaly.detector import DetectorKernel
from clipsgd_river._kernels.anomaly.distance_gate import DistanceGate
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.core.score_gate import ScoreGate
from clipsgd_river._tables.explained import at_positions, explained_like, how_many
from clipsgd_river._tables.fitted import validated_rows
from clipsgd_river._tables.rows import rows_of
from clipsgd_river.anomaly._settings import SHARED

# The largest double below 1.
HIGHEST_SCORE = nextafter(1.0, 0.0)


class ClippedDetector(KernelOwner, ThresholdedOutlierMixin, BaseEstimator, base.AnomalyDetector):  # type: ignore[misc]
    """Base of the detectors on a kernel: River's face and scikit-learn's on one object.

    A subclass names its part of a kernel and its parameters; everything else is here. One detector
    belongs to one thread at a time, for scoring too, since it has scratch space: rows that run in
    one thread make calls from another raise ``RuntimeError``.

    State exists from the first event on, not from the constructor, so that ``clone`` works in
    both worlds. Parameters are checked then, too.
    """

    _kernel: DetectorKernel
    _kernel_class: ClassVar[type[DetectorKernel]] = DetectorKernel
    #: What makes a distance of the deviations of an event.
    _part_class: ClassVar[type[Part]] = Part
    _checks: ClassVar[Any] = SHARED

    #: Whether the contributions of `explain_one` sum to the distance.
    additive_contributions: ClassVar[bool] = True
    #: Whether changing the unit or the origin of a feature leaves every score as it was.
    scale_invariant: ClassVar[bool] = True

    # River's face

    def learn_one(self, x: dict[base.typing.FeatureName, Any]) -> None:
        """Take one clipped SGD step on an event.

        Parameters
        ----------
        x
            Feature name -> number. Missing features (no key, ``None``, NaN) teach nothing, new
            ones start, infinite ones count as huge.

        Raises
        ------
        TypeError, ValueError
            If a value is not a number, or a new feature would exceed ``max_features``. Nothing
            of the event is then learned.
        """
        self._kernel.learn_one(x)

    def score_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Score of an event in [0, 1), higher = more anomalous; the typical event gets 0.5.

        1 / (1 + q / r) for an event at distance r when the running median of distances is q.
        0.0 before anything was learned, and for an event none of whose features is known: it is
        one without features. Changes nothing.
        """
        score: float = self._kernel.score_one(x)
        return score

    def score_learn_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Score an event, then learn it, in one pass: `score_one` followed by `learn_one`.

        The same to the last bit unless the event brings a new feature, which may change the order
        of a sum.
        """
        score: float = self._kernel.score_learn_one(x)
        return score

    def distance_learn_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Distance of an event, which is then learned, in one pass."""
        distance: float = self._kernel.distance_learn_one(x)
        return distance

    def learn_one_within(
        self,
        x: dict[base.typing.FeatureName, Any],
        score_limit: float = inf,
        distance_limit: float = inf,
        own_limit: bool = False,
    ) -> tuple[float, float, float, float]:
        """Score and distance of an event, which is then learned unless one exceeds its limit.

        For those who must look twice at an unusual event before it is learned, as alert filters
        do, and only once at all others.

        Parameters
        ----------
        x
            The event.
        score_limit, distance_limit
            The limits.
        own_limit
            Whether the distance must not exceed ``-offset_`` either.

        Returns
        -------
        score, distance, own_limit, own_score
            The last two: ``-offset_`` before the event, and the score at that distance.
        """
        found: tuple[float, float, float, float] = self._kernel.learn_one_within(
            x, score_limit, distance_limit, own_limit
        )
        return found

    def score_learn_until(self, x: dict[base.typing.FeatureName, Any], gate: ScoreGate) -> float:
        """Score of an event, which is then learned if a gate admits it.

        For alert filters, as `learn_one_within` is; ``gate.admitted`` says what happened.
        """
        score: float = self._kernel.score_learn_until(x, gate)
        return score

    def learn_rows_until(
        self,
        rows: Any,
        gate: ScoreGate,
        scores: NDArray[np.float64],
        distances: NDArray[np.float64] | None = None,
    ) -> int:
        """Learn rows up to one at which a gate stops them; returns how many were learned.

        For alert filters, as `learn_one_within` is.

        Parameters
        ----------
        rows
            Rows that may be learned.
        gate
            What looks at each score before its row is learned.
        scores, distances
            Where scores and distances go, one a row, those of the row that stopped it too.
        """
        flat = rows.values.reshape(-1)
        numbers = flat if COMPILED else flat.tolist()
        if distances is None:
            distances = np.empty(len(rows))
        learned: int = self._kernel.learn_rows_until(numbers, rows.names, gate, distances, scores)
        return learned

    def learn_rows_within(
        self,
        rows: Any,
        distance_limit: float,
        scores: NDArray[np.float64],
        distances: NDArray[np.float64],
    ) -> int:
        """Learn rows up to one beyond a limit or ``-offset_``; returns how many were learned.

        As `learn_one_within` with ``own_limit`` on each.

        Parameters
        ----------
        rows, scores, distances
            As of `learn_rows_until`.
        distance_limit
            The limit.
        """
        gate = DistanceGate(self._kernel.limit, distance_limit)
        return self.learn_rows_until(rows, gate, scores, distances)

    def score_at(self, distance: float) -> float:
        """Score of an event at a distance, now."""
        if distance <= 0.0:
            return 0.0
        return min(distance / (distance + float(self._kernel.typical.value)), HIGHEST_SCORE)

    def distance_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Distance behind the score: finite, at least 0, unbounded above. Changes nothing."""
        distance: float = self._kernel.distance_one(x)
        return distance

    def explain_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, float]:
        """What each present feature contributes to the distance of an event.

        Contributions sum to the distance where ``additive_contributions`` is True. Changes
        nothing.
        """
        contributions: dict[base.typing.FeatureName, float] = self._kernel.explain_one(x)
        return contributions

    def expect_one(
        self, x: dict[base.typing.FeatureName, Any] | None = None
    ) -> dict[base.typing.FeatureName, tuple[float, float, float]]:
        """Normal band of each feature now, as (low, expected, high) in its own unit.

        The band covers 95 % of a Gaussian feature.

        Parameters
        ----------
        x
            An event: a detector that knows how features depend on each other then answers for
            each present feature given the others. Without it, each feature stands alone.
        """
        band: dict[base.typing.FeatureName, tuple[float, float, float]] = self._kernel.expect_one(x)
        return band

    def values_one(self) -> dict[base.typing.FeatureName, dict[float, float]]:
        """Values that keep coming back, for each feature that has some: value -> recent share.

        At most 16 values a feature, ascending, with their shares of the last thousand events. A
        feature whose values do not repeat is left out.

        Examples
        --------
        >>> from clipsgd_river.anomaly import ClippedZScore
        >>> model = ClippedZScore()
        >>> for i in range(200):
        ...     model.learn_one({"errors": float(i % 10 == 0), "load": i * 0.618 % 1.0})
        >>> model.values_one()
        {'errors': {0.0: 0.9..., 1.0: 0.09...}}
        """
        values: dict[base.typing.FeatureName, dict[float, float]] = self._kernel.values_one()
        return values

    def range_one(self) -> dict[base.typing.FeatureName, tuple[float, float]]:
        """Lowest and highest value learned of each feature: `expect_one` does not reach beyond."""
        found: dict[base.typing.FeatureName, tuple[float, float]] = self._kernel.range_one()
        return found

    def counts_one(self) -> dict[base.typing.FeatureName, int]:
        """In how many events each feature was, as far as they count: see `shorten_memory`."""
        found: dict[base.typing.FeatureName, int] = self._kernel.counts_one()
        return found

    def rest_one(self) -> dict[base.typing.FeatureName, tuple[float, float, float]]:
        """Band of the other values, for each feature of which frequent values are split off.

        As (low, expected, high), which would cover 95 % of Gaussian ones. Features without frequent
        values, or with too few others, are left out.
        """
        band: dict[base.typing.FeatureName, tuple[float, float, float]] = self._kernel.rest_one()
        return band

    def learn_many(self, X: Any) -> None:
        """Learn rows in order; the same as `learn_one` on each.

        Parameters
        ----------
        X
            A pandas, polars or pyarrow frame with named columns, a list of events, or an array of
            shape (n, d), whose columns are the features 0..d-1. What is missing (``None``, NaN,
            ``pandas.NA``) teaches nothing. ``docs/rows.md`` says what is read, and how.

        Raises
        ------
        TypeError, ValueError
            If a column holds something other than numbers, or an array without names comes to a
            detector that learned features with names. Nothing is then learned.
        """
        self._run(self._to_learn(self._rows(X)), learn=True)

    def score_many(self, X: Any) -> Any:
        """Scores of rows, in the caller's kind: ndarray (n,), or a Series with the frame's index.

        Changes nothing. Columns never learned are passed over.

        Raises
        ------
        TypeError, ValueError
            If a column holds something other than numbers, or not one of the columns was ever
            learned: their scores of 0 would pass for normal.
        """
        rows = self._to_answer(self._rows(X))
        _, scores = self._run(rows, learn=False)
        return rows.like_input(scores, "score")

    def explain_many(self, X: Any, n: int = 3) -> Any:
        """The features that contribute most to the distance of each row, as `explain_one` says.

        Changes nothing.

        Parameters
        ----------
        X
            Rows, as for `score_many`, which raises alike.
        n
            How many features of each row.

        Returns
        -------
        A frame of the caller's kind, with its index, and the columns ``feature_1``,
        ``contribution_1``, ..., ``feature_n``, ``contribution_n``, the largest first. A missing
        feature contributes nothing and is not among them: where a row has fewer than n, the rest is
        missing. Of an array a structured array of shape (n_rows,) with these fields, whose features
        are numbers of columns, -1 where there are fewer.

        Examples
        --------
        >>> import numpy as np
        >>> from clipsgd_river.anomaly import ClippedZScore
        >>> rows = np.random.default_rng(0).normal(size=(500, 3))
        >>> model = ClippedZScore().fit(rows)
        >>> why = model.explain_many([[0.0, 9.0, 1.0], [0.0, None, -5.0]], n=2)
        >>> why["feature_1"].tolist(), why["feature_2"].tolist()
        ([1, 2], [2, 0])
        """
        n = how_many(n)
        rows = self._to_answer(self._rows(X))
        return explained_like(rows, *self._largest(rows, n))

    def score_learn_many(self, X: Any) -> NDArray[np.float64]:
        """Scores of rows, shape (n,), each before it is learned: `score_learn_one` on each.

        Takes and refuses what `learn_many` does.
        """
        _, scores = self._run(self._to_learn(self._rows(X)), learn=True)
        return scores

    def distance_learn_many(self, X: Any) -> NDArray[np.float64]:
        """Distances of rows, shape (n,), as `distance_learn_one` gives them.

        Takes and refuses what `learn_many` does.
        """
        distances, _ = self._run(self._to_learn(self._rows(X)), learn=True)
        return distances

    # scikit-learn's face

    def fit(self, X: Any, y: Any = None) -> Self:
        """Forget everything, learn rows in order, and set `offset_` on these very rows.

        Parameters
        ----------
        X
            Rows, as for `learn_many`; at least one, and one column.
        y
            Ignored; here because scikit-learn's pipelines pass it.

        Raises
        ------
        TypeError, ValueError
            If a column holds something other than numbers; nothing is then forgotten.
        """
        rows = self._validated(X, reset=True)
        self._forget()
        self._run(rows, learn=True)
        distances, _ = self._run(rows, learn=False)
        # The same quantile that scikit-learn's IsolationForest takes.
        contamination = 100.0 * self._kernel.settings["contamination"]
        self._kernel.set_limit(-float(np.percentile(-distances, contamination)))
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Go on learning, row by row; the same as `learn_one` on each.

        Parameters
        ----------
        X, y
            As in `fit`.
        """
        table, first = self._next_table(X)
        self._run(self._validated(table, reset=first), learn=True)
        return self

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Minus the distance of each row, shape (n_samples,): higher = more normal.

        Rows are held against those of `fit`, or of the first `partial_fit`, as scikit-learn does;
        where events were learned by River's face only, they go by the names of their columns.

        Raises
        ------
        NotFittedError
            If nothing has been learned.
        TypeError, ValueError
            If the rows do not fit, hold something other than numbers, or not one of their columns
            was ever learned.
        """
        self._check_learned()
        rows = self._to_answer(self._validated(X, reset=False))
        distances, _ = self._run(rows, learn=False)
        return -distances

    @property
    def offset_(self) -> float:
        """Where `score_samples` turns from anomalous to normal.

        After `fit` the ``contamination`` quantile of the rows it was given; afterwards a running
        quantile that follows each learned event's distance before it was learned.
        """
        self._check_learned()
        return -float(self._kernel.limit.value)

    @property
    def features_(self) -> list[base.typing.FeatureName]:
        """Feature names in order of first appearance: the order of the estimated arrays."""
        self._check_learned()
        return list(self._kernel.features.names)

    @property
    def location_(self) -> NDArray[np.float64]:
        """Clipped mean of each feature, in its unit, ordered as `features_`; shape (d,)."""
        self._check_learned()
        return np.array(self._kernel.locations())

    @property
    def scale_(self) -> NDArray[np.float64]:
        """Clipped standard deviation of each feature, in its unit; 0 for a constant; shape (d,).

        A detector that transforms its values has that of the transformed ones.
        """
        self._check_learned()
        return np.array(self._kernel.standard.scale.memory[: self._kernel.features.size])

    def shorten_memory(self, events: int) -> None:
        """Let what was learned so far count no more than ``events`` events, for location and scale.

        For the moment at which a change is known, as `ChangeAwareDetector` finds it: steps are then
        1 / events at least, and shrink from there. Nothing is reset.

        Parameters
        ----------
        events
            At least 1; fewer than ``warm_up`` count as that many.
        """
        self._kernel.shorten(_settings.count("events", events))

    def _new_kernel(self, settings: dict[str, Any]) -> DetectorKernel:
        return self._kernel_class(settings, self._part_class)

    def _rows(self, X: Any) -> Any:
        """Take a table apart."""
        return rows_of(X)

    def _validated(self, X: Any, *, reset: bool) -> Any:
        """Take a table apart as scikit-learn's estimators do, which remember width and names."""
        return validated_rows(self, X, reset=reset)

    def _largest(self, rows: Any, n: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Names and contributions of the n features of each row that contribute most."""
        positions = np.full((len(rows), n), -1, dtype=np.intc)
        contributions = np.full((len(rows), n), np.nan)
        for part, flat in rows.chunks():
            self._kernel.explain_rows(
                flat, rows.names, n, positions[part].reshape(-1), contributions[part].reshape(-1)
            )
        return at_positions(self._kernel.features.names, positions), contributions

    def _run(self, rows: Any, *, learn: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Distances and scores of rows, each before it is learned."""
        distances = np.empty(len(rows.values))
        scores = np.empty(len(rows.values))
        for part, flat in rows.chunks():
            self._kernel.run_rows(flat, rows.names, learn, distances[part], scores[part])
        return distances, scores
