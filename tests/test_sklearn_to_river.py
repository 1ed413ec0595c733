"""Outlier detectors of scikit-learn as River's anomaly detectors."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pytest
from conftest import name_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from river import checks as river_checks
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import SGDOneClassSVM
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from clipsgd_river import checks
from clipsgd_river.anomaly import ClippedZScore
from clipsgd_river.compat import SKL2RiverAnomalyDetector, convert_sklearn_to_river
from clipsgd_river.preprocessing import ClippedScaler

pytestmark = pytest.mark.either_mode

# Normalities of every sign: below 0, below -1, of either sign, unbounded, a log density.
ESTIMATORS = [
    IsolationForest(n_estimators=15),
    make_pipeline(StandardScaler(), LocalOutlierFactor(novelty=True)),
    make_pipeline(StandardScaler(), OneClassSVM(nu=0.1)),
    EllipticEnvelope(support_fraction=0.9),
    GaussianMixture(),
]


class Furthest(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Minus the largest deviation in a feature, by mean and variance: fast enough for any check."""

    def fit(self, X: Any, y: Any = None) -> Self:
        self.count_ = 0
        return self._learn(X)

    def _learn(self, X: Any) -> Self:
        X = np.asarray(X)
        if not np.isfinite(X).all():
            raise ValueError("not finite")
        if self.count_ == 0:
            self.sum_, self.squares_ = np.zeros(X.shape[1]), np.zeros(X.shape[1])
        self.count_ += len(X)
        # Added up row by row, so that batches round as single rows do.
        for row in X:
            self.sum_, self.squares_ = self.sum_ + row, self.squares_ + row * row
        return self

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        mean = self.sum_ / self.count_
        scale = np.sqrt(np.maximum(self.squares_ / self.count_ - mean * mean, 0.0))
        # What a constant may differ by is a matter of its size: its round-off grows with it.
        scale += 1e-9 * np.maximum(np.abs(mean), 1.0)
        deviations = np.abs(np.asarray(X) - mean) / scale
        furthest: NDArray[np.float64] = -deviations.max(axis=1, initial=0.0)
        return furthest


class Incremental(Furthest):
    def partial_fit(self, X: Any, y: Any = None) -> Self:
        if not hasattr(self, "count_"):
            self.count_ = 0
        return self._learn(X)


REFITTED = SKL2RiverAnomalyDetector(Furthest(), window_size=64, learn_every=8)
GOING_ON = SKL2RiverAnomalyDetector(Incremental(), window_size=64, learn_every=2)
NOT_OF_A_WINDOW = {
    "check_missing_values_contribute_nothing": "the distance is above 0 at any event",
    "check_absent_features_are_still_watched": "a feature that left the window is forgotten",
}
NOT_OF_A_MEAN = {
    "check_missing_values_contribute_nothing": "the distance is above 0 at any event",
    "check_first_event_an_outlier": "it is in the mean of the whole past for good",
    "check_scores_settle_after_a_hard_start": "so is the start",
}
UNKEPT = [(REFITTED, name) for name in NOT_OF_A_WINDOW] + [
    (GOING_ON, name) for name in NOT_OF_A_MEAN
]


def promises() -> Iterator[Any]:
    for bridge, unkept in ((REFITTED, NOT_OF_A_WINDOW), (GOING_ON, NOT_OF_A_MEAN)):
        for check in checks.yield_checks(bridge):
            if check.__name__ not in unkept:
                yield pytest.param(bridge, check, id=f"{bridge.estimator} {check.__name__}")


@pytest.mark.parametrize(("bridge", "check"), list(promises()))
def test_promise(bridge: Any, check: Any) -> None:
    check(bridge)


@pytest.mark.parametrize(("bridge", "name"), UNKEPT, ids=name_of)
def test_promises_that_are_not_made_are_not_kept(bridge: Any, name: str) -> None:
    """A reason must not outlive its cause."""
    with pytest.raises(AssertionError, match="breaks"):
        getattr(checks, name)(bridge)


def river_suite() -> Iterator[Any]:
    with checks.bundled_stream(rows=100):
        for estimator in (IsolationForest(n_estimators=2), SGDOneClassSVM()):
            bridge = SKL2RiverAnomalyDetector(estimator, window_size=32)
            for check in river_checks.yield_checks(bridge):
                # A linear function, as that of the second, has no reason to be right of a table.
                if check.__name__ == "check_roc_auc" and isinstance(estimator, SGDOneClassSVM):
                    continue
                yield pytest.param(bridge, check, id=f"{type(estimator).__name__} {check.__name__}")


@pytest.mark.parametrize(("bridge", "check"), list(river_suite()))
def test_river_check(bridge: Any, check: Any) -> None:
    check(bridge.clone())


def events(count: int, seed: int = 0) -> list[dict[Any, float]]:
    rng = np.random.default_rng(seed)
    rows = rng.normal([5, -300, 0.2], [1, 40, 1e-2], (count, 3))
    return [dict(zip("abc", row, strict=True)) for row in rows.tolist()]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name_of)
