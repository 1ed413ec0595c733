# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Logistic regression by clipped SGD: two classes or more."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import addresses
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.linear_model.linear import LinearKernel
from clipsgd_river._kernels.linear_model.logistic_unit import LogisticUnit

if not cython.compiled:
    from math import exp, sqrt

    from clipsgd_river._kernels.core.buffers import pointers
    from clipsgd_river._kernels.linear_model.logistic_unit import SLOW_RATE

# A logit beyond this is certainty, and its exponential is still far from overflow.
LARGEST_LOGIT = 300.0
# Step of what is tracked over fifty events.
FAST_RATE = 0.02
# Share of random labels: where its estimate starts, and between what it stays.
FIRST_NOISE = 0.05
SMALLEST_NOISE = 0.001
LARGEST_NOISE = 0.5
# Its longest step; and the events per feature after a start or a change until half of its steps
# count, since weights that are still on their way are too short and seem to need no noise.
LONGEST_NOISE_STEP = 0.001
NOISE_START = 50.0
# The concept has changed when recent events are missed by so many standard deviations, and by so
# much, more than is usual.
SURPRISE = 4.0
TOLERANCE = 0.05


class LogisticKernel(LinearKernel):
    r"""Softmax of linear functions, one for two classes, else one for each class.

    A label is taken as random (uniform over the K classes) with probability epsilon, so that

    .. math:: q_y = \epsilon / K + (1 - \epsilon) p_y, \qquad r = (1 - \epsilon) p_y / q_y

    are the likelihood of a label and the probability that it is real. The gradient of -log q is r
    times that of -log p, so that a label which contradicts a certain model hardly counts. epsilon
    is learned with the weights, by natural gradient (`LogisticUnit`).

    When the last fifty events were missed by far more than the last five hundred, the concept has
    changed: labels then count in full, and steps are as long as at a start.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        # The clip never observes a norm, so that the automatic threshold stays sqrt(d + 1): the
        # median would vanish once the model fits.
        LinearKernel.__init__(self, settings, 1.0)
        self.units: list[LogisticUnit] = []
        self.functions = 0
        self.point_to_units()
        self.classes = 0
        noise = settings["label_noise"]
        # A learning rate set by the user is kept.
        self.restarts = settings["learning_rate"] == "auto"
        self.estimates_noise = noise == "auto"
        self.noise = FIRST_NOISE if noise == "auto" else float(noise)
        self.recent_miss = 0.5
        self.usual_miss = 0.5
        self.usual_square = 0.3
        self.steady = True
        self.since_change = 0.0
        self.probability = Vector()

    def point_to_units(self) -> cython.int:
        """Point to the units, for code that runs without the interpreter's lock."""
        self.address_values = addresses(self.units)
        self.unit = pointers(self.address_values)
        self.functions = len(self.units)
        return 0

    def prepare(self) -> cython.int:
        """Ask a River scheduler, if there is one, for the next step."""
        LinearKernel.prepare(self)
        for unit in self.units:
            unit.weight_step.consult_scheduler(self.events + 1.0)
            unit.centre_step.consult_scheduler(self.events + 1.0)
        return 0

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        unit: LogisticUnit
        for unit in self.units:
            unit.grow(size)
        return LinearKernel.grow(self, size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        unit: LogisticUnit
        LinearKernel.reset_feature(self, j)
        for unit in self.units:
            unit.reset_feature(j)

    def class_of(self, label: Any, labels: dict[Any, int]) -> int:
        """Class of a label by ``labels``, which takes it up as one more class if it is new.

        Both in one call: between two, another thread could take up the same label.
        """
        self.claim()
        try:
            if label not in labels:
                limit = self.settings["max_classes"]
                if self.classes >= limit:
                    raise ValueError(
                        f"the label {label!r} would be class {limit + 1}, and max_classes={limit}; "
                        "if labels carry values (ids, times), use a regression or drop them"
                    )
                self.start_class()
                labels[label] = self.classes - 1
            return labels[label]
        finally:
            self.busy = False

    def start_class(self) -> cython.int:
        """Start one more class; the second one needs a linear function, a third two more."""
        unit: LogisticUnit
        first: LogisticUnit
        j: cython.Py_ssize_t
        size: cython.Py_ssize_t = self.features.size
        rule = self.settings["learning_rate"]
        units = list(self.units)
        for _ in range((0, 1, 2)[self.classes] if self.classes < 3 else 1):
            unit = LogisticUnit(rule)
            unit.grow(size)
            units.append(unit)
        if self.classes == 2:
            # One function for the odds of two classes becomes two of half its size.
            first = units[0]
            unit = units[1]
            first.centre *= -0.5
            unit.centre = -first.centre
            for j in range(size):
                first.weights.at[j] *= -0.5
                unit.weights.at[j] = -first.weights.at[j]
            fresh: LogisticUnit = LogisticUnit(rule)
            fresh.grow(size)
            fresh.centre = first.centre
            for j in range(size):
                fresh.weights.at[j] = first.weights.at[j]
            units[0] = fresh
        self.probability.grow(self.classes + 1)
        self.units = units
        self.point_to_units()
        self.classes += 1
        self.outputs = self.classes
        return 0

    def logit(self, function: cython.Py_ssize_t) -> float:
        """One of the linear functions at the loaded event, within bounds."""
        z: cython.double = cython.cast(LogisticUnit, self.unit[function]).value(self.inputs)
        return max(min(z, LARGEST_LOGIT), -LARGEST_LOGIT)

    def evaluate(self) -> None:
        """Probability of each class."""
        probability: cython.p_double = self.probability.at
        z: cython.double
        top: cython.double = -LARGEST_LOGIT
        total: cython.double = 0.0
        c: cython.Py_ssize_t
        if self.classes < 2:
            probability[0] = 1.0
            return
        if self.classes == 2:
            z = self.logit(0)
            probability[1] = 1.0 / (1.0 + exp(-z))
            probability[0] = 1.0 / (1.0 + exp(z))
            return
        for c in range(self.classes):
            z = self.logit(c)
            probability[c] = z
            top = max(top, z)
        for c in range(self.classes):
            probability[c] = exp(probability[c] - top)
            total += probability[c]
        for c in range(self.classes):
            probability[c] /= total

    def write(self, out: cython.p_double, start: cython.Py_ssize_t) -> None:
        """The probabilities."""
        c: cython.Py_ssize_t
        for c in range(self.outputs):
            out[start + c] = self.probability.at[c]

    def trust(self, label: cython.Py_ssize_t) -> float:
        """Probability that the label is real; all count as real while the concept changes."""
        p: cython.double = self.probability.at[label]
        likelihood: cython.double = (1.0 - self.noise) * p
        real: cython.double = likelihood / (self.noise / self.classes + likelihood + 1e-300)
        self.since_change += 1.0
        self.detect_change(1.0 - p)
        return real if self.steady else 1.0

    def detect_change(self, miss: float) -> None:
        """Compare the misses of fifty events with those of five hundred."""
        rate: cython.double = max(SLOW_RATE, 1.0 / (self.since_change + 20.0))
        spread: cython.double = max(self.usual_square - self.usual_miss * self.usual_miss, 0.0)
        self.recent_miss += FAST_RATE * (miss - self.recent_miss)
        usual: cython.double = self.usual_miss + SURPRISE * sqrt(0.5 * FAST_RATE * spread)
        self.steady = self.recent_miss <= usual + TOLERANCE
        self.usual_miss += rate * (miss - self.usual_miss)
        self.usual_square += rate * (miss * miss - self.usual_square)
        if not self.steady and self.restarts:
            self.since_change = 0.0

    def teach(self, target: float) -> None:
        """One clipped step towards the class with index ``target``."""
        c: cython.Py_ssize_t
        error: cython.double
        label: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, target)
        if label >= self.classes:
            # Another thread has made the model forget its classes meanwhile.
            return
        energy: cython.double = self.follow_inputs()
        for c in range(self.functions):
            cython.cast(LogisticUnit, self.unit[c]).recentre(self.inputs, self.before.at)
        if self.functions == 0:
            return
        factor: cython.double = self.trust(label)
        total: cython.double = 0.0
        for c in range(self.classes):
            error = (1.0 if c == label else 0.0) - self.probability.at[c]
            total += error * error
        if self.functions == 1:
            total *= 0.5
        norm: cython.double = factor * sqrt(total * (1.0 + self.usual_energy))
        rate: cython.double = cython.cast(LogisticUnit, self.unit[0]).weight_step.rate
        factor *= self.clipped(norm, rate)
        for c in range(self.functions):
            self.teach_unit(c, label, factor, energy)
        if self.estimates_noise and self.steady:
            self.learn_noise()

    def teach_unit(
        self, function: cython.Py_ssize_t, label: cython.Py_ssize_t, factor: float, energy: float
    ) -> None:
        """One step of one linear function; its class against all others, as for two classes."""
        c: cython.Py_ssize_t = 1 if self.functions == 1 else function
        hit: cython.double = 1.0 if c == label else 0.0
        p: cython.double = self.probability.at[c]
        real: cython.double = 1.0 - self.noise
        q: cython.double = self.noise / self.classes + real * p
        variance: cython.double = q * (1.0 - q) + 1e-300
        slope: cython.double = real * p * (1.0 - p)
        noise_slope: cython.double = 0.0
        if self.estimates_noise:
            noise_slope = real * self.noise * (1.0 / self.classes - p)
        error: cython.double = factor * (hit - p)
        score: cython.double = (hit - q) / variance * noise_slope
        cython.cast(LogisticUnit, self.unit[function]).learn_gradient(
            self.inputs, error, energy, self.events
        )
        cython.cast(LogisticUnit, self.unit[function]).learn_information(
            self.inputs, slope, noise_slope, variance, self.since_change
        )
        limit: cython.double = cython.cast(LogisticUnit, self.unit[function]).turn(
            self.inputs, error, score, energy, self.events
        )
        cython.cast(LogisticUnit, self.unit[function]).take_step(
            self.inputs, limit, self.since_change
        )

    def learn_noise(self) -> None:
        """Step of the share of random labels, the mean of what the linear functions ask for."""
        c: cython.Py_ssize_t
        change: cython.double = 0.0
        for c in range(self.functions):
            change += cython.cast(LogisticUnit, self.unit[c]).noise_change
        # It was solved for as a logit: d noise = noise (1 - noise) d logit, to first order.
        change *= self.noise * (1.0 - self.noise) / self.functions
        change *= self.since_change / (self.since_change + NOISE_START * self.features.count)
        self.noise += max(min(change, LONGEST_NOISE_STEP), -LONGEST_NOISE_STEP)
        self.noise = max(min(self.noise, LARGEST_NOISE), SMALLEST_NOISE)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        unit: LogisticUnit
        LinearKernel.exchange(self, archive)
        classes: cython.double = archive.count(self.classes)
        if classes > self.settings["max_classes"]:
            raise ValueError(f"the state claims {classes:.0f} classes: it is damaged")
        while self.classes < classes:
            self.start_class()
        self.noise = archive.bounded(self.noise, 0.0, 1.0 - 2.0**-53, "share of random labels")
        self.recent_miss = archive.bounded(self.recent_miss, 0.0, 1.0, "share of misses")
        self.usual_miss = archive.bounded(self.usual_miss, 0.0, 1.0, "share of misses")
        self.usual_square = archive.bounded(self.usual_square, 0.0, 1.0, "share of misses")
        self.since_change = archive.count(self.since_change)
        for unit in self.units:
            unit.exchange(archive, self.features.size)
        return 0
