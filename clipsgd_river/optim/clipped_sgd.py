"""Stochastic gradient descent that no single event can pull far."""

from __future__ import annotations

from math import hypot, inf, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from river import optim

from clipsgd_river import _settings
from clipsgd_river._kernels.sgd.gradient_clip import GradientClip
from clipsgd_river._state.saveable import Saveable

if TYPE_CHECKING:
    from river.optim.base import DictLike, Scheduler, VectorLike


class ClippedSGD(Saveable, optim.base.Optimizer):
    r"""SGD that shortens a long gradient as a whole, with threshold and step found by themselves.

    Choose it over `river.optim.SGD` where a target or a feature may be wild: the longest step is
    bounded whatever the event. River's own ``clip_gradient`` bounds the derivative of the loss
    before it is multiplied by the features, so that one huge feature still moves the weights
    without limit. Works in every River model that takes an optimizer.

    .. math:: w \leftarrow w - \eta_t\, g \min(1, \lambda_t / \lVert g \rVert_2)

    Parameters
    ----------
    lr
        Step size eta: ``"auto"``, 1 over the root of the sum of squared (clipped) norms, the last
        1,000 or so (AdaGrad-Norm [2]_ with a memory), fit for features of about unit scale; a
        positive number; or a River scheduler.
    clip
        Threshold lambda on the norm: ``"auto"``, twice the running 0.9 quantile of the non-zero
        norms; a positive number; ``None``, no clipping.

    Notes
    -----
    O(features of the event) per step, under 1 KB of state; the weights are the model's: `to_bytes`
    and `save` keep the norms, the threshold and the step. A gradient with a NaN or an infinite
    component teaches nothing: no such number enters the weights. The intercept of River's linear
    models has a learning rate of its own and is not stepped by their optimizer: bound it by
    ``clip_gradient``.

    Departs from [1]_ in the automatic threshold, a high quantile because the median gradient of a
    classifier that fits is next to nothing, and in the automatic step.

    References
    ----------
    .. [1] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023.
    .. [2] R. Ward, X. Wu and L. Bottou, *AdaGrad stepsizes: sharp convergence over nonconvex
       landscapes*, ICML 2019.

    Examples
    --------
    >>> from river import datasets, evaluate, linear_model, metrics
    >>> from clipsgd_river import optim, preprocessing
    >>> model = preprocessing.ClippedScaler() | linear_model.LogisticRegression(optim.ClippedSGD())
    >>> evaluate.progressive_val_score(datasets.Phishing(), model, metrics.ROCAUC())
    ROCAUC: 95.07%
    """

    def __init__(
        self, lr: float | str | Scheduler = "auto", clip: float | str | None = "auto"
    ) -> None:
        if isinstance(lr, str):
            if lr != "auto":
                raise ValueError(
                    f"lr is 'auto', a positive number or a River scheduler, not {lr!r}"
                )
        elif not _settings.is_scheduler(lr):
            lr = _settings.number("lr", lr)
            if not 0.0 < lr < inf:
                raise ValueError(f"lr is positive and finite, not {lr!r}")
        super().__init__(lr)  # type: ignore[arg-type]  # it keeps any other value as it is
        self.clip = clip
        self._kernel = GradientClip({"lr": lr, "clip": _checked_clip(clip)})

    @property
    def learning_rate(self) -> float:
        """Step size now."""
        if isinstance(self.lr, str):
            return float(self._kernel.rate())
        return super().learning_rate

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lr={self.lr!r}, clip={self.clip!r})"

    def _extra_fields(self) -> dict[str, Any]:
        return {"n_iterations": self.n_iterations}

    def _take_extra_fields(self, fields: dict[str, Any]) -> None:
        steps = fields.get("n_iterations")
        if type(steps) is not int or not 0 <= steps <= 2**53:
            raise ValueError("the state has an impossible number of steps: it is damaged")
        self.n_iterations = steps

    def _step_with_dict(self, w: DictLike, g: DictLike) -> DictLike:
        share = self._step_share(_norm_of_parts(g.values()))
        if share > 0.0:
            for i, gi in g.items():
                w[i] -= share * gi
        return w

    def _step_with_vector(self, w: VectorLike, g: VectorLike) -> VectorLike:
        if isinstance(g, np.ndarray):
            share = self._step_share(_norm_of_array(g))
            if share > 0.0:
                w -= share * g
            return w
        share = self._step_share(_norm_of_parts(g.values()))
        if share > 0.0:
            w.isub_scaled(g, share)  # type: ignore[union-attr]  # as g is a VectorDict, so is w
        return w

    def _step_share(self, norm: float) -> float:
        """Factor of the gradient in this step; 0 if it is not finite."""
        if not isfinite(norm):
            return 0.0
        kept = self._kernel.share(norm)
        return float(self.learning_rate * kept)


def _checked_clip(clip: float | str | None) -> float | str | None:
    """Rule or threshold; unlike the detectors' it is in the unit of the gradient."""
    if clip is None or (isinstance(clip, str) and clip == "auto"):
        return clip
    if isinstance(clip, str):
        raise ValueError(f"clip is 'auto', a positive number or None, not {clip!r}")
    threshold = _settings.number("clip", clip)
    if not 0.0 < threshold < inf:
        raise ValueError(f"clip is positive and finite, not {clip!r}; None means no clipping")
    return threshold


def _norm_of_parts(parts: Any) -> float:
    """L2 norm of numbers, or of vectors of latent factors, without overflow on the way."""
    try:
        return hypot(*parts)
    except TypeError:
        return hypot(*(_norm_of_array(np.asarray(part)) for part in parts))


def _norm_of_array(values: NDArray[Any]) -> float:
    """L2 norm of an array without overflow on the way."""
    largest = float(np.max(np.abs(values), initial=0.0))
    if largest == 0.0 or not isfinite(largest):
        return largest
    return largest * float(np.linalg.norm(values / largest))
