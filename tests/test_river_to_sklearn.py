"""River's anomaly detectors as outlier detectors of scikit-learn."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from river import anomaly, linear_model, preprocessing
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from clipsgd_river.anomaly import ClippedMahalanobis, ClippedZScore, ResidualDetector
from clipsgd_river.compat import River2SKLOutlierDetector, convert_river_to_sklearn

pytestmark = pytest.mark.either_mode


def trees() -> Any:
    return preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(n_trees=5, window_size=50, seed=1)


def rows(count: int = 400, seed: int = 0) -> NDArray[np.float64]:
    table = np.random.default_rng(seed).normal([5, -300, 0], [1, 40, 1e-3], (count, 3))
    table[count // 2 :: 40] += [9, 360, 9e-3]
    return table


DETECTORS = [
    anomaly.HalfSpaceTrees(n_trees=5, seed=1),
    preprocessing.StandardScaler() | anomaly.OneClassSVM(),
    preprocessing.MinMaxScaler() | anomaly.QuantileFilter(anomaly.HalfSpaceTrees(seed=1), q=0.9),
    preprocessing.StandardScaler() | ClippedMahalanobis(),
]


@parametrize_with_checks([River2SKLOutlierDetector(detector) for detector in DETECTORS])
def test_sklearn_check(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


def test_rows_are_learned_as_events_and_scores_change_their_sign() -> None:
    table = rows()
    model, detector = River2SKLOutlierDetector(trees()).fit(table), trees()
    for x in (dict(enumerate(row)) for row in table.tolist()):
        detector.learn_one(x)
    wanted = [-detector.score_one(dict(enumerate(row))) for row in table.tolist()]
    assert model.score_samples(table).tolist() == wanted
    assert model.offset_ == np.percentile(wanted, 1.0)
    decision = model.decision_function(table)
    np.testing.assert_allclose(decision, np.array(wanted) - model.offset_, rtol=1e-12)
    assert (model.predict(table) == np.where(decision >= 0, 1, -1)).all()


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_fit_flags_the_share_asked_for(share: float) -> None:
    model = River2SKLOutlierDetector(ClippedZScore(), share)
    assert (model.fit_predict(rows()) == -1).sum() == round(share * 400)


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_the_running_quantile_flags_near_the_share_asked_for(share: float) -> None:
    model = River2SKLOutlierDetector(ClippedZScore(), share)
    noise = np.random.default_rng(3).normal(size=(2000, 3))
    for part in np.split(noise[:1500], 10):
        model.partial_fit(part)
    assert share / 2 <= (model.predict(noise[1500:]) == -1).mean() <= 2 * share


def test_partial_fit_goes_on_and_fit_forgets() -> None:
    first, second = rows(seed=1) + 7.0, rows(seed=2)
    probe = rows(50, seed=3)
    whole = River2SKLOutlierDetector(trees()).partial_fit(np.vstack([first, second]))
    parts = River2SKLOutlierDetector(trees()).partial_fit(first).partial_fit(second)
    assert (parts.decision_function(probe) == whole.decision_function(probe)).all()
    after_fit = River2SKLOutlierDetector(trees()).fit(first).partial_fit(second)
    assert (after_fit.score_samples(probe) == whole.score_samples(probe)).all()
    again = River2SKLOutlierDetector(trees()).partial_fit(first).fit(second)
    afresh = River2SKLOutlierDetector(trees()).fit(second)
    assert (again.decision_function(probe) == afresh.decision_function(probe)).all()


def test_the_detector_given_stays_as_it_was() -> None:
    given = trees()
    before = pickle.dumps(given)
    River2SKLOutlierDetector(given).fit(rows()).partial_fit(rows())
    assert pickle.dumps(given) == before


def test_frames_are_events_by_name_and_are_held_to_their_names() -> None:
    frame = pd.DataFrame(rows(), columns=["cpu", "memory", "errors"])
    model = River2SKLOutlierDetector(ClippedZScore()).fit(frame)
    assert model.feature_names_in_.tolist() == list(frame.columns)
    assert model.instance_.features_ == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["memory", "cpu", "errors"]])
    with pytest.raises(ValueError, match="2 features"):
        River2SKLOutlierDetector(ClippedZScore()).fit(rows()).predict(rows()[:, :2])


def test_a_missing_value_is_a_missing_key() -> None:
    table = rows()
    table[::3, 1] = np.nan
    table[10] = np.nan
    model, detector = River2SKLOutlierDetector(trees()).fit(table), trees()
    for row in table.tolist():
        detector.learn_one({key: value for key, value in enumerate(row) if value == value})
    assert model.score_samples([[5.0, np.nan, 0.0]]) == [-detector.score_one({0: 5.0, 2: 0.0})]
    for refused in (np.inf, -np.inf):
        for method in (model.predict, model.partial_fit, model.fit):
            with pytest.raises(ValueError, match="infinity"):
                method([[5.0, refused, 0.0]])


@pytest.mark.parametrize("face", ["fit", "partial_fit"])
def test_copies_go_on_alike(face: str) -> None:
    original = getattr(River2SKLOutlierDetector(trees(), 0.05), face)(rows())
    for other in (pickle.loads(pickle.dumps(original)), copy.deepcopy(original)):
        twin = copy.deepcopy(original)
        for part in np.split(rows(200, seed=4), 4):
            assert (other.decision_function(part) == twin.decision_function(part)).all()
            assert other.partial_fit(part).offset_ == twin.partial_fit(part).offset_
    fresh = clone(original)
    assert fresh.get_params()["contamination"] == 0.05
    with pytest.raises(NotFittedError):
        fresh.predict(rows())


def test_it_serves_in_a_pipeline_and_in_a_search() -> None:
    pipeline = make_pipeline(StandardScaler(), River2SKLOutlierDetector(ClippedZScore()))
    assert (pipeline.fit(rows()).predict(rows())[:200] == 1).mean() > 0.97
    search = GridSearchCV(
        River2SKLOutlierDetector(ClippedZScore()),
        {"river_estimator__warm_up": [5, 30], "contamination": [0.01, 0.1]},
        scoring=lambda model, X: float((model.predict(X) == 1).mean()),
        cv=2,
    )
    assert search.fit(rows()).best_params_["contamination"] == 0.01


def test_what_is_no_unsupervised_detector_is_refused() -> None:
    for wrong in (linear_model.LinearRegression(), StandardScaler(), "trees"):
        with pytest.raises(TypeError, match="not an anomaly detector"):
            convert_river_to_sklearn(wrong)
    for wants_target in (
        anomaly.GaussianScorer(),
        ResidualDetector(),
        preprocessing.StandardScaler() | anomaly.GaussianScorer(),
    ):
        with pytest.raises(TypeError, match="target"):
            River2SKLOutlierDetector(wants_target).fit(rows())
    for share in (0.0, 0.6, -1.0, float("nan")):
        with pytest.raises(ValueError, match="contamination"):
            River2SKLOutlierDetector(ClippedZScore(), share).fit(rows())


def test_a_detector_with_both_faces_needs_no_wrapper() -> None:
    detector = ClippedZScore()
    assert convert_river_to_sklearn(detector) is detector
    wrapped = convert_river_to_sklearn(trees(), contamination=0.2)
    assert isinstance(wrapped, River2SKLOutlierDetector)
    assert wrapped.contamination == 0.2


def test_scores_that_are_not_finite_leave_the_offset_finite() -> None:
    class Boundless(anomaly.HalfSpaceTrees):
        def score_one(self, x: Any) -> float:
            return float("inf") if x[0] > 6.0 else super().score_one(x)

    model = River2SKLOutlierDetector(Boundless(n_trees=3, seed=1), 0.1).partial_fit(rows())
    assert np.isfinite(model.offset_)
    assert model.predict([[9.0, -300.0, 0.0]]).tolist() == [-1]
