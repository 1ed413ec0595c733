"""What the clipped statistics share."""

from __future__ import annotations

from typing import Any, ClassVar

from river import stats

from clipsgd_river import _settings
from clipsgd_river._faces.one_variable import OneVariable
from clipsgd_river._kernels.stats.univariate import UnivariateKernel


class ClippedStatistic(OneVariable, stats.base.Univariate):
    """Base of the statistics of one variable on a clipped SGD kernel.

    A statistic belongs to one thread at a time. There is no ``revert``: a clipped step cannot be
    taken back, so `river.utils.Rolling` refuses these statistics; to forget, choose a constant
    ``learning_rate`` of about 1 / window, or ``"auto"``.
    """

    _kernel_class: ClassVar[type[UnivariateKernel]]

    def _start(self, learning_rate: Any, warm_up: Any, **checked: Any) -> None:
        """Keep and check the parameters that all statistics have, and make the kernel."""
        self.learning_rate = learning_rate
        self.warm_up = warm_up
        rate = _settings.learning_rate(learning_rate, _settings.RULES_OF_MEANS)
        settings = {"learning_rate": rate, **checked, "warm_up": _settings.warm_up(warm_up)}
        self._kernel = self._kernel_class(settings)

    @property
    def n(self) -> int:
        """Values learned so far."""
        return int(self._kernel.count)