def test_scores_of_real_estimators(estimator: Any) -> None:
    """In range from the first on, 0.5 for the typical event, high for far ones, pure."""
    model = convert_sklearn_to_river(estimator, window_size=128)
    scores = []
    for x in events(140):
        scores.append(model.score_one(x))
        model.learn_one(x)
    assert set(scores[:32]) == {0.0}
    assert all(0.0 < score < 1.0 for score in scores[32:])
    typical, high = np.percentile([model.score_one(x) for x in events(100, seed=1)], [50, 90])
    assert 0.35 < typical < 0.65
    centre = {"a": 5.0, "b": -300.0, "c": 0.2}
    for name, far in (("a", 15.0), ("b", 100.0), ("c", 0.1)):
        odd = {**centre, name: far}
        assert model.score_one(odd) > high > model.score_one(centre), name
        assert model.distance_one(odd) > model.distance_one(centre)
        assert 0.0 <= model.score_one({**centre, name: float("inf")}) < 1.0
    assert model.score_one({"a": 5.0}) < high
    assert model.score_one({**centre, "new": 1e9}) == model.score_one(centre)


def test_the_distance_is_the_formula() -> None:
    model = SKL2RiverAnomalyDetector(Furthest(), window_size=50, learn_every=25)
    stream = events(100)
    for x in stream:
        model.learn_one(x)
    rows = np.array([list(x.values()) for x in stream[50:]])
    reference = Furthest().fit(rows)
    normality = reference.score_samples(rows)
    median, quartile = np.percentile(normality, [50, 25])
    asked = events(20, seed=1)
    found = [model.distance_one(x) for x in asked]
    s = reference.score_samples([list(x.values()) for x in asked])
    z = (median - s) * 0.6745 / (median - quartile)
    np.testing.assert_allclose(found, z / 2 + np.sqrt(z**2 / 4 + 1), rtol=1e-9)


def test_it_learns_what_the_estimator_alone_would_learn() -> None:
    stream = events(90)
    rows = np.array([list(x.values()) for x in stream])
    window = SKL2RiverAnomalyDetector(
        IsolationForest(n_estimators=5), window_size=40, learn_every=20, seed=7
    )
    batches = SKL2RiverAnomalyDetector(SGDOneClassSVM(), window_size=40, learn_every=15)
    for x in stream:
        window.learn_one(x)
        batches.learn_one(x)
    forest = IsolationForest(n_estimators=5, random_state=7).fit(rows[40:80])
    assert (window._fitted.model.score_samples(rows) == forest.score_samples(rows)).all()
    svm = SGDOneClassSVM(random_state=0)
    for part in np.split(rows, 6):
        svm.partial_fit(part)
    assert (batches._fitted.model.coef_ == svm.coef_).all()


@pytest.mark.parametrize("estimator", ESTIMATORS[2:], ids=name_of)
def test_rows_are_scored_as_events_are(estimator: Any) -> None:
    rows = np.array([list(x.values()) for x in events(70)])
    rows[::9, 1] = np.nan
    by_rows = convert_sklearn_to_river(estimator, window_size=32, learn_every=24)
    by_events = by_rows.clone()
    found = by_rows.score_learn_many(rows)
    wanted = []
    for row in rows.tolist():
        wanted.append(by_events.score_one(dict(enumerate(row))))
        by_events.learn_one(dict(enumerate(row)))
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
    again = [by_events.score_one(dict(enumerate(row))) for row in rows.tolist()]
    np.testing.assert_allclose(by_rows.score_many(rows), again, rtol=1e-9)


def test_refit_chooses_between_window_and_partial_fit() -> None:
    calls: list[tuple[str, int]] = []

    class Telling(Incremental):
        def fit(self, X: Any, y: Any = None) -> Self:
            calls.append(("fit", len(X)))
            return super().fit(X)

        def partial_fit(self, X: Any, y: Any = None) -> Self:
            calls.append(("partial_fit", len(X)))
            return super().partial_fit(X)

    for refit in (None, True):
        model = SKL2RiverAnomalyDetector(Telling(), window_size=6, learn_every=4, refit=refit)
        for x in events(12):
            model.learn_one(x)
    assert calls[:3] == [("partial_fit", 4)] * 3
    assert calls[3:] == [("fit", 4), ("fit", 6), ("fit", 6)]


def test_new_features_count_from_the_next_fit_and_gone_ones_leave_it() -> None:
    for estimator in (Furthest(), Incremental()):
        model = SKL2RiverAnomalyDetector(estimator, window_size=20, learn_every=5)
        for x in events(20):
            model.learn_one(x)
        late = [{"a": x["a"], "late": 3.0 + (n % 3)} for n, x in enumerate(events(40, seed=1))]
        odd = {"a": 5.0, "late": 1e4}
        usual = model.score_one({"a": 5.0})
        assert model.score_one(odd) == usual
        for x in late:
            model.learn_one(x)
        assert model.score_one(odd) > 0.9
    refitted = SKL2RiverAnomalyDetector(Furthest(), window_size=20, learn_every=5)
    for x in [*events(20), *late]:
        refitted.learn_one(x)
    assert list(refitted._fitted.positions) == ["a", "late"]


