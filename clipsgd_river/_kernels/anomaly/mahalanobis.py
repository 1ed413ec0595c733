# cython: language_level=3
"""Kernel of the detector that judges features together."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.anomaly.covariance import CovariancePart
from clipsgd_river._kernels.anomaly.part_kernel import PartKernel

# Ridge on the covariance of the standardised features.
RIDGE = 0.03


class MahalanobisKernel(PartKernel):
    """Location, scale and a `CovariancePart`."""

    def __init__(self, settings: dict[str, Any]) -> None:
        PartKernel.__init__(self, settings, CovariancePart(settings["clip"], RIDGE))
