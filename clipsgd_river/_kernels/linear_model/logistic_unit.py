# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""A logit: a linear function whose loss is flat where it is certain."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.linear_model.linear_unit import LinearUnit
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import sqrt

    from clipsgd_river._kernels.core.reductions import total

# Step of what is tracked over 500 events.
SLOW_RATE = 0.002
# Bounds of the Fisher information on a logit, averaged over events.
FLATTEST = 0.02
STEEPEST = 0.25
# Steps along the weights are at most so many times longer than across them.
LONGEST_STRETCH = 10.0
# An event further out along the weights, in standard deviations, counts as this far.
LARGEST_COMPONENT = 10.0
# Share by which the diagonal of the information is raised, and the least information on noise:
# averages over a few hundred events are never quite those of the truth.
RIDGE = 0.05
LEAST_INFORMATION = 1e-4
# Information on the noise before any event: one standard deviation of its logit.
PRIOR = 1.0
# No pivot is below this share of its diagonal: it would be round-off.
SMALLEST_PIVOT = 1e-6
# An error at the start is forgotten like n^-2, at 1.15 times the noise of the slower n^-1: the
# information that steps are divided by is itself far off at the start.
PACE = 2.0
# The automatic step at rest: a memory of 5,000 events.
RESTING_RATE = 0.0002


