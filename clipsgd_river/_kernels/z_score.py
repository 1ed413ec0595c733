# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distance of an event whose features are judged one by one."""

from __future__ import annotations

from clipsgd_river._kernels.location_scale import LocationScaleKernel

try:
    import cython
except ImportError:
    from clipsgd_river._kernels import _shim as cython

if not cython.compiled:
    from math import log

DEGREES_OF_FREEDOM = 3.0
# Factors are multiplied up to here before one logarithm is taken of the product; a factor is at
# most 1 + 1e150 / 3, so the next product is still finite.
LARGEST_PRODUCT = 1e150


class ZScoreKernel(LocationScaleKernel):
    """Negative log-likelihood of Student's t with 3 degrees of freedom, up to constants.

    The distance is the sum over present features of log(1 + z^2 / 3), with z the deviation in
    scales, tempered by `trust`. Instead of one logarithm per feature, the factors are multiplied
    and one is taken of the product.
    """

    def factor(self, j: cython.Py_ssize_t) -> float:
        """1 + z^2 / 3 of a feature."""
        z: cython.double = self.deviation[j] * self.trust(j)
        return 1.0 + z * z / DEGREES_OF_FREEDOM

    def distance(self) -> float:
        """Sum of log(1 + z^2 / 3)."""
        k: cython.Py_ssize_t
        total: cython.double = 0.0
        product: cython.double = 1.0
        self.standardise()
        for k in range(self.features.count):
            product *= self.factor(self.features.present[k])
            if product > LARGEST_PRODUCT:
                total += log(product)
                product = 1.0
        return total + log(product)

    def contribute(self, contributions: cython.p_double) -> None:
        """log(1 + z^2 / 3) of each present feature."""
        k: cython.Py_ssize_t
        j: cython.int
        for k in range(self.features.count):
            j = self.features.present[k]
            contributions[j] = log(self.factor(j))
