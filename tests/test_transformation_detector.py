"""TransformationDetector against its formulas, on images and tables."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from math import log
from typing import Any

import numpy as np
import pytest
import sklearn.base
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import NaiveZScore, Positions, Quantile, Vector
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from clipsgd_river._kernels.anomaly.fourier_weights import frequencies
from clipsgd_river.anomaly import TransformationDetector

SHAPE = (4, 6)
SQUARE = (5, 5)
MOVES: dict[Any, Callable[[Vector], Vector]] = {
    "identity": lambda image: image,
    "rotate90": np.rot90,
    "rotate180": lambda image: np.rot90(image, 2),
    "rotate270": lambda image: np.rot90(image, 3),
    "flip_horizontal": np.fliplr,
    "flip_vertical": np.flipud,
    "transpose": np.transpose,
    (1, -2): lambda image: np.roll(image, (1, -2), (0, 1)),
}


class NaiveModel:
    """Softmax of W phi_m for each transformation m, and its clipped steps."""

    def __init__(self, classes: int, width: int, rate: float, clip: float | str | None) -> None:
        self.weights = np.zeros((classes, width))
        self.rate = rate
        self.clip = clip
        self.median = Quantile(0.5, 0.02)

    def probabilities(self, inputs: Vector) -> Vector:
        logits = inputs @ self.weights.T
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def surprise(self, inputs: Vector) -> float:
        return float(-np.log(np.diag(self.probabilities(inputs))).mean())

    def learn(self, inputs: Vector) -> None:
        errors = np.eye(len(inputs)) - self.probabilities(inputs)
        norm = np.linalg.norm(errors) / np.sqrt(len(inputs))
        limit = np.inf if self.clip is None else self.clip
        if self.clip == "auto":
            if self.median.value == 0.0:
                self.median.observe(1.0)
                limit = 1.0
            else:
                limit = max(self.median.value, 0.25)
            self.median.observe(max(norm, 0.25))
        self.weights += self.rate * min(1.0, float(limit) / norm) * errors.T @ inputs


def unit(angles: Vector) -> Vector:
    """Cosines and sines, of norm 1 for each transformation."""
    return np.hstack([np.cos(angles), np.sin(angles)]) / np.sqrt(angles.shape[1])


def image_inputs(image: Vector, moves: list[Any], projections: Vector | None) -> Vector:
    """What the model sees of an image after each transformation."""
    moved = np.array([MOVES[move](image).ravel() for move in moves])
    moved = moved / np.linalg.norm(image)
    return moved if projections is None else unit(2.0 * moved @ projections)


def projections_of(pixels: int, count: int, seed: int) -> Vector:
    """The random numbers of every pixel; how they are drawn has tests of its own."""
    return np.array([frequencies(f"number {p}", seed, count) for p in range(pixels)])


def images(n: int, shape: tuple[int, int], seed: int = 0) -> Vector:
    """Blobs at one place, with noise; some pixels are 0."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    blob = np.exp(-((rows - 1.0) ** 2) - (columns - 2.0) ** 2)
    found = blob + 0.3 * rng.random((n, *shape))
    return np.asarray(np.where(rng.random(found.shape) < 0.2, 0.0, found)).reshape(n, -1)


@pytest.mark.parametrize("features", ["raw", "fourier"])
@pytest.mark.parametrize(
    ("shape", "moves"),
    [(SQUARE, list(MOVES)), (SHAPE, ["identity", "flip_horizontal", "rotate180", (1, -2)])],
)
@pytest.mark.parametrize(("rate", "clip"), [("auto", "auto"), (0.1, None), (0.5, 0.3)])
def test_images_go_by_the_formula(
    features: str, shape: tuple[int, int], moves: list[Any], rate: Any, clip: Any
) -> None:
    detector = TransformationDetector(
        transformations=moves,
        image_shape=shape,
        features=features,
        n_components=5,
        learning_rate=rate,
        clip=clip,
        seed=3,
    )
    pixels = shape[0] * shape[1]
    projections = None if features == "raw" else projections_of(pixels, 5, 3)
    width = pixels if projections is None else 10
    model = NaiveModel(len(moves), width, 4.0 if rate == "auto" else 4.0 * rate, clip)
    stream = images(40, shape)
    found = -detector.partial_fit(stream[:1]).score_samples(stream[:1])
    for t, row in enumerate(stream):
        inputs = image_inputs(row.reshape(shape), moves, projections)
        if t > 0:
            found = [detector.distance_one(dict(enumerate(row.tolist())))]
            assert found == pytest.approx([model.surprise(inputs)], rel=1e-9)
            detector.learn_one(dict(enumerate(row.tolist())))
        model.learn(inputs)
    assert detector.coef_ == pytest.approx(model.weights, rel=1e-9, abs=1e-12)


