# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The next value from the last ones, by clipped SGD."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs

LAGS = 32
RATE = 0.02
# Residuals are clipped at so many of their scales; a mean absolute deviation times this is a
# Gaussian's standard deviation.
CLIP = 3.0
GAUSSIAN = 1.2533141373155003
# A prediction is exact from here on, in scales of the values.
SMALLEST_SPREAD = 1e-2
# What is predicted lies within the clipped values, and no weight is beyond this.
LARGEST_VALUE = 3.0
LARGEST_WEIGHT = 1e3


class Autoregression:
    r"""Linear prediction of z from its last 32 values, for each feature.

    With l the lags, a normalised step on the clipped residual r,

    .. math:: w \leftarrow w + 0.02\, \frac{\mathrm{clip}(r, 3 \sigma)\, l}{1 + |l|^2}, \qquad
              r = z - w^\top l,

    sigma being a clipped mean of absolute residuals. Values and predictions lie within +-3: they
    are clipped. O(32) per event, 520 bytes a feature.
    """

    def __init__(self) -> None:
        self.weights = Vector()
        self.lags = Vector()
        self.spread = Vector()

    def predict(self, j: cython.Py_ssize_t) -> float:
        """What is predicted of the next z of the feature at position j."""
        weights: cython.p_double = self.weights.at
        lags: cython.p_double = self.lags.at
        predicted: cython.double = 0.0
        i: cython.Py_ssize_t
        for i in range(j * LAGS, (j + 1) * LAGS):
            predicted += weights[i] * lags[i]
        return max(-LARGEST_VALUE, min(predicted, LARGEST_VALUE))

    def unit(self, j: cython.Py_ssize_t) -> float:
        """Scale of the residuals."""
        return max(self.spread.at[j], SMALLEST_SPREAD)

    def learn(self, j: cython.Py_ssize_t, z: float, residual: float, rate: float) -> None:
        """Take a step on a residual, and z as the latest lag.

        Parameters
        ----------
        j
            Position of the feature.
        z
            Its value, within +-3.
        residual
            z minus what was predicted.
        rate
            Step of the scale of residuals.
        """
        weights: cython.p_double = self.weights.at
        lags: cython.p_double = self.lags.at
        spread: cython.p_double = self.spread.at
        first: cython.Py_ssize_t = j * LAGS
        limit: cython.double = CLIP * self.unit(j)
        square: cython.double = 1.0
        step: cython.double
        i: cython.Py_ssize_t
        for i in range(first, first + LAGS):
            square += lags[i] * lags[i]
        step = RATE * max(-limit, min(residual, limit)) / square
        for i in range(first, first + LAGS):
            weights[i] = max(-LARGEST_WEIGHT, min(weights[i] + step * lags[i], LARGEST_WEIGHT))
        for i in range(first + LAGS - 1, first, -1):
            lags[i] = lags[i - 1]
        lags[first] = z
        if spread[j] == 0.0:
            limit = fabs(residual)
        spread[j] += rate * (GAUSSIAN * min(fabs(residual), limit) - spread[j])

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.weights.grow(size * LAGS)
        self.lags.grow(size * LAGS)
        return self.spread.grow(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j."""
        i: cython.Py_ssize_t
        for i in range(j * LAGS, (j + 1) * LAGS):
            self.weights.at[i] = 0.0
            self.lags.at[i] = 0.0
        self.spread.at[j] = 0.0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Numbers of ``size`` features."""
        return size * (2 * LAGS + 1)

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state of ``size`` features through ``archive``."""
        self.weights.exchange_bounded(
            archive, size * LAGS, -LARGEST_WEIGHT, LARGEST_WEIGHT, "weight of a lag"
        )
        self.lags.exchange_bounded(archive, size * LAGS, -LARGEST_VALUE, LARGEST_VALUE, "lag")
        return self.spread.exchange_bounded(archive, size, 0.0, 10.0, "scale of residuals")
