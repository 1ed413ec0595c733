# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Distance of an event as a sum over its features."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import log

DEGREES_OF_FREEDOM = 3.0
# Four factors at a time are multiplied up to here before one logarithm is taken of the product: a
# factor is at most 1 + 1e70 / 3, so that the product with four more is still finite.
LARGEST_PRODUCT = 1e20
# Mean of log(1 + z^2 / 3) for standard normal z, by numerical integration.
NORMAL_DISTANCE = 0.24360064103316972


class ZScorePart(Part):
    """Negative log-likelihood of Student's t with 3 degrees of freedom, up to constants.

    The distance is the sum over present features of log(1 + z^2 / 3), with z the deviation in
    scales times n / (n + 3). Instead of one logarithm per feature, the factors are
    multiplied and one is taken of the product. Location and scale are all it needs.
    """

    def factors(self, standard: LocationScale) -> cython.p_double:
        """1 + z^2 / 3 of each present feature, in scratch."""
        k: cython.Py_ssize_t
        z: cython.double
        factors: cython.p_double = standard.features.scratch.at
        deviations: cython.p_double = standard.z.at
        for k in range(standard.features.count):
            z = deviations[k]
            factors[k] = 1.0 + z * z * (1.0 / DEGREES_OF_FREEDOM)
        return factors

    def distance(self, standard: LocationScale) -> float:
        """Sum of log(1 + z^2 / 3)."""
        count: cython.Py_ssize_t = standard.features.count
        factors: cython.p_double = self.factors(standard)
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

    def usual_distance(self, standard: LocationScale) -> float:
        """d times the mean of log(1 + z^2 / 3) for standard normal z."""
        return NORMAL_DISTANCE * standard.features.count

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """log(1 + z^2 / 3) of each present feature."""
        k: cython.Py_ssize_t
        factors: cython.p_double = self.factors(standard)
        for k in range(standard.features.count):
            contributions[standard.features.present.at[k]] = log(factors[k])
