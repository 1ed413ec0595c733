# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""One linear function of an event, and its clipped SGD step."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.location_scale import LocationScale
from clipsgd_river._kernels.sgd.step_size import StepSize

if not cython.compiled:
    from clipsgd_river._kernels.core.reductions import total

# A weight or a value beyond this is round-off or an attack; with it every product stays finite.
LARGEST_WEIGHT = 1e150


class LinearUnit:
    r"""f(x) = c + sum of w_j (x_j - m_j), with m the tracked locations.

    Weights are in the units of the data, the gradient is in standardised ones: with v the clipped
    standardised event and g the clipped error, the step is

    .. math:: w_j \leftarrow w_j + \eta\, g\, v_j / s_j, \qquad c \leftarrow c + \eta_c\, g.

    So the scale of a feature does not matter, and f stays the same function when location and
    scale move. Weights and c have steps of their own: where only the level of the target drifts,
    c follows it at once. O(features present) per event; 32 bytes per feature.

    Parameters
    ----------
    rule
        The learning rate, as `StepSize` takes it.
    smallest
        The automatic step at rest.
    pace
        The first steps are pace / (n + pace d): shorter ones than a running mean takes, since an
        event informs d weights at once. At pace c an error at the start fades like
        n^-c, and the variance grows by c^2 / (2 c - 1).
    """

    def __init__(self, rule: object, smallest: float, pace: float) -> None:
        self.pace = pace
        self.weights = Vector()
        self.gradient = Vector()
        self.centre = 0.0
        self.weight_step = StepSize(rule, smallest, True)
        self.centre_step = StepSize(rule, smallest, True)
        # The centre is a table of one feature that is always present.
        self.centre_features = FeatureTable(1)
        self.centre_features.load({})
        self.centre_features.place([0])
        self.centre_features.grow(1)
        self.centre_features.add_pending()
        self.centre_features.load_new([(0, 1.0)])
        self.centre_step.grow(1)
        self.centre_gradient = Vector(1)

    def value(self, inputs: LocationScale) -> float:
        """Value of f at the loaded event; a missing feature counts as its location."""
        count: cython.Py_ssize_t = inputs.features.count
        whole: cython.bint = count == inputs.features.size
        present: cython.p_int = inputs.features.present.at
        values: cython.p_double = inputs.features.values.at
        location: cython.p_double = inputs.location.at
        weights: cython.p_double = self.weights.at
        terms: cython.p_double = inputs.features.scratch.at
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        for k in range(count):
            j = k if whole else present[k]
            terms[k] = weights[j] * (values[j] - location[j])
        result: cython.double = self.centre + total(terms, count)
        return max(min(result, LARGEST_WEIGHT), -LARGEST_WEIGHT)

    def recentre(self, inputs: LocationScale, before: cython.p_double) -> None:
        """Keep f the same function now that the locations moved from ``before``."""
        count: cython.Py_ssize_t = inputs.features.count
        whole: cython.bint = count == inputs.features.size
        present: cython.p_int = inputs.features.present.at
        location: cython.p_double = inputs.location.at
        weights: cython.p_double = self.weights.at
        terms: cython.p_double = inputs.features.scratch.at
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        for k in range(count):
            j = k if whole else present[k]
            terms[k] = weights[j] * (location[j] - before[k])
        self.centre += total(terms, count)
        self.centre = max(min(self.centre, LARGEST_WEIGHT), -LARGEST_WEIGHT)

    def learn_gradient(
        self, inputs: LocationScale, error: float, square: float, events: float
    ) -> None:
        """Leave the gradient, error times v, in ``gradient``; let both step sizes follow it.

        Parameters
        ----------
        inputs
            Whose ``gradient`` is the clipped standardised event v.
        error
            The clipped negative derivative of the loss by f.
        square
            Squared norm of v.
        events
            Events learned so far.
        """
        count: cython.Py_ssize_t = inputs.features.count
        gradient: cython.p_double = self.gradient.at
        event: cython.p_double = inputs.gradient.at
        k: cython.Py_ssize_t
        for k in range(count):
            gradient[k] = error * event[k]
        if square > 0.0:
            self.weight_step.advance(gradient, inputs.features, error * error * square, events)
        self.centre_gradient.at[0] = error
        self.centre_step.advance(
            self.centre_gradient.at, self.centre_features, error * error, events
        )

    def move(
        self,
        inputs: LocationScale,
        change: cython.p_double,
        centre: float,
        limit: float,
        events: float,
    ) -> None:
        """One step of weights and centre.

        Parameters
        ----------
        inputs
            Whose features are loaded.
        change
            Where a step of size 1 would move the weights, in standardised units; one number a
            present feature. Overwritten.
        centre
            Where it would move the centre.
        limit
            Largest step.
        events
            Events learned since the function started, or started again.
        """
        count: cython.Py_ssize_t = inputs.features.count
        whole: cython.bint = count == inputs.features.size
        present: cython.p_int = inputs.features.present.at
        weights: cython.p_double = self.weights.at
        precision: cython.p_double = inputs.precision.at
        seen: cython.p_double = inputs.seen.at
        start: cython.double = self.pace * count
        rate: cython.double
        weight: cython.double
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        if inputs.uniform and count > 0:
            rate = self.pace / (min(seen[0], events) + start)
            rate = min(max(self.weight_step.rate, rate), limit)
            for k in range(count):
                change[k] *= rate
        else:
            # A division each only where features were seen differently often.
            for k in range(count):
                rate = self.pace / (min(seen[present[k]], events) + start)
                change[k] *= min(max(self.weight_step.rate, rate), limit)
        for k in range(count):
            j = k if whole else present[k]
            weight = weights[j] + change[k] * precision[j]
            weights[j] = max(min(weight, LARGEST_WEIGHT), -LARGEST_WEIGHT)
        rate = min(max(self.centre_step.rate, self.pace / (events + self.pace)), limit)
        self.centre += rate * centre
        self.centre = max(min(self.centre, LARGEST_WEIGHT), -LARGEST_WEIGHT)

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.weights.grow(size)
        self.gradient.grow(size)
        self.weight_step.grow(size)
        return 0

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the weight of a feature that is gone: f stays the same where it is missing."""
        self.weights.at[j] = 0.0
        self.weight_step.reset_feature(j)

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the state through ``archive``."""
        largest: cython.double = LARGEST_WEIGHT
        self.centre = archive.bounded(self.centre, -largest, largest, "centre")
        self.weights.exchange_bounded(archive, size, -largest, largest, "weight")
        self.weight_step.exchange(archive, size)
        self.centre_step.exchange(archive, 1)
        return 0
