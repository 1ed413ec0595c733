"""All features together, against the plane near which events lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from clipsgd_river import _settings
from clipsgd_river._kernels.anomaly.subspace import SubspacePart
from clipsgd_river.anomaly._settings import SHARED
from clipsgd_river.anomaly.base import ClippedDetector

if TYPE_CHECKING:
    from river.optim.base import Scheduler


def plane_components(value: Any) -> Any:
    """The dimensions of a plane, or a rule that finds them."""
    if isinstance(value, str):
        if value != "auto":
            raise ValueError(f"n_components is 'auto' or a number from 1 on, not {value!r}")
        return value
    return _settings.count("n_components", value)


class ClippedSubspace(ClippedDetector):
    r"""All features together, against the plane near which events lie: robust streaming PCA.

    Choose it for many features that move together: images, spectra, sensors of one machine,
    counts of many words. Its cost grows with d and not with d^2, so a thousand features are no
    burden, and it follows an abrupt change within some fifty events. On tables of few features it
    ranks about as well as `ClippedMahalanobis`, which withstands longer bursts of outliers.

    With u the deviations from a clipped mean in units sigma (below), each clipped to +-4, V the k
    orthonormal directions, y = V u, r = u - V'y the residual, C the covariance of y with ridge
    and rho the usual energy of the residual, the distance is

    .. math:: (d - k) \log(1 + \|r\|^2 / (\ell \rho)) + k \log(1 + y' C^{-1} y / k)
              + \sum_{|z_j| > 4} 2 \log(|z_j| / 4),

    an elliptical Student likelihood in and off the plane, z the deviations before they are
    clipped. The level l in [2/3, 3/2] is the norm of the event beside its usual norm: the residual
    of a strong event may be larger, as the noise of counts and intensities grows with them.

    Directions turn towards the residual of each event, in the direction of y that its covariance
    finds least explained; the turn is a rotation, so that V stays orthonormal over any number of
    events (one pair of directions per event is made orthonormal again, against round-off).

    The unit sigma of a feature is chosen between two extremes by how unlike the features are:
    features whose deviations are of one order (pixels) share one unit, the root of their mean
    square, and features whose deviations differ by orders of magnitude (a duration and a count)
    have each their own. What is compared is not the standard deviation but the amplitude, the
    typical deviation among those beyond one standard deviation; a pixel that is seldom lit has a
    small deviation and an ordinary amplitude. sigma_j^2 = (1 - w) a_j^2 + w mean(a^2), with w = 1
    while the variance of the logarithm of amplitudes a is below 3/4, and 0 above 3/2.

    Parameters
    ----------
    n_components
        Number k of directions, at least 1; at most half of the features are used. ``"auto"``: as
        many as hold four fifths of the variance, found and given up along the stream, at most 32.
    learning_rate
        Step size. With ``"auto"`` directions and centre take 0.02, a memory of 50 events, and
        variances half of it; otherwise they follow the step of the location, at most 0.5. The
        location itself, which serves the units, takes its step as in `ClippedZScore`.
    clip
        Clip threshold on the norm of u, as in `ClippedZScore`: ``"auto"`` is twice its running
        median.
    warm_up
        Events from which a feature's first location and scale are taken, by medians, 1 to
        10,000. A feature enters directions and centre afterwards.
    contamination
        Expected share of anomalies, in (0, 0.5]; sets `offset_` and so `predict`, not the scores.
    max_features
        More features than this are an error: memory grows with k d.

    Notes
    -----
    Scores do not change when all features are multiplied by one positive number, nor with their
    order. They do change with the unit of a single feature while w > 0 (where w = 0, they do
    not), and with the origin of features, unless values are far from it beside their deviations
    (then l is 1).

    A missing feature is taken at its centre: it counts in neither part of the distance, and
    teaches its own centre, unit and scale nothing.

    `explain_one` shares the distance out so that it sums up: the first term by r_j^2, the second
    by u_j (V'C^{-1}y)_j (single ones may be negative: a feature that makes another one likelier),
    the third by its own terms. `expect_one` of an event gives each feature's mean and 95 % band
    given the others, under a Gaussian with covariance V'CV in the plane and the noise off it.

    Cost O(d k + k^3) per event. State file: 8 (9 d + k d + k (k + 1) / 2 + 24) bytes beside the
    feature names and parameters, k the directions in use, and while features start up to
    8 warm_up more for each: 158 KB at d = 784 and k = 16.

    The base is Oja's rule [1]_, preconditioned by C^{-1} as in projection approximation subspace
    tracking [2]_ and applied as a rotation. Departs from [3]_, whose clipped step it takes, in the
    automatic threshold and in clipping each coordinate first; the units and the level are this
    project's.

    References
    ----------
    .. [1] E. Oja, *Simplified neuron model as a principal component analyzer*, Journal of
       Mathematical Biology, 1982.
    .. [2] B. Yang, *Projection approximation subspace tracking*, IEEE Transactions on Signal
       Processing, 1995.
    .. [3] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023.

    Examples
    --------
    Twenty sensors driven by two causes. In the odd event each sensor is within its range, and one
    does not go with the others:

    >>> import numpy as np
    >>> from clipsgd_river.anomaly import ClippedSubspace
    >>> rng = np.random.default_rng(0)
    >>> causes, mixing = rng.normal(size=(2000, 2)), rng.normal(size=(2, 20))
    >>> X = causes @ mixing + 0.1 * rng.normal(size=(2000, 20))
    >>> model = ClippedSubspace(n_components=2).partial_fit(X)
    >>> usual, odd = causes[0] @ mixing, causes[0] @ mixing
    >>> odd[7] += 1.0
    >>> model.score_many([usual, odd]).round(1).tolist()
    [0.0, 0.7]
    >>> contributions = model.explain_one(dict(enumerate(odd)))
    >>> max(contributions, key=contributions.get)
    7
    """

    _part_class = SubspacePart
    _checks: ClassVar[Any] = {**SHARED, "n_components": plane_components}

    scale_invariant: ClassVar[bool] = False

    def __init__(
        self,
        *,
        n_components: int | str = 16,
        learning_rate: str | float | Scheduler = "auto",
        clip: str | float | None = "auto",
        warm_up: int = 20,
        contamination: float = 0.01,
        max_features: int = 10_000,
    ) -> None:
        self.n_components = n_components
        self.learning_rate = learning_rate
        self.clip = clip
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_features = max_features

    @classmethod
    def _unit_test_params(cls) -> Any:
        """Yield the parameters that River's checks and ours run with."""
        yield {}
        yield {"n_components": "auto"}

    @property
    def location_(self) -> NDArray[np.float64]:
        """Centre of the plane: clipped mean of each feature, in its unit; shape (d,)."""
        self._check_learned()
        return np.array(self._part.centres.memory[: self._kernel.features.size])

    @property
    def components_(self) -> NDArray[np.float64]:
        """Principal directions in units sigma, most variance first, orthonormal; shape (k, d)."""
        return self._axes()[1]

    @property
    def explained_variance_(self) -> NDArray[np.float64]:
        """Variance along each of `components_`, in units sigma squared; shape (k,)."""
        return self._axes()[0]

    @property
    def unit_(self) -> NDArray[np.float64]:
        """Unit sigma of each feature; 0 for a constant beside features unlike it; shape (d,)."""
        self._check_learned()
        return np.array(self._part.units(self._kernel.standard))

    @property
    def _part(self) -> SubspacePart:
        return cast(SubspacePart, self._kernel.part)

    def _axes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Variances and directions: the axes of C, turned out of its basis."""
        self._check_learned()
        plane = self._part.subspace
        used, rows, size = plane.used, plane.rows, plane.size
        covariance = np.array(plane.covariance.memory[: used * rows]).reshape(used, rows)
        basis = np.array(plane.basis.memory[: used * size]).reshape(used, size)
        if used == 0:
            return np.zeros(0), basis
        variances, axes = np.linalg.eigh(covariance[:, :used])
        return variances[::-1], axes.T[::-1] @ basis
