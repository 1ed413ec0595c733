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

    Choose it for many features that move together: images, spectra, sensors of one machine, counts
    of many words. Its cost grows with d and not with d^2, and it follows an abrupt change within
    some fifty events. On tables of few features it ranks about as well as `ClippedMahalanobis`,
    which withstands longer bursts of outliers.

    With u the deviations from a clipped mean in units sigma, clipped to +-4, y = V u their part in
    the plane of k directions V, r = u - V'y the residual, C the covariance of y and rho the usual
    energy of the residual, the distance is

    .. math:: (d - k) \log(1 + \|r\|^2 / (\ell \rho)) + k \log(1 + y' C^{-1} y / k)
              + \sum_{|z_j| > 4} 2 \log(|z_j| / 4),

    z the deviations before they are clipped. V is learned by Oja's rule. ``docs/subspace.md`` has
    the steps, the units, the level l and how the distance is explained.

    Parameters
    ----------
    n_components
        Number k of directions, at least 1; at most half of the features are used. ``"auto"``: as
        many as hold four fifths of the variance, found along the stream, at most 32.
    learning_rate
        With ``"auto"`` directions and centre take 0.02, a memory of 50 events, and variances half
        of it; otherwise they follow the step of the location, at most 0.5. The location itself,
        which serves the units, takes its step as in `ClippedZScore`.
    clip
        As in `ClippedZScore`; the norm of u is clipped by the same rule.
    warm_up
        As in `ClippedZScore`; a feature enters directions and centre afterwards.
    contamination, max_features
        As in `ClippedZScore`; memory grows with k d.

    Notes
    -----
    Scores do not change when all features are multiplied by one positive number, but may with the
    unit or the origin of a single feature. A missing feature counts as its centre.

    Cost O(d k + k^3) per event. State file: 8 (15 d + k d + k (k + 1) / 2 + 26) bytes beside the
    feature names and parameters, while features start up to 8 warm_up more for each, and up to 620
    for each that repeats values.

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
        basis = np.zeros((used, self._kernel.features.size))
        active = plane.active.positions.memory[:size]
        basis[:, active] = np.array(plane.basis.memory[: used * size]).reshape(used, size)
        if used == 0:
            return np.zeros(0), basis
        variances, axes = np.linalg.eigh(covariance[:, :used])
        return variances[::-1], axes.T[::-1] @ basis
