"""FITNESS: which events are similar, what the fine-tuned copy says, newcomers and lone outliers."""

from __future__ import annotations

import copy
import math
import pickle
from array import array
from typing import Any, Self

import numpy as np
import pytest
from conftest import discover_detectors, name_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from river import anomaly as river_anomaly
from river import preprocessing
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import SGDOneClassSVM

from clipsgd_river._state import file_format
from clipsgd_river.anomaly import FITNESS, ClippedDetector, ClippedMahalanobis, ClippedZScore
from clipsgd_river.anomaly._fine_tuning import holds_its_state
from clipsgd_river.anomaly._nearest import nearest
from clipsgd_river.compat._event_window import EventWindow

Event = dict[Any, Any]
FloatArray = NDArray[np.float64]


def events(count: int, seed: int = 0, centre: float = 0.0) -> list[Event]:
    rng = np.random.default_rng(seed)
    return [{"a": centre + a, "b": centre + b} for a, b in rng.normal(size=(count, 2)).tolist()]


def learned(model: Any, stream: list[Event]) -> Any:
    for x in stream:
        model.learn_one(x)
    return model


class MeanAndSpread(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Minus the distance from the mean; takes partial_fit as well as fit."""

    def fit(self, X: Any, y: Any = None) -> Self:
        self.sum_, self.count_ = np.zeros(np.shape(X)[1]), 0
        return self.partial_fit(X)

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        if not hasattr(self, "count_"):
            self.sum_, self.count_ = np.zeros(np.shape(X)[1]), 0
        for row in np.asarray(X):
            self.sum_ = self.sum_ + row
            self.count_ += 1
        return self

    def score_samples(self, X: Any) -> FloatArray:
        off: FloatArray = -np.linalg.norm(np.asarray(X) - self.sum_ / self.count_, axis=1)
        return off


def squares(rows: FloatArray, row: FloatArray, scales: FloatArray) -> list[float]:
    """Distances by the definition, value by value."""
    found = []
    for other in rows.tolist():
        total = 0.0
        for a, b, scale in zip(other, row.tolist(), scales.tolist(), strict=True):
            if scale == 0.0 or (math.isnan(a) and math.isnan(b)):
                continue
            total += 2.0 if math.isnan(a) or math.isnan(b) else ((a - b) / scale) ** 2
        found.append(total)
    return found


VALUES = st.one_of(st.floats(-1e3, 1e3), st.just(math.nan), st.sampled_from([1e30, -1e30, 0.0]))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_nearest_rows_are_those_of_a_search_by_the_definition(data: st.DataObject) -> None:
    count, width, wanted = (data.draw(st.integers(1, n)) for n in (12, 4, 14))
    numbers = data.draw(
        st.lists(VALUES, min_size=(count + 1) * width, max_size=(count + 1) * width)
    )
    table = np.array(numbers).reshape(count + 1, width)
    scales = np.array(
        data.draw(st.lists(st.sampled_from([0.0, 1e-3, 1.0, 40.0]), min_size=width, max_size=width))
    )
    found = nearest(table[1:], table[0], scales, wanted)
    assert len(set(found.tolist())) == len(found) == min(wanted, count)
    truth = squares(table[1:], table[0], scales)
    # Rows of equal distance may stand for each other.
    assert [truth[n] for n in sorted(found, key=truth.__getitem__)] == pytest.approx(
        sorted(truth)[: len(found)], rel=1e-9
    )


def test_extreme_scales_raise_no_alarm() -> None:
    rows = np.array([[1e30], [-1e30], [0.0]])
    assert nearest(rows, np.array([1e30]), np.array([5e-324]), 1).tolist() == [0]


def test_similar_events_are_those_of_the_window_in_their_order() -> None:
    model = learned(FITNESS(ClippedZScore(), window_size=6, n_similar=3), events(9))
    for n, value in enumerate([5.0, 0.0, 5.5, 0.1, 6.0]):
        model.learn_one({"a": value, "b": float(n)})
    assert model.similar({"a": 5.4}) == [
        {"a": 5.0, "b": 0.0},
        {"a": 5.5, "b": 2.0},
        {"a": 6.0, "b": 4.0},
    ]
    assert model.similar({}) == model.similar({"unknown": 3.0}) == []


def test_with_few_events_all_are_similar() -> None:
    model = learned(FITNESS(ClippedZScore(), window_size=9, n_similar=5), events(3))
    assert model.similar({"a": 0.0}) == events(3)
    assert not model.ready


def by_hand_of_ours(detector: Any, similar: list[Event], x: Event) -> float:
    tuned = copy.deepcopy(detector)
    return float(learned(tuned, similar).distance_one(x))


@pytest.mark.parametrize(
    "detector",
    [found for found in discover_detectors() if isinstance(found, ClippedDetector)],
    ids=name_of,
)
def test_distance_is_that_of_a_copy_of_ours_made_by_hand(detector: Any) -> None:
    model = FITNESS(detector, window_size=40, n_similar=7)
    late = [{**x, "new": 3.0 + x["a"]} for x in events(40, seed=2)]
    holes: list[Event] = [{"a": math.nan, "b": 1.0}, {"b": -1.0}, {}]
    for n, x in enumerate([*events(60), *holes, *late]):
        if n % 9 == 0:
            probe = {"a": 4.0, "b": -1.0, "new": 2.0}
            wanted = by_hand_of_ours(detector, model.similar(probe), probe)
            assert model.distance_one(probe) == pytest.approx(wanted, rel=1e-9)
        model.learn_one(x)


def test_a_detector_fitted_anew_is_copied_anew() -> None:
    detector = ClippedZScore()
    model = learned(FITNESS(detector, window_size=20, n_similar=4), events(50))
    model.score_one({"a": 1.0})
    detector.fit([[1.0], [2.0], [4.0]])
    probe = {"a": 1.0, "b": 2.0}
    wanted = by_hand_of_ours(detector, model.similar(probe), probe)
    assert model.distance_one(probe) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    "detector",
    [
        preprocessing.MinMaxScaler() | river_anomaly.HalfSpaceTrees(n_trees=3, height=4, seed=1),
        preprocessing.StandardScaler() | river_anomaly.OneClassSVM(nu=0.2),
        preprocessing.StandardScaler() | ClippedMahalanobis(),
    ],
    ids=["trees", "svm", "ours in a pipeline"],
)
def test_distance_is_that_of_a_copy_of_rivers_made_by_hand(detector: Any) -> None:
    own = copy.deepcopy(detector)
    model = FITNESS(detector, window_size=30, n_similar=5)
    for x in events(70):
        learned(model, [x])
        learned(own, [x])
    probe = {"a": 2.0, "b": -2.0}
    tuned = learned(copy.deepcopy(own), model.similar(probe))
    last = tuned[list(tuned.steps)[-1]]
    if isinstance(last, ClippedDetector):
        wanted = last.distance_one(tuned.transform_one(probe))
    else:
        wanted = max(tuned.score_one(probe), 0.0)
    assert model.distance_one(probe) == wanted


def relative(normality: float, reference: FloatArray) -> float:
    """Distance (z + sqrt(z^2 + 4)) / 2 of a normality among others, by medians and quartiles."""
    low, middle = np.percentile(reference, [25, 50])
    z = float((middle - normality) / ((middle - low) / 0.6745))
    return (z + math.sqrt(z * z + 4)) / 2


def table(stream: list[Event]) -> FloatArray:
    return np.array([list(x.values()) for x in stream])


def test_distance_is_that_of_a_hand_made_estimator_with_partial_fit() -> None:
    stream = events(90)
    model = learned(FITNESS(MeanAndSpread(), window_size=30, n_similar=5), stream)
    probe = {"a": 2.0, "b": -2.0}
    first = MeanAndSpread().partial_fit(table(stream[:30]))
    reference = first.score_samples(table(stream[:30]))
    tuned = first.partial_fit(table(stream[30:])).partial_fit(table(model.similar(probe)))
    wanted = relative(tuned.score_samples(table([probe]))[0], reference)
    assert model.distance_one(probe) == pytest.approx(wanted, rel=1e-9)


def test_before_an_estimator_is_fitted_nothing_is_known() -> None:
    model = learned(FITNESS(IsolationForest(), n_similar=15), events(29))
    assert model.distance_one({"a": 99.0}) == 0.0


def test_an_estimator_scores_long_before_the_window_is_full() -> None:
    stream = events(64, seed=3)
    model = learned(FITNESS(IsolationForest(n_estimators=20), n_similar=12), stream[:23])
    assert model.score_one({"a": 9.0, "b": 9.0}) == 0.0
    scores = [model.score_learn_one(x) for x in stream[23:]]
    assert 0.35 < np.median(scores[1:]) < 0.65
    assert model.score_one({"a": 9.0, "b": 9.0}) > np.median(scores[1:])


def test_features_that_come_before_the_window_is_full_count() -> None:
    model = FITNESS(IsolationForest(n_estimators=20), window_size=60, n_similar=10)
    for t, x in enumerate(events(70, seed=4)):
        model.learn_one(x if t > 25 else {"a": x["a"]})
    assert model.distance_one({"a": 0.0, "b": 9.0}) > model.distance_one({"a": 0.0, "b": 0.0})


@pytest.mark.parametrize(
    "detector", [ClippedZScore(), IsolationForest(n_estimators=5, random_state=0)], ids=name_of
)
def test_first_distances_are_no_alerts(detector: Any) -> None:
    model = FITNESS(detector, window_size=20, n_similar=4)
    scores = np.array([model.score_learn_one(x) for x in events(60)])
    positive = np.flatnonzero(scores)
    assert scores[positive[0]] == 0.5
    assert np.median(scores[positive[1:12]]) < 0.8


MODELS: list[Any] = [
    ClippedZScore(),
    ClippedMahalanobis(),
    preprocessing.StandardScaler() | river_anomaly.OneClassSVM(nu=0.1),
    SGDOneClassSVM(random_state=0),
    MeanAndSpread(),
    IsolationForest(n_estimators=5),
]


@pytest.mark.parametrize("detector", MODELS, ids=name_of)
def test_scores_have_no_side_effects_and_copies_go_on(detector: Any) -> None:
    detector = copy.deepcopy(detector)
    model = learned(FITNESS(detector, window_size=20, n_similar=4), events(32))
    asked = learned(copy.deepcopy(model), [])
    others = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    for x in events(8, seed=1):
        for probe in ({"a": 9.0}, {"b": -3.0, "c": 1.0}, {}, {"a": math.inf}):
            asked.score_one(probe)
        score = asked.score_one(x)
        assert score == asked.score_learn_one(x) == model.score_learn_one(x)
        assert [other.score_learn_one(x) for other in others] == [score, score]


OPPOSITE = {"a": -9.0, "b": 9.0}
NEW = {"a": 9.0, "b": 9.0}


@pytest.mark.parametrize("detector", [ClippedZScore(), ClippedMahalanobis()], ids=name_of)
def test_newcomers_stop_sooner_and_a_lone_outlier_alerts_as_before(detector: Any) -> None:
    bare = learned(copy.deepcopy(detector), events(300))
    model = learned(FITNESS(detector, window_size=100, n_similar=16), events(300))
    assert min(model.score_one(NEW), model.score_one(OPPOSITE)) >= bare.score_one(OPPOSITE)
    few = events(12, seed=3, centre=9.0)
    learned(model, few)
    learned(bare, few)
    assert model.score_one(NEW) < 0.7 < 0.9 < bare.score_one(NEW)
    assert model.score_one(OPPOSITE) > 0.9


def test_newcomers_stop_and_a_lone_outlier_alerts_around_a_forest() -> None:
    forest = IsolationForest(n_estimators=20)
    model = learned(FITNESS(forest, window_size=100, n_similar=8), events(120))
    before, lone = model.score_one(NEW), model.score_one(OPPOSITE)
    learned(model, events(8, seed=3, centre=9.0))
    assert model.score_one(NEW) < before - 0.1
    assert model.score_one(OPPOSITE) > lone - 0.05


def test_what_an_event_is_refused_for_is_not_learned() -> None:
    model = learned(FITNESS(ClippedZScore(max_features=2), window_size=8, n_similar=2), events(20))
    before = model.to_bytes()
    with pytest.raises(ValueError, match="max_features=2"):
        model.learn_one({"a": 1.0, "b": 1.0, "c": 1.0})
    with pytest.raises(TypeError, match="'a'"):
        model.learn_one({"a": "text"})
    assert model.to_bytes() == before
    narrow = FITNESS(ClippedZScore(), window_size=8, n_similar=2, max_features=2)
    learned(narrow, events(20))
    before = narrow.to_bytes()
    with pytest.raises(ValueError, match="max_features=2"):
        narrow.learn_one({"c": 1.0})
    assert narrow.to_bytes() == before
    # What is infinite is no column, and so no feature of the window.
    learned(narrow, [{"a": math.inf, "c": math.inf}])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window_size": 1}, "window_size"),
        ({"window_size": 100_001}, "window_size"),
        ({"window_size": 8, "n_similar": 9}, "n_similar"),
        ({"n_similar": 0}, "n_similar"),
        ({"max_features": 0}, "max_features"),
    ],
)
def test_wrong_parameters_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FITNESS(ClippedZScore(), **options)


def test_what_cannot_be_fine_tuned_is_named() -> None:
    with pytest.raises(TypeError, match="a StandardScaler cannot be fine-tuned"):
        FITNESS(preprocessing.StandardScaler())


def test_explanations_are_those_of_the_copy() -> None:
    model = learned(FITNESS(ClippedZScore(), window_size=30, n_similar=5), events(60))
    odd = {"a": 0.0, "b": 7.0}
    contributions = model.explain_one(odd)
    assert sum(contributions.values()) == pytest.approx(model.distance_one(odd), rel=1e-9)
    assert max(contributions, key=contributions.__getitem__) == "b"
    tuned = learned(copy.deepcopy(model.anomaly_detector), model.similar(odd))
    assert model.expect_one(odd) == tuned.expect_one(odd)
    assert model.expect_one() == model.anomaly_detector.expect_one()
    assert not hasattr(FITNESS(IsolationForest()), "explain_one")
    assert not hasattr(FITNESS(river_anomaly.HalfSpaceTrees()), "expect_one")
    piped = FITNESS(preprocessing.StandardScaler() | ClippedZScore(), window_size=9, n_similar=2)
    assert set(learned(piped, events(20)).explain_one(odd)) == {"a", "b"}


def test_a_foreign_part_has_no_state_file() -> None:
    with pytest.raises(ValueError, match="the anomaly_detector of FITNESS, a IsolationForest"):
        FITNESS(IsolationForest()).to_bytes()


def test_a_state_file_keeps_a_window_that_has_gone_round() -> None:
    for count in (0, 5, 20, 53):
        model = learned(FITNESS(ClippedZScore(), window_size=20, n_similar=4), events(count))
        other = FITNESS.from_bytes(model.to_bytes())
        for x in events(30, seed=5):
            assert other.score_learn_one(x) == model.score_learn_one(x)
        assert other.to_bytes() == model.to_bytes()


def test_forged_windows_are_refused() -> None:
    model = learned(FITNESS(ClippedZScore(), window_size=20, n_similar=4), events(30))
    fields, numbers = file_format.decode(model.to_bytes())

    def load(fields: dict[str, Any], numbers: array[float]) -> None:
        FITNESS.from_bytes(file_format.encode(file_format.make_header(fields), numbers))

    load(fields, numbers)
    for at, value in ((3, -1.0), (3, 7.0), (3, math.nan), (3, 2.5), (4, math.inf), (1, -1.0)):
        bad = numbers[:]
        bad[at] = value
        with pytest.raises(ValueError, match="the state"):
            load(fields, bad)
    name = fields["columns"][0]
    for columns in ([name], [name, name], [name, ["s", "other"]], None, 3, [[]], []):
        with pytest.raises(ValueError, match="the state"):
            load({**fields, "columns": columns}, numbers)


@pytest.mark.parametrize("detector", MODELS[2:5], ids=name_of)
def test_foreign_detectors_learn_nothing_of_what_is_refused(detector: Any) -> None:
    model = learned(FITNESS(copy.deepcopy(detector), window_size=12, n_similar=4), events(20))
    other = copy.deepcopy(model)
    with pytest.raises(TypeError, match="'b'"):
        model.learn_one({"a": 1.0, "b": "text"})
    probe = {"a": 3.0, "b": 1.0}
    assert model.score_one(probe) == other.score_one(probe)
    assert model.similar(probe) == other.similar(probe)


def test_clones_start_afresh_or_go_on() -> None:
    model = learned(FITNESS(ClippedZScore(), window_size=20, n_similar=4), events(30))
    assert model.clone().score_one({"a": 9.0}) == 0.0
    same = model.clone(include_attributes=True)
    assert same.score_one({"a": 9.0}) == model.score_one({"a": 9.0}) > 0.0


def test_a_kernel_copied_from_another_equals_a_restored_one() -> None:
    for detector in discover_detectors():
        if not isinstance(detector, ClippedDetector) or not holds_its_state(detector):
            continue
        kernel = learned(detector, events(40))._kernel
        twin = copy.copy(kernel)
        for x in [*events(5), {"a": 1.0, "late": 2.0}, *events(30, seed=4)]:
            twin.copy_from(kernel)
            assert twin.snapshot() == kernel.snapshot()
            # What the copy learns beside must not remain.
            learned(twin, events(3, seed=7, centre=50.0))
            kernel.learn_one(x)


def test_only_a_kernel_of_the_kind_is_copied() -> None:
    kernel = learned(ClippedZScore(), events(30))._kernel
    other = learned(ClippedMahalanobis(), events(30))._kernel
    with pytest.raises(ValueError, match="kind and settings"):
        kernel.copy_from(other)
    with pytest.raises(ValueError, match="kind and settings"):
        kernel.copy_from(clone(ClippedZScore())._kernel)
    wider = type(kernel)(kernel.settings, type(kernel.part))
    wider.learn_one({"z": 1.0})
    # A place that is another feature's now.
    wider.copy_from(kernel)
    assert wider.snapshot() == kernel.snapshot()
    wider.learn_one(dict.fromkeys("zyxwvu", 1.0))
    with pytest.raises(ValueError, match="lacks"):
        wider.copy_from(kernel)


def test_a_large_window_takes_memory_as_events_come() -> None:
    window = EventWindow(100_000, 1_000)
    window.push(dict.fromkeys(range(1000), 1.0))
    assert window.stored().base is not None
    assert window._rows.nbytes < 1_000_000
    for n in range(100):
        window.push({0: float(n)})
    assert window.all()[1:, 0].tolist() == list(range(100))
