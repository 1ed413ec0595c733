"""How well a logistic regression still tells what was done to an event."""

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
    r"""How well a logistic regression still tells what was done to an event: self-supervised.

    Each event is transformed in T known ways, and a multinomial logistic regression learns by
    clipped SGD to tell which one it was. Where normal images are upright digits, it learns what
    upright, turned and shifted ones look like, and knows nothing of a shoe. Choose it for images,
    above all where normal comes in several kinds, and where a supervised model would be the
    natural choice but nothing is labelled. On tables `ClippedMahalanobis` is better and faster.

    With phi_m the inputs of the event after transformation m, of norm 1, and p_m = softmax(W
    phi_m) the probabilities that the model gives, distance and step are

    .. math:: r = -\frac1T \sum_m \log p_{mm}, \qquad
              W \leftarrow W + \eta \min(1, \lambda / g) \sum_m (e_m - p_m) \phi_m^\top, \qquad
              g^2 = \frac1T \sum_m \|e_m - p_m\|^2 \le 2.

    For a table, u is the vector of its deviations in scales, tempered as in `ClippedZScore` and
    each clipped to +-4, phi_m the cosines and sines of n_components angles of an affine map of u
    with random Gaussian coefficients, and

    .. math:: r' = \frac{\|u\|^2}{\|u\|^2 + 10^{-6}}\, r + \sum_{|z_j| > 4} 2 \log(|z_j| / 4).

    Parameters
    ----------
    transformations
        What the model tells apart. For images ``"shifts"`` (``"auto"``): the image itself and the
        image shifted in four directions by 1/14 and by 3/14 of its size, around the edges;
        ``"rotations"``: by quarter turns; ``"flips"``: none, horizontal, vertical; or a sequence
        of 2 to 64 different ones, each ``"identity"``, ``"rotate90"``, ``"rotate180"``,
        ``"rotate270"``, ``"flip_horizontal"``, ``"flip_vertical"``, ``"transpose"`` or a pair of
        numbers, the rows and columns to shift by. Rotations tell nothing where normal images come
        turned, nor flips where they are symmetric. For tables the number of random affine maps, 2
        to 64; ``"auto"``: 8.
    image_shape
        Height and width of the images, whose pixels, row by row, are the features 0 to
        height * width - 1; ``None``: events are tables.
    features
        What the model sees: ``"fourier"``, cosines and sines of random projections, with which it
        tells curved and several kinds of normal events; ``"raw"``, of images only, their pixels.
    n_components
        Random projections H of each transformed event, 1 to 4,096.
    learning_rate
        Share of the step eta = 4, beyond which a step of a softmax would overshoot; ``"auto"``
        is 1. The location and scale of each feature take their steps as in `ClippedZScore`.
    clip
        Threshold lambda on g. ``"auto"``: the running median of g, at least 1/4, since the
        gradient vanishes where the model fits; ``"growing"``: that times the fourth root of the
        memory. A number, at least 0.1: fixed, and also the threshold of location and scale, as in
        `ClippedZScore`. ``None``: no clipping.
    warm_up
        Events from which a feature's first location and scale are taken, by medians, 1 to
        10,000; of a table the model learns a feature afterwards.
    contamination
        Expected share of anomalies, in (0, 0.5]; sets `offset_` and so `predict`, not the scores.
    max_features
        More features than this are an error.
    seed
        Whole number from 0 to 2**63 - 1 that is hashed, with the name of a feature, into its
        random numbers: runs repeat whatever the order in which features appear.

    Raises
    ------
    ValueError
        With an image's shape, if a feature is none of its pixels.

    Notes
    -----
    An image is divided by its norm, so its brightness changes nothing; a missing pixel takes its
    mean so far. A table's scores do not change with the units of its features, and a missing
    feature contributes nothing.

    The contribution of a feature is the drop of the distance when the feature takes its expected
    value; contributions do not sum to the distance. O(T d H + d T^2 H) to explain an event.

    Cost O(T d H + T^2 H) per event, with d of the features other than 0. State file:
    16 T H + 40 d + 200 bytes beside the feature names and parameters (8 T d instead of 16 T H for
    raw pixels): 22 KB for images of 8 x 8 at the defaults. Memory besides: the random numbers,
    8 d H bytes for images and 8 T d H for tables.

    Source of the method: [1]_, and [2]_ for tables, where neural networks take the place of the
    logistic regression, which here sees random features [3]_; of the step [4]_, from which we
    depart in the automatic threshold. Of an affine map only its product with the random
    frequencies is drawn, which is all that enters.

    References
    ----------
    .. [1] I. Golan and R. El-Yaniv, *Deep anomaly detection using geometric transformations*,
       NeurIPS 2018.
    .. [2] L. Bergman and Y. Hoshen, *Classification-based anomaly detection for general data*,
       ICLR 2020.
    .. [3] A. Rahimi and B. Recht, *Random features for large-scale kernel machines*, NeurIPS 2007.
    .. [4] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023.

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