def test_missing_values_reach_only_an_estimator_that_takes_them() -> None:
    seen: list[NDArray[np.float64]] = []

    class Recording(Furthest):
        def fit(self, X: Any, y: Any = None) -> Self:
            seen.append(X)
            return super().fit(np.nan_to_num(X))

    class TakesMissing(Recording):
        def __sklearn_tags__(self) -> Any:
            tags = super().__sklearn_tags__()
            tags.input_tags.allow_nan = True
            return tags

        def score_samples(self, X: Any) -> Any:
            return super().score_samples(np.nan_to_num(X))

    stream = [{"a": 1.0, "b": 4.0}, {"a": None, "b": 6.0}, {"a": 3.0}, {"a": 5.0, "b": np.inf}]
    for estimator in (Recording(), TakesMissing()):
        model = SKL2RiverAnomalyDetector(estimator, window_size=4, learn_every=4)
        for x in stream:
            model.learn_one(x)
    nan = np.nan
    np.testing.assert_array_equal(seen[0], [[1, 4], [3, 6], [3, 5], [5, 5]])
    np.testing.assert_array_equal(seen[1], [[1, 4], [nan, 6], [3, nan], [5, nan]])


def test_a_fit_that_fails_leaves_the_estimator_before() -> None:
    class Fails(Furthest):
        def fit(self, X: Any, y: Any = None) -> Self:
            if np.max(X) > 1e6:
                raise ValueError("too large for me")
            return super().fit(X)

    model = SKL2RiverAnomalyDetector(Fails(), window_size=5, learn_every=5)
    stream = events(10)
    for x in stream:
        model.learn_one(x)
    before = [model.distance_one(x) for x in stream]
    for x in stream[:4]:
        model.learn_one(x)
    with pytest.raises(ValueError, match="too large for me"):
        model.learn_one({"a": 1e7})
    assert [model.distance_one(x) for x in stream] == before
    for x in events(5, seed=2):
        model.learn_one(x)
    assert [model.distance_one(x) for x in stream] != before


def test_copies_go_on_alike_and_both_clones_start_afresh() -> None:
    model = SKL2RiverAnomalyDetector(IsolationForest(n_estimators=3), window_size=32, learn_every=8)
    for x in events(60):
        model.learn_one(x)
    twins = [
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
        model.clone(include_attributes=True),
    ]
    for x in events(40, seed=1):
        wanted = model.score_one(x)
        assert [twin.score_one(x) for twin in twins] == [wanted] * 3
        for subject in (model, *twins):
            subject.learn_one(x)
    for fresh in (model.clone(), clone(model)):
        assert not fresh.ready
        assert repr(fresh) == repr(model)
        assert fresh.estimator is not model.estimator
    assert not hasattr(model.estimator, "estimators_")


@settings(max_examples=25, deadline=None)
@given(
    stream=st.lists(
        st.dictionaries(
            st.sampled_from("abcd"),
            st.floats() | st.none() | st.sampled_from([1e29, -1e29, 5e-324]),
        ),
        max_size=40,
    )
)
def test_any_doubles_give_finite_scores(stream: list[dict[str, Any]]) -> None:
    model = SKL2RiverAnomalyDetector(IsolationForest(n_estimators=2), window_size=8, learn_every=4)
    for x in stream:
        assert 0.0 <= model.score_one(x) < 1.0
        model.learn_one(x)
        assert np.isfinite(model.distance_one(x))


def test_a_scaler_before_it_bounds_what_one_event_does() -> None:
    guarded = ClippedScaler() | SKL2RiverAnomalyDetector(SGDOneClassSVM(), window_size=32)
    for n, x in enumerate(events(400)):
        guarded.learn_one({**x, "a": 1e25} if n == 200 else x)
    assert 0.3 < np.median([guarded.score_one(x) for x in events(100, seed=1)]) < 0.7


def test_what_cannot_serve_is_refused_when_it_is_made() -> None:
    with pytest.raises(TypeError, match="no score_samples: set novelty=True"):
        SKL2RiverAnomalyDetector(LocalOutlierFactor())
    with pytest.raises(TypeError, match="StandardScaler has no score_samples"):
        SKL2RiverAnomalyDetector(StandardScaler())
    with pytest.raises(ValueError, match="no partial_fit"):
        SKL2RiverAnomalyDetector(IsolationForest(), refit=False)
    for option in ({"window_size": 0}, {"learn_every": 300}, {"max_features": 0}):
        with pytest.raises(ValueError, match=next(iter(option))):
            SKL2RiverAnomalyDetector(IsolationForest(), **option)
    detector = ClippedZScore()
    assert convert_sklearn_to_river(detector) is detector
