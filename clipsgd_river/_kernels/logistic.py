# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Logistic regression by clipped SGD: two classes or more."""

from __future__ import annotations

from typing import Any

from clipsgd_river._kernels.archive import Archive
from clipsgd_river._kernels.buffers import enlarged, zeros
from clipsgd_river._kernels.clip_threshold import ClipThreshold
from clipsgd_river._kernels.linear import LinearKernel
from clipsgd_river._kernels.logistic_unit import LogisticUnit

try:
    import cython
except ImportError:
    from clipsgd_river._kernels import _shim as cython

if not cython.compiled:
    from math import exp, sqrt

    from clipsgd_river._kernels.buffers import doubles
    from clipsgd_river._kernels.logistic_unit import SLOW_RATE, STEEPEST

# A logit beyond this is certainty, and its exponential is still far from overflow.
LARGEST_LOGIT = 300.0
# Step of what is tracked over fifty events.
FAST_RATE = 0.02
# Share of random labels: where its estimate starts, and between what it stays.
FIRST_NOISE = 0.05
SMALLEST_NOISE = 0.001
LARGEST_NOISE = 0.5


class LogisticKernel(LinearKernel):
    r"""Softmax of linear functions, one for two classes, else one for each class.

    A label is taken as random (uniform over the K classes) with probability epsilon, so that

    .. math:: q_y = \epsilon / K + (1 - \epsilon) p_y, \qquad r = (1 - \epsilon) p_y / q_y

    are the likelihood of a label and the probability that it is real. The gradient of -log q is r
    times that of -log p, so that a label which contradicts a certain model hardly counts; epsilon
    follows 1 - r (online expectation-maximisation).
    When many recent labels contradict, the concept has changed, and every label counts in full.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        LinearKernel.__init__(self, settings)
        # Its median is never shown a norm, so that the automatic threshold stays sqrt(d + 1): the
        # median vanishes once the model fits.
        self.clip = ClipThreshold(settings["clip"], 1.0)
        self.units: list[LogisticUnit] = []
        self.classes = 0
        noise = settings["label_noise"]
        self.estimates_noise = noise == "auto"
        self.noise = FIRST_NOISE if noise == "auto" else float(noise)
        self.contradiction = 0.0
        self.probability_values = zeros(0)
        self.probability = doubles(self.probability_values)

    def prepare(self) -> cython.int:
        """Ask a River scheduler, if there is one, for the next step."""
        for unit in self.units:
            unit.weight_step.consult_scheduler(self.events + 1.0)
            unit.centre_step.consult_scheduler(self.events + 1.0)
        return 0

    def reserve(self) -> cython.int:
        """Make room for the features that the inputs have by now."""
        unit: LogisticUnit
        LinearKernel.reserve(self)
        for unit in self.units:
            unit.reserve(self.size)
        return 0

    def add_class(self) -> None:
        """Start one more class; the second one needs a linear function, a third two more."""
        unit: LogisticUnit
        first: LogisticUnit
        j: cython.Py_ssize_t
        rule = self.settings["learning_rate"]
        units = list(self.units)
        for _ in range((0, 1, 2)[self.classes] if self.classes < 3 else 1):
            unit = LogisticUnit(rule, 0.0005)
            unit.reserve(self.size)
            units.append(unit)
        if self.classes == 2:
            # One function for the odds of two classes becomes two of half its size.
            first = units[0]
            unit = units[1]
            first.centre *= -0.5
            unit.centre = -first.centre
            for j in range(self.size):
                first.weights[j] *= -0.5
                unit.weights[j] = -first.weights[j]
            fresh: LogisticUnit = LogisticUnit(rule, 0.0005)
            fresh.reserve(self.size)
            fresh.centre = first.centre
            for j in range(self.size):
                fresh.weights[j] = first.weights[j]
            units[0] = fresh
        self.probability_values = enlarged(self.probability_values, self.classes + 1)
        self.probability = doubles(self.probability_values)
        self.units = units
        self.classes += 1

    def outputs(self) -> cython.Py_ssize_t:
        """One probability for each class."""
        return max(self.classes, 1)

    def evaluate(self) -> None:
        """Probability of each class."""
        unit: LogisticUnit
        z: cython.double
        top: cython.double = -LARGEST_LOGIT
        total: cython.double = 0.0
        c: cython.Py_ssize_t
        if self.classes < 2:
            self.probability[0] = 1.0
            return
        if self.classes == 2:
            unit = self.units[0]
            z = max(min(unit.value(self.inputs), LARGEST_LOGIT), -LARGEST_LOGIT)
            self.probability[1] = 1.0 / (1.0 + exp(-z))
            self.probability[0] = 1.0 / (1.0 + exp(z))
            return
        for c in range(self.classes):
            unit = self.units[c]
            z = max(min(unit.value(self.inputs), LARGEST_LOGIT), -LARGEST_LOGIT)
            self.probability[c] = z
            top = max(top, z)
        for c in range(self.classes):
            self.probability[c] = exp(self.probability[c] - top)
            total += self.probability[c]
        for c in range(self.classes):
            self.probability[c] /= total

    def write(self, out: cython.p_double, start: cython.Py_ssize_t) -> None:
        """The probabilities."""
        c: cython.Py_ssize_t
        for c in range(self.outputs()):
            out[start + c] = self.probability[c]

    def trust(self, label: cython.Py_ssize_t) -> float:
        """Probability that the label is real; lets the share of random labels follow."""
        likelihood: cython.double = (1.0 - self.noise) * self.probability[label]
        real: cython.double = likelihood / (self.noise / self.classes + likelihood + 1e-300)
        if not self.estimates_noise:
            return real
        # A certain label that turns out otherwise; uncertain ones say nothing of a change.
        self.contradiction += FAST_RATE * (1.0 - real - self.contradiction)
        if self.contradiction > 1.5 * self.noise + 0.15:
            return 1.0
        rate: cython.double = max(SLOW_RATE, 1.0 / (self.events + 100.0))
        self.noise += rate * (1.0 - real - self.noise)
        self.noise = max(min(self.noise, LARGEST_NOISE), SMALLEST_NOISE)
        return real

    def information(self, p: float) -> float:
        """Fisher information that a label, random with probability epsilon, has on a logit."""
        real: cython.double = 1.0 - self.noise
        q: cython.double = self.noise / self.classes + real * p
        bend: cython.double = p * (1.0 - p)
        return real * real * bend * bend / (q * (1.0 - q) + 1e-300)

    def learn(self, target: float) -> None:
        """One clipped step towards the class with index ``target``."""
        unit: LogisticUnit
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        p: cython.double
        error: cython.double
        product: cython.double
        label: cython.Py_ssize_t = cython.cast(cython.Py_ssize_t, target)
        count: cython.Py_ssize_t = len(self.units)
        self.events += 1.0
        energy: cython.double = self.follow_inputs()
        for c in range(count):
            unit = self.units[c]
            unit.recentre(self.inputs, self.before)
        if count == 0:
            return
        factor: cython.double = self.trust(label)
        total: cython.double = 0.0
        for c in range(self.classes):
            error = (1.0 if c == label else 0.0) - self.probability[c]
            total += error * error
        if count == 1:
            total *= 0.5
        unit = self.units[0]
        norm: cython.double = factor * sqrt(total * (1.0 + energy))
        factor *= self.clipped(norm, unit.weight_step.rate)
        for c in range(count):
            unit = self.units[c]
            k = 1 if count == 1 else c
            p = self.probability[k]
            error = factor * ((1.0 if k == label else 0.0) - p)
            product = unit.stretch(self.inputs, self.information(p), energy, self.events)
            unit.step(
                self.inputs,
                unit.direction,
                error,
                energy,
                product,
                unit.curvature,
                STEEPEST,
                self.events,
            )

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        unit: LogisticUnit
        LinearKernel.exchange(self, archive)
        classes: cython.double = archive.count(self.classes)
        if classes > self.settings["max_classes"]:
            raise ValueError(f"the state claims {classes:.0f} classes: it is damaged")
        while self.classes < classes:
            self.add_class()
        self.noise = archive.number(self.noise)
        self.contradiction = archive.number(self.contradiction)
        if not 0.0 <= self.noise < 1.0 or not 0.0 <= self.contradiction <= 1.0:
            raise ValueError("the state holds an impossible share of random labels: it is damaged")
        for unit in self.units:
            unit.exchange(archive, self.size)
        return 0

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this kernel."""
        owners = [*LinearKernel.owners(self), self.probability_values]
        unit: LogisticUnit
        for unit in self.units:
            owners += unit.owners()
        return owners
