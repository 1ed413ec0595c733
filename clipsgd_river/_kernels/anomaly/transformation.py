# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How well a logistic regression recognises which transformation was applied to an event."""

from __future__ import annotations

from array import array
from numbers import Integral
from typing import Any

import cython

from clipsgd_river._kernels.anomaly.fourier_weights import frequencies, spelled
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.transformations import destinations, resolved
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.vector import IntegerVector, Vector
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import exp, log, sqrt

    from clipsgd_river._kernels.anomaly.part import (
        LARGEST_COORDINATE,
        NEAR_SQUARE,
        TAIL_WEIGHT,
        tail,
    )
    from clipsgd_river._kernels.core.circle import turn
    from clipsgd_river._kernels.core.features import LARGEST_VALUE
    from clipsgd_river._kernels.core.matrix import dot

# The Hessian of a softmax loss is at most half the squared norm of the inputs, which is 1: longer
# steps than 4 overshoot.
LONGEST_STEP = 4.0
# The automatic threshold is the running median of the norms, and at least LEAST_CLIP; the norm, the
# root mean square of the residuals, is at most sqrt(2). The median of a model that fits would
# vanish and take the step with it; that of one which does not fit, after a change, is large.
MULTIPLE = 1.0
LEAST_CLIP = 0.25
# Logits of inputs of norm 1 stay far below.
LARGEST_WEIGHT = 1e6
# Angles of an image of norm 1, and of the square root of the number of a table's features.
IMAGE_SCALE = 2.0
TABLE_SCALE = 2.0