class LogisticUnit(LinearUnit):
    r"""Linear function with the step of natural gradient descent for spherical features.

    With b the direction of the standardised weights and t = b'v the event's component along it,
    events that differ across b only are alike: by symmetry the Fisher information on the weights
    is a (I - bb') across, with a the mean information per event, and all that is left are three
    numbers, the centre, the length of the weights and the noise of the labels (as its logit). The
    information on these three is a 3 x 3 matrix M, the running mean of

    .. math:: \frac{1}{q (1 - q)}\, r r^\top, \qquad
              r = (\dot q_f,\; \dot q_f\, t,\; \dot q_\nu),

    q the probability of the label, by f and by the noise nu differentiated. They are solved for
    together: where labels are wrong, shorter weights explain them as well as more noise does, and
    steps in only one of them converge slowly.
    """

    def __init__(self, rule: object) -> None:
        LinearUnit.__init__(self, rule, RESTING_RATE, PACE)
        self.direction = Vector()
        self.component = 0.0
        self.across = STEEPEST
        self.along = STEEPEST
        self.centre_along = 0.0
        self.centre_noise = 0.0
        self.along_noise = 0.0
        self.noise_information = LEAST_INFORMATION
        self.noise_change = 0.0

    def learn_information(
        self,
        inputs: LocationScale,
        slope: float,
        noise_slope: float,
        variance: float,
        events: float,
    ) -> None:
        """Leave the direction of the weights and the event's component; track the information.

        Parameters
        ----------
        inputs
            Whose ``gradient`` is the clipped standardised event v.
        slope, noise_slope
            Derivatives of the probability of the label by f and by the noise.
        variance
            q (1 - q), positive.
        events
            Events learned so far.
        """
        count: cython.Py_ssize_t = inputs.features.count
        present: cython.p_int = inputs.features.present.at
        terms: cython.p_double = inputs.features.scratch.at
        direction: cython.p_double = self.direction.at
        weights: cython.p_double = self.weights.at
        scale: cython.p_double = inputs.scale.at
        v: cython.p_double = inputs.gradient.at
        weight: cython.double
        k: cython.Py_ssize_t
        for k in range(count):
            weight = max(min(weights[present[k]] * scale[present[k]], 1e50), -1e50)
            direction[k] = weight
            terms[k] = weight * weight
        size: cython.double = sqrt(total(terms, count))
        # Without weights the component along them is 0.
        shrink: cython.double = 1.0 / size if size > 1e-50 else 0.0
        for k in range(count):
            direction[k] *= shrink
            terms[k] = direction[k] * v[k]
        self.component = max(min(total(terms, count), LARGEST_COMPONENT), -LARGEST_COMPONENT)
        t: cython.double = self.component
        rate: cython.double = max(SLOW_RATE, 1.0 / (events + 20.0))
        weight = slope * slope / variance
        self.across += rate * (weight - self.across)
        self.across = max(min(self.across, STEEPEST), FLATTEST)
        self.along += rate * (weight * t * t - self.along)
        self.along = max(self.along, self.across / LONGEST_STRETCH)
        self.centre_along += rate * (weight * t - self.centre_along)
        weight = slope * noise_slope / variance
        self.centre_noise += rate * (weight - self.centre_noise)
        self.along_noise += rate * (weight * t - self.along_noise)
        weight = noise_slope * noise_slope / variance
        self.noise_information += rate * (weight - self.noise_information)

    def turn(
        self, inputs: LocationScale, error: float, noise_score: float, square: float, events: float
    ) -> float:
        """Replace the gradient by the natural one; leaves ``centre_change``, ``noise_change``.

        Parameters
        ----------
        inputs
            Whose ``gradient`` is the clipped standardised event v.
        error
            The clipped negative derivative of the loss by f.
        noise_score
            That by the noise; 0 if the noise is known.
        square
            Squared norm of v.
        events
            Events learned so far.

        Returns
        -------
        The largest step that does not go beyond the minimum for this event alone.
        """
        count: cython.Py_ssize_t = inputs.features.count
        gradient: cython.p_double = self.gradient.at
        direction: cython.p_double = self.direction.at
        t: cython.double = self.component
        raised: cython.double = 1.0 + RIDGE
        k: cython.Py_ssize_t
        # M = L D L' for the centre, the length and the noise.
        first: cython.double = self.across * raised
        a: cython.double = self.centre_along / first
        b: cython.double = self.centre_noise / first
        pivot: cython.double = self.along * raised
        second: cython.double = max(pivot - a * self.centre_along, SMALLEST_PIVOT * pivot)
        c: cython.double = (self.along_noise - b * self.centre_along) / second
        pivot = self.noise_information * raised + LEAST_INFORMATION + PRIOR / events
        third: cython.double = max(
            pivot - b * self.centre_noise - c * c * second, SMALLEST_PIVOT * pivot
        )
        # M x = (1, t, 0), then M y = (0, 0, 1).
        second_entry: cython.double = t - a
        third_entry: cython.double = -b - c * second_entry
        x2: cython.double = third_entry / third
        x1: cython.double = second_entry / second - c * x2
        x0: cython.double = 1.0 / first - a * x1 - b * x2
        y2: cython.double = 1.0 / third
        y1: cython.double = -c * y2
        y0: cython.double = -a * y1 - b * y2
        self.centre_change = error * x0 + noise_score * y0
        self.noise_change = error * x2 + noise_score * y2
        length: cython.double = error * x1 + noise_score * y1
        across: cython.double = 1.0 / self.across
        correction: cython.double = length - error * t * across
        for k in range(count):
            gradient[k] = gradient[k] * across + correction * direction[k]
        reach: cython.double = max(square - t * t, 0.0) * across + max(x0 + t * x1, 0.0)
        return 1.0 / (1e-300 + STEEPEST * reach)

    def take_step(self, inputs: LocationScale, limit: float, events: float) -> None:
        """Take the step that `turn` left, of size ``limit`` at most."""
        start: cython.double = events + PACE * inputs.features.count
        self.move(inputs, self.gradient.at, self.centre_change, limit, events)
        self.noise_change *= min(max(RESTING_RATE, PACE / start), limit)

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        LinearUnit.grow(self, size)
        self.direction.grow(size)
        return 0

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state through ``archive``."""
        LinearUnit.exchange(self, archive, size)
        what = "information"
        largest: cython.double = LARGEST_COMPONENT * LARGEST_COMPONENT
        self.across = archive.bounded(self.across, FLATTEST, STEEPEST, what)
        self.along = archive.bounded(self.along, FLATTEST / LONGEST_STRETCH, largest, what)
        self.centre_along = archive.bounded(self.centre_along, -largest, largest, what)
        self.centre_noise = archive.bounded(self.centre_noise, -largest, largest, what)
        self.along_noise = archive.bounded(self.along_noise, -largest, largest, what)
        self.noise_information = archive.bounded(self.noise_information, 0.0, largest, what)
        return 0
