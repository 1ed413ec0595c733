# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""One-class support vector machine by clipped steps in random Fourier features."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.anomaly.fourier_part import FourierPart
from clipsgd_river._kernels.anomaly.slack import Slack
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import log, sqrt

    from clipsgd_river._kernels.anomaly.fourier_features import BANDWIDTHS
    from clipsgd_river._kernels.anomaly.fourier_part import resting_rate

INVERSE_LOG_2 = 1.4426950408889634


class FourierMarginPart(FourierPart):
    r"""Weights w and margin rho of a one-class support vector machine in Fourier features phi.

    The loss of an event is ||w||^2 / 2 - rho + max(0, rho - w'phi) / nu (Schoelkopf et al., Neural
    Computation 2001). Its gradient by w, w - 1{slack} phi / nu, has the mean of
    1{slack} (w - phi) / nu where a share nu of the events has slack, w'phi < rho, and that step
    leaves w alone at all others, so that w and rho cannot shrink out of step:

    .. math:: w \leftarrow w + (e / \nu) \min(1, \lambda / \|w - \phi\|)\,(\phi - w)\,
              1[w^\top\phi < \rho].

    ||phi|| = 1 and so ||w|| <= 1: no gradient exceeds 2 / nu. rho follows w'phi by `Slack`. The
    levels' distance is log2(1 + rho / w'phi), w'phi floored at its noise: 1 on the margin.
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        FourierPart.__init__(self, settings, features)
        self.slack = Slack(settings["nu"], settings["nu"])
        self.value = 0.0
        self.square_norm = 0.0

    def refresh(self) -> None:
        """Squared norm of w; the first margin is what an average standard normal event has."""
        b: cython.Py_ssize_t
        square: cython.double = 0.0
        for b in range(BANDWIDTHS):
            square += self.energy(b)
        self.square_norm = square / BANDWIDTHS
        self.slack.start_at(self.square_norm)

    def compare(self) -> float:
        """log2(1 + rho / w'phi)."""
        b: cython.Py_ssize_t
        value: cython.double = 0.0
        for b in range(BANDWIDTHS):
            value += self.level(b)
        self.value = value / BANDWIDTHS
        ratio: cython.double = self.slack.margin.value / self.floored(self.value, self.square_norm)
        return log(1.0 + ratio) * INVERSE_LOG_2

    def usual_distance(self, standard: LocationScale) -> float:
        """1: an event on the margin."""
        return 1.0

    def step(self, standard: LocationScale, events: float) -> None:
        """One clipped step of w and of rho."""
        k: cython.Py_ssize_t
        if not self.load_started(standard):
            return
        slack: cython.bint = self.value < self.slack.margin.value
        self.slack.observe(self.value, slack)
        # w'phi is at most ||w||: a higher margin, as with nu near 1, would be equivalent.
        self.slack.clamp(0.0, sqrt(self.square_norm))
        if not slack:
            return
        rate: cython.double = self.slack.weight(resting_rate(standard, events))
        weights: cython.p_double = self.mean.at
        values: cython.p_double = self.fourier.values.at
        norm: cython.double = sqrt(max(1.0 - 2.0 * self.value + self.square_norm, 0.0))
        limit: cython.double = self.clip.value(1.0 / max(rate, 1e-9), 1.0)
        self.clip.observe(norm, 1.0)
        if norm > limit:
            rate *= limit / norm
        for k in range(self.fourier.length):
            weights[k] += rate * (values[k] - weights[k])
        # ||w + e (phi - w)||^2, without another sum.
        self.square_norm = (1.0 - rate) * (1.0 - rate) * self.square_norm + rate * (
            2.0 * (1.0 - rate) * self.value + rate
        )

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        FourierPart.exchange(self, standard, archive)
        self.square_norm = archive.bounded(self.square_norm, 0.0, 1.0 + 1e-9, "norm of weights")
        return self.slack.exchange(archive)