class TransformationPart(Part):
    r"""Softmax of linear functions of each transformed event's inputs, learned by clipped SGD.

    With phi_m the inputs of the event after transformation m, of norm 1, and p_mk the probability
    that the model gives to transformation k, the distance is the mean over m of -log p_mm, and a
    step is

    .. math:: W \leftarrow W + \eta \min(1, \lambda / g) \sum_m (e_m - p_m) \phi_m^\top, \qquad
              g^2 = \frac1T \sum_m \|e_m - p_m\|^2.

    Inputs are cosines and sines of angles, or the pixels themselves. A pixel's angles under a
    transformation are those of the pixel that it goes to, so an image needs one row of random
    numbers for each pixel. Of a random affine map of a table only its product with the
    frequencies is ever needed: Gaussian numbers again, a row for each feature and transformation.

    O(T d H + T^2 H) per event for T transformations, d features that are not 0 and H angles. The
    angles of a table are scaled by its number of active features (`Attendance`).
    """

    def __init__(self, settings: dict[str, Any], features: FeatureTable) -> None:
        self.active = features.follow_active()
        self.features = features
        self.shape = settings["image_shape"]
        self.seed = settings["seed"]
        transformations = resolved(settings["transformations"], self.shape)
        self.classes = len(transformations)
        self.raw = settings["features"] == "raw"
        self.pixels = 0 if self.shape is None else self.shape[0] * self.shape[1]
        self.angles_each = self.pixels if self.raw else settings["n_components"]
        self.width = self.angles_each if self.raw else 2 * self.angles_each
        self.clip = ClipThreshold(settings["clip"], MULTIPLE)
        self.least_clip = LEAST_CLIP if isinstance(settings["clip"], str) else 0.0
        self.learned_size = 1.0
        self.square = 0.0
        self.tail = 0.0
        count: cython.Py_ssize_t = self.classes * self.angles_each
        self.angles = Vector(count)
        self.others = Vector(count)
        self.phases = Vector(count)
        self.offsets = Vector(count)
        self.inputs = Vector(self.classes * self.width)
        self.errors = Vector(self.classes * self.classes)
        self.weights = Vector(self.classes * self.width)
        self.coordinates = Vector()
        self.random = Vector()
        self.destination = IntegerVector()
        self.pixel = IntegerVector()
        self.next_random = self.random
        self.next_pixel = self.pixel
        if self.pixels == 0:
            self.offsets.replace(array("d", frequencies("offsets of the maps", self.seed, count)))
            return
        self.destination.replace(array("i", destinations(transformations, self.shape)))
        if not self.raw:
            random = array("d")
            for pixel in range(self.pixels):
                random.extend(frequencies(spelled(pixel), self.seed, self.angles_each))
            self.random.replace(random)

    def grow(self, standard: LocationScale, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features: pixels of the image, or maps of a table."""
        known: cython.Py_ssize_t = standard.features.size
        count: cython.Py_ssize_t = self.classes * self.angles_each
        names = standard.features.coming_names()
        self.coordinates.grow(size)
        self.next_random = self.random
        self.next_pixel = self.pixel
        if self.pixels == 0:
            random = array("d", self.random.memory[: known * count])
            for name in names[known:]:
                random.extend(frequencies(spelled(name), self.seed, count))
            for position, name in standard.features.passing:
                row = frequencies(spelled(name), self.seed, count)
                random[position * count : (position + 1) * count] = row
            if random:
                self.next_random = Vector()
                self.next_random.replace(random)
            return 0
        pixel = array("i", self.pixel.memory[:known])
        for name in names[known:]:
            pixel.append(self.pixel_of(name))
        for position, name in standard.features.passing:
            pixel[position] = self.pixel_of(name)
        if pixel:
            self.next_pixel = IntegerVector()
            self.next_pixel.replace(pixel)
        return 0

    def pixel_of(self, name: Any) -> int:
        """Pixel that a feature is; ``ValueError`` if it is not one."""
        pixel_like = isinstance(name, Integral) and not isinstance(name, bool)
        if not pixel_like or int(name) >= self.pixels:
            raise ValueError(
                f"the event has a feature {name!r}, and the features of an image of "
                f"{self.shape[0]} x {self.shape[1]} are its pixels, 0 to {self.pixels - 1}, row "
                "by row: name them so, or leave image_shape out"
            )
        if name < 0:
            raise ValueError(f"the event has a pixel {name}; pixels are counted from 0 on")
        return int(name)

    def usual(self, standard: LocationScale, j: cython.Py_ssize_t) -> float:
        """Coordinate that a missing feature takes: a pixel's mean, 0 in a table."""
        if self.pixels == 0:
            return 0.0
        return max(min(standard.location.at[j], LARGEST_VALUE), -LARGEST_VALUE)

    def load(self, standard: LocationScale, started: cython.bint) -> None:
        """Coordinates and angles of the loaded event, or of its features that have started."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        z: cython.double
        self.square = 0.0
        self.tail = 0.0
        for k in range(self.classes * self.angles_each):
            self.angles.at[k] = 0.0
        if self.pixels > 0:
            self.load_pixels(standard)
            return
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            z = standard.z.at[k]
            if started and not standard.has_started(j):
                z = 0.0
            self.tail += tail(z, TAIL_WEIGHT)
            z = max(min(z, LARGEST_COORDINATE), -LARGEST_COORDINATE)
            self.coordinates.at[j] = z
            if z != 0.0:
                self.square += z * z
                self.add(self.angles.at, j, z)

    def load_pixels(self, standard: LocationScale) -> None:
        """Coordinates and angles of an image, whose missing pixels are at their mean."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        z: cython.double
        for j in range(standard.features.size):
            self.coordinates.at[j] = self.usual(standard, j)
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            self.coordinates.at[j] = standard.features.values.at[j]
        for j in range(standard.features.size):
            z = self.coordinates.at[j]
            if z != 0.0:
                self.square += z * z
                self.add(self.angles.at, j, z)

    def add(self, angles: cython.p_double, j: cython.Py_ssize_t, value: float) -> None:
        """Add feature j's share at a coordinate to the angles."""
        i: cython.Py_ssize_t
        m: cython.Py_ssize_t
        target: cython.Py_ssize_t
        count: cython.Py_ssize_t = self.angles_each
        start: cython.Py_ssize_t
        if self.pixels == 0:
            start = j * self.classes * count
            for i in range(self.classes * count):
                angles[i] += value * self.random.at[start + i]
            return
        for m in range(self.classes):
            target = self.destination.at[m * self.pixels + self.pixel.at[j]]
            if self.raw:
                angles[m * count + target] += value
                continue
            start = target * count
            for i in range(count):
                angles[m * count + i] += value * self.random.at[start + i]

    def compute_inputs(self, angles: cython.p_double, square: float) -> None:
        """Inputs of the model, of norm 1 for each transformation."""
        inputs: cython.p_double = self.inputs.at
        i: cython.Py_ssize_t
        count: cython.Py_ssize_t = self.classes * self.angles_each
        factor: cython.double = 0.0
        share: cython.double = 1.0 / sqrt(self.angles_each)
        if self.pixels == 0:
            factor = TABLE_SCALE / sqrt(self.learned_size)
        elif square > 0.0:
            factor = (1.0 if self.raw else IMAGE_SCALE) / sqrt(square)
        if self.raw:
            for i in range(count):
                inputs[i] = angles[i] * factor
            return
        for i in range(count):
            self.phases.at[i] = angles[i] * factor + self.offsets.at[i]
        turn(self.phases.at, 1.0, self.inputs.at, count)
        for i in range(2 * count):
            inputs[i] *= share

    def logit(self, k: cython.Py_ssize_t, m: cython.Py_ssize_t) -> float:
        """Linear function of transformation k at the event after transformation m."""
        count: cython.Py_ssize_t = self.angles_each
        z: cython.double = dot(self.weights.at, k * self.width, self.inputs.at, m * count, count)
        if self.raw:
            return z
        return z + dot(
            self.weights.at,
            k * self.width + count,
            self.inputs.at,
            (self.classes + m) * count,
            count,
        )

    def compare(self, angles: cython.p_double, square: float, excess: float) -> float:
        """Distance at these angles; leaves the errors e_m - p_m."""
        k: cython.Py_ssize_t
        m: cython.Py_ssize_t
        start: cython.Py_ssize_t
        top: cython.double
        total: cython.double
        own: cython.double
        surprise: cython.double = 0.0
        errors: cython.p_double = self.errors.at
        self.compute_inputs(angles, square)
        for m in range(self.classes):
            start = m * self.classes
            top = self.logit(0, m)
            errors[start] = top
            for k in range(1, self.classes):
                errors[start + k] = self.logit(k, m)
                top = max(top, errors[start + k])
            own = errors[start + m] - top
            total = 0.0
            for k in range(self.classes):
                errors[start + k] = exp(errors[start + k] - top)
                total += errors[start + k]
            surprise += log(total) - own
            for k in range(self.classes):
                errors[start + k] = -errors[start + k] / total
            errors[start + m] += 1.0
        surprise = max(surprise / self.classes, 0.0)
        if self.pixels > 0:
            return surprise
        return surprise * (square / (square + NEAR_SQUARE)) + excess

    def distance(self, standard: LocationScale) -> float:
        """Mean negative log-likelihood of the transformations, and the tail."""
        if standard.features.count == 0:
            return 0.0
        self.load(standard, False)
        return self.compare(self.angles.at, self.square, self.tail)

    def usual_distance(self, standard: LocationScale) -> float:
        """That of an untrained model: all transformations are equally likely."""
        return log(self.classes)

    def contribute(self, standard: LocationScale, contributions: cython.p_double) -> None:
        """By how much the distance drops when a feature takes its expected value, for each."""
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        u: cython.double
        usual: cython.double
        rest: cython.double
        excess: cython.double
        if standard.features.count == 0:
            return
        whole: cython.double = self.compare(self.angles.at, self.square, self.tail)
        for k in range(standard.features.count):
            j = standard.features.present.at[k]
            u = self.coordinates.at[j]
            usual = self.usual(standard, j)
            excess = self.tail
            if self.pixels == 0:
                excess = max(excess - tail(standard.z.at[k], TAIL_WEIGHT), 0.0)
            for i in range(self.classes * self.angles_each):
                self.others.at[i] = self.angles.at[i]
            self.add(self.others.at, j, usual - u)
            rest = max(self.square - u * u, 0.0) + usual * usual
            contributions[j] = whole - self.compare(self.others.at, rest, excess)

    def any_starts(self, standard: LocationScale) -> cython.bint:
        """Whether a feature of the event has not started yet."""
        k: cython.Py_ssize_t
        if standard.starting > 0:
            for k in range(standard.features.count):
                if not standard.has_started(standard.features.present.at[k]):
                    return True
        return False

    def rate(self, standard: LocationScale) -> float:
        """Step of the weights."""
        if standard.location_step.automatic:
            return LONGEST_STEP
        return standard.location_step.rate * LONGEST_STEP

    def step(self, standard: LocationScale, events: float) -> None:
        """One clipped step of the weights, on features that have started."""
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        m: cython.Py_ssize_t
        square: cython.double = 0.0
        weight: cython.double
        count: cython.Py_ssize_t = self.angles_each
        # The errors of `distance` are still valid, unless features are new or still starting.
        changed: cython.bint = self.learned_size != self.active.count
        self.learned_size = max(self.active.count, 1)
        if self.pixels == 0 and self.any_starts(standard):
            self.load(standard, True)
            if self.square == 0.0:
                return
            changed = True
        if changed:
            self.compare(self.angles.at, self.square, self.tail)
        for i in range(self.classes * self.classes):
            square += self.errors.at[i] * self.errors.at[i]
        norm: cython.double = sqrt(square / self.classes)
        rate: cython.double = self.rate(standard)
        limit: cython.double = self.clip.value(LONGEST_STEP / max(rate, 1e-9), 1.0)
        limit = max(limit, self.least_clip)
        # A median kept this high adapts quickly when the model no longer fits.
        self.clip.observe(max(norm, self.least_clip), 1.0)
        if norm > limit:
            rate *= limit / norm
        for k in range(self.classes):
            for m in range(self.classes):
                weight = rate * self.errors.at[m * self.classes + k]
                self.move(k * self.width, m * count, weight)
                if not self.raw:
                    self.move(k * self.width + count, (self.classes + m) * count, weight)

    def move(self, start: cython.Py_ssize_t, source: cython.Py_ssize_t, weight: float) -> None:
        """Add inputs from ``source`` on, weighted, to the weights from ``start`` on."""
        i: cython.Py_ssize_t
        weights: cython.p_double = self.weights.at
        inputs: cython.p_double = self.inputs.at
        for i in range(self.angles_each):
            weights[start + i] += weight * inputs[source + i]

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all; what changes between two events counts at once."""
        self.random = self.next_random
        self.pixel = self.next_pixel
        if size == self.features.size:
            self.learned_size = max(self.active.next_count, 1)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of the weights."""
        return self.classes * self.width if size > 0 else 0

    def exchange(self, standard: LocationScale, archive: Archive) -> cython.int:
        """Pass the state through ``archive``: the weights; random numbers follow from names."""
        self.clip.exchange(archive)
        if standard.features.size == 0:
            return 0
        count: cython.Py_ssize_t = self.classes * self.width
        self.weights.exchange_bounded(archive, count, -LARGEST_WEIGHT, LARGEST_WEIGHT, "weight")
        self.learned_size = max(self.active.count, 1)
        return 0