class NaiveTables(NaiveZScore):
    """Random affine maps of the deviations, told apart by a `NaiveModel`."""

    def __init__(self, maps: int, count: int, seed: int, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.maps, self.count, self.seed = maps, count, seed
        self.model = NaiveModel(maps, 2 * count, 4.0, parameters.get("clip", "auto"))
        self.offsets = np.array(frequencies("offsets of the maps", seed, maps * count))
        self.known = 1

    def inputs(self, present: Positions, u: Vector) -> Vector:
        angles = self.offsets.copy()
        for j, coordinate in zip(present, u, strict=True):
            random = np.array(
                frequencies(f"text {self.names[j]}", self.seed, self.maps * self.count)
            )
            angles += 2.0 * coordinate * random / np.sqrt(self.known)
        return unit(angles.reshape(self.maps, self.count))

    def distance(self, event: Any) -> float:
        present, values = self.read(event)
        z = self.tempered(present, values)
        u = np.clip(z, -4.0, 4.0)
        square = float(u @ u)
        tail = float((2.0 * np.log(np.maximum(np.abs(z), 4.0) / 4.0)).sum())
        return self.model.surprise(self.inputs(present, u)) * square / (square + 1e-6) + tail

    def usual_distance(self, count: int) -> float:
        return log(self.maps)

    def step(self, present: Positions, values: Vector) -> None:
        self.known = max(len(self.active()), 1)
        settled = self.seen[present] >= self.warm_up
        u = np.clip(np.where(settled, self.tempered(present, values), 0.0), -4.0, 4.0)
        if settled.all() or u.any():
            self.model.learn(self.inputs(present, u))
        super().step(present, values)
        self.known = max(len(self.active()), 1)


@pytest.mark.parametrize("clip", ["auto", None])
def test_tables_go_by_the_formula(clip: Any) -> None:
    detector = TransformationDetector(transformations=3, n_components=4, clip=clip, seed=7)
    naive = NaiveTables(3, 4, 7, clip=clip)
    rng = np.random.default_rng(0)
    for t in range(120):
        event = {name: 10.0 + rng.standard_t(3) for name in ("a", "b", "c")}
        if t >= 60:
            event["late"] = rng.normal()
        if t % 5 == 0:
            del event["b"]
        if t > 0:
            assert detector.distance_one(event) == pytest.approx(naive.distance(event), rel=1e-9)
            assert detector.score_one(event) == pytest.approx(naive.score(event), rel=1e-9)
        detector.learn_one(event)
        naive.learn(event)
    assert detector.coef_ == pytest.approx(naive.model.weights, rel=1e-8, abs=1e-12)


def test_a_missing_pixel_takes_its_mean() -> None:
    detector = TransformationDetector(image_shape=SHAPE, n_components=6)
    rows = images(60, SHAPE)
    detector.learn_many(rows)
    probe = rows[0].copy()
    probe[8] = detector.location_[8]
    whole, partial = dict(enumerate(probe.tolist())), dict(enumerate(probe.tolist()))
    del partial[8]
    assert detector.distance_one(partial) == pytest.approx(detector.distance_one(whole), rel=1e-12)
    assert detector.distance_one({**whole, 8: float("nan")}) == detector.distance_one(partial)
    drop = detector.distance_one(dict(enumerate(rows[0].tolist()))) - detector.distance_one(partial)
    contribution = detector.explain_one(dict(enumerate(rows[0].tolist())))[8]
    assert contribution == pytest.approx(drop, abs=1e-9)


IMAGES = [
    TransformationDetector(image_shape=SHAPE, n_components=6),
    TransformationDetector(image_shape=SQUARE, transformations="rotations", features="raw"),
    TransformationDetector(
        image_shape=SQUARE, transformations=["transpose", (0, 2)], n_components=6
    ),
]


@pytest.mark.parametrize("detector", IMAGES, ids=repr)
def test_images_keep_the_promises(detector: TransformationDetector) -> None:
    assert detector.image_shape is not None
    rows = images(60, detector.image_shape)
    events = [dict(enumerate(row)) for row in rows.tolist()]
    one_by_one, at_once = detector.clone(), sklearn.base.clone(detector)
    scores = [one_by_one.score_learn_one(x) for x in events]
    assert at_once.score_learn_many(rows).tolist() == scores
    assert all(0.0 <= score < 1.0 for score in scores)
    before = at_once.to_bytes()
    asked = [at_once.score_one(x) for x in events]
    at_once.explain_one(events[0])
    at_once.expect_one(events[0])
    assert at_once.to_bytes() == before
    again = TransformationDetector.from_bytes(before)
    assert again.to_bytes() == before
    copies = [again, pickle.loads(pickle.dumps(at_once)), copy.deepcopy(one_by_one)]
    for each in copies:
        assert [each.score_one(x) for x in events] == asked
        each.learn_many(rows)
        assert each.to_bytes() == copies[0].to_bytes()
    backwards = detector.clone()
    for x in events:
        backwards.learn_one(dict(reversed(x.items())))
    found = [backwards.distance_one(x) for x in events]
    assert found == pytest.approx([one_by_one.distance_one(x) for x in events], rel=1e-9)


def test_nothing_known_explains_nothing() -> None:
    detector = TransformationDetector(image_shape=SHAPE, n_components=6)
    assert detector.explain_one({0: 1.0}) == {}
    detector.learn_one({})
    assert detector.explain_one({0: 1.0}) == {}
    detector.learn_many(images(3, SHAPE))
    assert detector.explain_one({}) == {}


def test_brightness_changes_nothing() -> None:
    rows = images(80, SHAPE)
    dim, bright = (
        TransformationDetector(image_shape=SHAPE, n_components=6).score_learn_many(rows * factor)
        for factor in (1.0, 1024.0)
    )
    assert dim == pytest.approx(bright, rel=1e-12)


def digit_stream(digit: int, other: int) -> tuple[Vector, Vector]:
    """Ordinary images to learn, and probes of which the second half shows another numeral."""
    pixels, digits = load_digits(return_X_y=True)
    usual, odd = pixels[digits == digit], pixels[digits == other]
    return usual[:120], np.vstack([usual[120:160], odd[:40]])


@pytest.mark.parametrize("features", ["fourier", "raw"])
@pytest.mark.parametrize("transformations", ["auto", "rotations"])
def test_other_digits_score_higher(features: str, transformations: str) -> None:
    train, probes = digit_stream(3, 0)
    detector = TransformationDetector(
        image_shape=(8, 8), transformations=transformations, features=features, n_components=24
    ).partial_fit(train)
    assert roc_auc_score(np.arange(80) >= 40, -detector.score_samples(probes)) > 0.9


def test_what_lies_between_clusters_of_a_table_scores_higher() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(0.0, 0.3, (400, 2)) + rng.choice([-3.0, 3.0], 400)[:, None]
    detector = TransformationDetector(n_components=32).partial_fit(rows)
    probes = np.array([[-3.0, -3.0], [3.0, 3.0], [-3.0, 3.0], [3.0, -3.0]])
    near, far = np.split(-detector.score_samples(probes), 2)
    assert far.min() > near.max()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(), min_size=24, max_size=24))
