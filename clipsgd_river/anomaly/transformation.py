"""How well a logistic regression recognises what was done to an event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from clipsgd_river import _settings
from clipsgd_river._kernels.anomaly.transformation import TransformationPart
from clipsgd_river.anomaly._settings import (
    FOURIER,
    check_transformations,
    image_features,
    image_shape,
)
from clipsgd_river.anomaly.base import ClippedDetector

if TYPE_CHECKING:
    from river.optim.base import Scheduler

    from clipsgd_river._kernels.anomaly.transformations import Transformation


class TransformationDetector(ClippedDetector):
    r"""How well a logistic regression recognises what was done to an event: self-supervised.

    Each event is transformed in T known ways, and a multinomial logistic regression learns by
    clipped SGD to tell which one it was. Of upright digits it learns what upright and shifted ones
    look like, and knows nothing of a shoe. Choose it for images, above all where normal comes in
    several kinds. On tables `ClippedMahalanobis` is better and faster.

    The distance is the mean over the transformations of -log p, with p the probability that the
    model gives the right one; ``docs/transformations.md`` has the step, and what tables add.

    Parameters
    ----------
    transformations
        For images ``"shifts"`` (``"auto"``): the image itself and the image shifted in four
        directions by 1/14 and by 3/14 of its size; ``"rotations"``: by quarter turns; ``"flips"``:
        none, horizontal, vertical; or a sequence of 2 to 64 different ones, each ``"identity"``,
        ``"rotate90"``, ``"rotate180"``, ``"rotate270"``, ``"flip_horizontal"``,
        ``"flip_vertical"``, ``"transpose"`` or a pair (rows, columns) to shift by. For tables the
        number of random affine maps, 2 to 64; ``"auto"``: 8.
    image_shape
        Height and width of the images, whose pixels, row by row, are the features 0 to
        height * width - 1; ``None``: events are tables.
    features
        What the model sees: ``"fourier"``, cosines and sines of random projections, for curved and
        for several kinds of normal events; ``"raw"``, of images only, their pixels.
    n_components
        Random projections H of each transformed event, 1 to 4,096.
    learning_rate
        Share of the step eta = 4, beyond which a step of a softmax would overshoot; ``"auto"``
        is 1. Locations and scales take their steps as in `ClippedZScore`.
    clip
        Threshold on the norm g of the gradient. ``"auto"``: its running median, at least 1/4, since
        the gradient vanishes where the model fits; otherwise as in `ClippedZScore`.
    warm_up, contamination, max_features, seed
        As in `ClippedKernelMean`.

    Notes
    -----
    An image is divided by its norm, so its brightness changes nothing; a missing pixel takes its
    mean so far, and any other feature is a ``ValueError``. The contribution of a feature is the
    drop of the distance when the feature takes its expected value; they do not sum to the distance.

    Cost O(T d H + T^2 H) per event, with d of the features other than 0; to explain one
    O(T d H + d T^2 H). State file: 16 T H + 96 d + 220 bytes beside the feature names and
    parameters (8 T d instead of 16 T H for raw pixels).

    Examples
    --------
    Images of the digit 3 are ordinary; an 8 is not:

    >>> from sklearn.datasets import load_digits
    >>> from clipsgd_river.anomaly import TransformationDetector
    >>> images, digits = load_digits(return_X_y=True)
    >>> model = TransformationDetector(image_shape=(8, 8))
    >>> model = model.partial_fit(images[digits == 3][:150])
    >>> usual = model.score_many(images[digits == 3][150:])
    >>> odd = model.score_many(images[digits == 8])
    >>> float((odd > max(sorted(usual)[: len(usual) * 9 // 10])).mean()) > 0.5
    True
    """

    _part_class = TransformationPart
    _checks: ClassVar[Any] = {
        **FOURIER,
        "image_shape": image_shape,
        "features": image_features,
        "transformations": _settings.as_given,
    }
    _check_together = staticmethod(check_transformations)

    additive_contributions: ClassVar[bool] = False

    def __init__(
        self,
        *,
        transformations: str | int | Sequence[Transformation] = "auto",
        image_shape: tuple[int, int] | None = None,
        features: str = "fourier",
        n_components: int = 128,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
        max_features: int = 10_000,
        seed: int = 0,
    ) -> None:
        self.transformations = transformations
        self.image_shape = image_shape
        self.features = features
        self.n_components = n_components
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_features = max_features
        self.seed = seed

    @classmethod
    def _unit_test_params(cls) -> Any:
        """Yield the parameters that River's checks and ours run with."""
        yield {"n_components": 48}

    @property
    def scale_invariant(self) -> bool:  # type: ignore[override]  # a table's scores are, an image's not
        """Whether changing the unit of a feature leaves every score as it was."""
        return self.image_shape is None

    @property
    def coef_(self) -> NDArray[np.float64]:
        """Weights W of the model; shape (T, 2 H), or (T, d) for raw pixels."""
        self._check_learned()
        model = cast(TransformationPart, self._kernel.part)
        return np.array(model.weights.memory).reshape(model.classes, model.width)
