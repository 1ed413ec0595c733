"""A variance that no single value can pull far."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from clipsgd_river import _settings
from clipsgd_river._kernels.stats.moments import MomentsKernel
from clipsgd_river.stats.base import ClippedStatistic

if TYPE_CHECKING:
    from river.optim.base import Scheduler


class ClippedVar(ClippedStatistic):
    r"""Variance by clipped SGD, consistent at the Gaussian.

    Choose it over `river.stats.Var` for the usual spread of a variable with outliers: what the
    bulk of the values does, as one standard deviation of a Gaussian would. It is the scale of the
    detectors. For the second moment of a heavy tail itself take ``clip="growing"``.

    .. math:: v \leftarrow v + \eta\,\bigl((1 - \eta)\,g^2 / c - v\bigr), \qquad
              g = \mathrm{clip}(x - m, \lambda),

    m the clipped mean, c the share of a standard normal's second moment that clipping leaves.

    Parameters
    ----------
    learning_rate
        As in `ClippedMean`.
    clip
        Threshold lambda: ``"auto"``, twice the running median of absolute deviations;
        ``"growing"``, five clipped standard deviations times the fourth root of the memory in
        values; a number from 0.1, in standard deviations; ``None``, no clipping: with
        ``"averaging"`` the sample variance with n - 1.
    warm_up
        First values, 1 to 10,000, that are clipped together around their median.

    Notes
    -----
    O(1) per value, some 8 KB, whatever the number of values. NaN and ``None`` teach nothing.

    A median deviation is 0 where one value fills most of a stream: a flag, a count, an amount that
    is mostly 0. So frequent values are never clipped there, and the other ones in their own scale:
    the variance of a flag set in a share p of values is p (1 - p). With ``clip="growing"`` or
    ``None`` nothing is split off, nor needs to be; half the memory then suffices.

    Divided by one minus the sum of the squared weights, which is (n - 1) / n for equal ones.

    Departs from the source of `ClippedMean`, which estimates means, in taking the squares of the
    clipped gradients.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river import stats
    >>> rng = random.Random(0)
    >>> var = stats.ClippedVar()
    >>> for i in range(2000):
    ...     var.update(1e6 if i % 100 == 50 else rng.gauss(0, 3))
    >>> round(var.get(), 1)
    9.1
    """

    _kernel: MomentsKernel
    _kernel_class: ClassVar[type[MomentsKernel]] = MomentsKernel

    def __init__(
        self,
        *,
        learning_rate: str | float | Scheduler = "averaging",
        clip: str | float | None = "auto",
        warm_up: int = 20,
    ) -> None:
        self.clip = clip
        threshold = _settings.clip(clip, _settings.SMALLEST_CLIP_OF_SCALE)
        self._start(learning_rate, warm_up, clip=threshold)

    def get(self) -> float:
        """Variance so far, at least 0; 0.0 before the second value."""
        return float(self._kernel.variance())
