"""What the clipped statistics share: values in, state, pickling."""

from __future__ import annotations

from typing import Any, ClassVar

from river import stats

from clipsgd_river import _settings
from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._kernels.stats.univariate import UnivariateKernel
from clipsgd_river._state.saveable import Saveable
from clipsgd_river._tables.values import chunks_of

LEARNING_RATES = ("averaging", "auto", "doubling")


class ClippedStatistic(Saveable, stats.base.Univariate):
    """Base of the statistics of one variable on a clipped SGD kernel.

    A statistic belongs to one thread at a time. There is no ``revert``: a clipped step cannot be
    taken back, so `river.utils.Rolling` refuses these statistics; to forget, choose a constant
    ``learning_rate`` of about 1 / window, or ``"auto"``.
    """

    _kernel_class: ClassVar[type[UnivariateKernel]]

    def _start(self, parameters: dict[str, Any]) -> None:
        """Check the parameters that all statistics have, and make the kernel."""
        settings = dict(parameters)
        settings["learning_rate"] = _settings.learning_rate(
            settings["learning_rate"], LEARNING_RATES
        )
        settings["warm_up"] = _settings.warm_up(settings["warm_up"])
        self._kernel = self._kernel_class(settings)

    def update(self, x: float) -> None:
        """Take one step on a value; O(1), or O(warm_up) while that lasts.

        Parameters
        ----------
        x
            A number. ``None``, NaN and ``pandas.NA`` are missing and teach nothing; what is
            beyond 1e150, infinity included, counts as 1e150.

        Raises
        ------
        TypeError
            If it is no number; nothing is then learned.
        """
        self._kernel.update(x if type(x) is float else as_float("x", x))

    def update_many(self, X: Any) -> None:
        """Take one step on each value in order, in one call; the same as `update` on each.

        Parameters
        ----------
        X
            Values, one-dimensional: an array, a Series or a list.

        Raises
        ------
        TypeError, ValueError
            If it holds what is no number, or is not one-dimensional; nothing is then learned.
        """
        for values in chunks_of(X):
            self._kernel.update_many(values)

    @property
    def n(self) -> int:
        """Values learned so far."""
        return int(self._kernel.count)
