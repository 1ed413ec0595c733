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
# Four factors at a time are multiplied up to here before one logarithm is taken of the product: a
# factor is at most 1 + 1e70 / 3, so that the product with four more is still finite.
LARGEST_PRODUCT = 1e20
# Mean of log(1 + z^2 / 3) for standard normal z, by numerical integration.
NORMAL_DISTANCE = 0.24360064103316972


class ZScoreKernel(LocationScaleKernel):
    """Negative log-likelihood of Student's t with 3 degrees of freedom, up to constants.

    The distance is the sum over present features of log(1 + z^2 / 3), with z the deviation in
    scales, tempered by n / (n + 3). Instead of one logarithm per feature, the factors are
    multiplied and one is taken of the product.
    """

    def factors(self) -> cython.p_double:
        """1 + z^2 / 3 of each present feature, in scratch."""
        k: cython.Py_ssize_t
        z: cython.double
        weight: cython.double
        factors: cython.p_double = self.features.scratch
        deviations: cython.p_double = self.deviation
        self.standardise()
        common: cython.double = self.temper()
        for k in range(self.features.count):
            weight = common if common > 0.0 else factors[k]
            z = deviations[k] * weight
            factors[k] = 1.0 + z * z * (1.0 / DEGREES_OF_FREEDOM)
        return factors

    def distance(self) -> float:
        """Sum of log(1 + z^2 / 3)."""
        count: cython.Py_ssize_t = self.features.count
        factors: cython.p_double = self.factors()
        k: cython.Py_ssize_t = 0
        total: cython.double = 0.0
        product: cython.double = 1.0
        while k + 4 <= count:
            product *= (factors[k] * factors[k + 1]) * (factors[k + 2] * factors[k + 3])
            k += 4
            if product > LARGEST_PRODUCT:
                total += log(product)
                product = 1.0
        while k < count:
            product *= factors[k]
            k += 1
        return total + log(product)

    def usual_distance(self) -> float:
        """d times the mean of log(1 + z^2 / 3) for standard normal z."""
        return NORMAL_DISTANCE * self.features.count

    def contribute(self, contributions: cython.p_double) -> None:
        """log(1 + z^2 / 3) of each present feature."""
        k: cython.Py_ssize_t
        factors: cython.p_double = self.factors()
        for k in range(self.features.count):
            contributions[self.features.present[k]] = log(factors[k])