def test_no_image_moves_the_model_far(pixels: list[float]) -> None:
    """One step is at most eta lambda T: the errors' norm times that of T inputs of norm 1."""
    detector = TransformationDetector(image_shape=SHAPE, n_components=6, clip=0.2)
    detector.learn_many(images(20, SHAPE))
    before = detector.coef_
    detector.learn_one(dict(enumerate(pixels)))
    assert np.linalg.norm(detector.coef_ - before) <= 4.0 * 0.2 * len(before) * (1.0 + 1e-9)
    assert np.isfinite(detector.coef_).all()
    assert np.isfinite(detector.distance_one(dict(enumerate(pixels))))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"image_shape": (2, 3), "transformations": "rotations"}, "not square"),
        ({"image_shape": (2, 2), "transformations": ["identity", (2, 2)]}, "no two do the same"),
        ({"image_shape": (2, 2), "transformations": ["identity"]}, "2 to 64"),
        ({"image_shape": (2, 2), "transformations": ["identity", "zoom"]}, "no transformation"),
        ({"image_shape": (2, 2), "transformations": ["identity", (1, 0.5)]}, "pair of whole"),
        ({"image_shape": (2, 2), "transformations": "zooms"}, "not 'zooms'"),
        ({"image_shape": (2, 2, 2)}, "height, width"),
        ({"image_shape": (200, 200)}, "max_features"),
        ({"features": "raw"}, "give image_shape"),
        ({"features": "wavelets"}, "not 'wavelets'"),
        ({"transformations": "rotations"}, "need image_shape"),
        ({"transformations": 1}, "at least 2"),
    ],
)
def test_impossible_parameters_are_named(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TransformationDetector(**parameters).learn_one({0: 1.0})


def test_a_number_of_image_transformations_is_a_wrong_type() -> None:
    with pytest.raises(TypeError, match="a name or a sequence"):
        TransformationDetector(image_shape=(2, 2), transformations=4).learn_one({0: 1.0})


@pytest.mark.parametrize("name", ["load", 24, -1, True, 1.0])
def test_what_is_no_pixel_is_refused_and_nothing_learned(name: Any) -> None:
    detector = TransformationDetector(image_shape=SHAPE, n_components=6)
    detector.learn_one({0: 1.0, 2: 0.5})
    before = detector.to_bytes()
    with pytest.raises(ValueError, match="pixels"):
        detector.learn_one({name: 1.0, 5: 2.0} if name != 1.0 else {name: 1.0})
    assert detector.to_bytes() == before
