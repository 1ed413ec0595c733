# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How well a logistic regression still tells what was done to an event."""

from __future__ import annotations

from array import array
from numbers import Integral
from typing import Any

from clipsgd_river._kernels.anomaly.fourier_weights import frequencies, spelled
from clipsgd_river._kernels.anomaly.part import Part
from clipsgd_river._kernels.anomaly.part_kernel import PartKernel
from clipsgd_river._kernels.anomaly.transformations import destinations, resolved
from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.buffers import zero_integers, zeros
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.location_scale import LocationScaleKernel

try:
    import cython
except ImportError:
    from clipsgd_river._kernels.core import _shim as cython

if not cython.compiled:
    from math import exp, fabs, log, sqrt

    from clipsgd_river._kernels.core.buffers import doubles, integers
    from clipsgd_river._kernels.core.circle import turn
    from clipsgd_river._kernels.core.matrix import dot

# Deviations of a table enter up to this; what exceeds it adds this times the logarithm of the
# excess, as the tail of a Student distribution would.
LARGEST_COORDINATE = 4.0
TAIL_WEIGHT = 2.0
# Within a thousandth of a scale of the expected event of a table the distance falls to 0.
NEAR_SQUARE = 1e-6
# The Hessian of a softmax loss is at most half the squared norm of the inputs, which is 1: longer
# steps than 4 overshoot.
LONGEST_STEP = 4.0
# The automatic threshold is the running median of the norms, and no less than this; the norm, the
# root mean square of the residuals, is at most sqrt(2). The median of a model that fits would
# vanish and take the step with it; that of one which does not fit, after a change, is large.
LEAST_CLIP = 0.25
# A pixel beyond this counts as this: squares stay finite.
LARGEST_PIXEL = 1e150
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

    O(T d H + T^2 H) per event for T transformations, d features that are not 0 and H angles.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.shape = settings["image_shape"]
        self.transformations = resolved(settings["transformations"], self.shape)
        self.seed = settings["seed"]
        self.classes = len(self.transformations)
        self.raw = settings["features"] == "raw"
        self.pixels = 0 if self.shape is None else self.shape[0] * self.shape[1]
        self.angles_each = self.pixels if self.raw else settings["n_components"]
        self.width = self.angles_each if self.raw else 2 * self.angles_each
        self.clip = ClipThreshold(settings["clip"], 1.0)
        self.least_clip = LEAST_CLIP if isinstance(settings["clip"], str) else 0.0
        self.known = 1.0
        self.square = 0.0
        self.tail = 0.0
        self.random_values = zeros(0)
        self.offset_values = zeros(0)
        self.destination_values = zero_integers(0)
        self.pixel_values = zero_integers(0)
        self.coordinate_values = zeros(0)
        self.angle_values = zeros(0)
        self.other_values = zeros(0)
        self.phase_values = zeros(0)
        self.input_values = zeros(0)
        self.error_values = zeros(0)
        self.weight_values = zeros(0)
        self.point()

    def point(self) -> cython.int:
        """Aim the pointers at their owners."""
        self.random = doubles(self.random_values)
        self.offsets = doubles(self.offset_values)
        self.destination = integers(self.destination_values)
        self.pixel = integers(self.pixel_values)
        self.coordinates = doubles(self.coordinate_values)
        self.angles = doubles(self.angle_values)
        self.others = doubles(self.other_values)
        self.phases = doubles(self.phase_values)
        self.inputs = doubles(self.input_values)
        self.errors = doubles(self.error_values)
        self.weights = doubles(self.weight_values)
        return 0

    def room(self, ground: LocationScaleKernel, size: cython.Py_ssize_t) -> Any:
        """Random numbers of ``size`` features; at the first start, weights and scratch space."""
        pending = ground.features.pending
        count: cython.Py_ssize_t = self.classes * self.angles_each
        first: cython.bint = ground.features.size == 0
        if self.pixels > 0:
            pixel = array("i", self.pixel_values[: ground.features.size])
            for name in pending:
                pixel_like = isinstance(name, Integral) and not isinstance(name, bool)
                if not pixel_like or int(name) >= self.pixels:
                    raise ValueError(
                        f"the event has a feature {name!r}, and the features of an image of "
                        f"{self.shape[0]} x {self.shape[1]} are its pixels, 0 to "
                        f"{self.pixels - 1}, row by row: name them so, or leave image_shape out"
                    )
                if name < 0:
                    raise ValueError(f"the event has a pixel {name}; pixels are counted from 0 on")
                pixel.append(int(name))
            random = self.random_values
            moves = self.destination_values
            if first:
                moves = array("i", destinations(self.transformations, self.shape))
            if first and not self.raw:
                random = array("d")
                for place in range(self.pixels):
                    random.extend(frequencies(spelled(place), self.seed, self.angles_each))
            found: Any = (random, moves, pixel)
        else:
            random = array("d", self.random_values[: ground.features.size * count])
            for name in pending:
                random.extend(frequencies(spelled(name), self.seed, count))
            found = (random or zeros(0), zero_integers(0), zero_integers(0))
        if not first:
            return (*found, zeros(size))
        offsets = zeros(count)
        if self.pixels == 0:
            offsets = array("d", frequencies("offsets of the maps", self.seed, count))
        scratch = [zeros(count) for _ in range(3)]
        inputs = zeros(self.classes * self.width)
        errors = zeros(self.classes * self.classes)
        weights = zeros(self.classes * self.width)
        return (*found, zeros(size), offsets, *scratch, inputs, errors, weights)

    def occupy(self, room: Any, size: cython.Py_ssize_t) -> cython.int:
        """Take over what `room` gave."""
        self.random_values = room[0]
        self.destination_values = room[1]
        self.pixel_values = room[2]
        self.coordinate_values = room[3]
        if len(room) > 4:
            self.offset_values = room[4]
            self.angle_values = room[5]
            self.other_values = room[6]
            self.phase_values = room[7]
            self.input_values = room[8]
            self.error_values = room[9]
            self.weight_values = room[10]
        return self.point()

    def excess(self, z: float) -> float:
        """What a deviation of a table adds beyond the model."""
        size: cython.double = fabs(z)
        if size <= LARGEST_COORDINATE:
            return 0.0
        return TAIL_WEIGHT * log(size / LARGEST_COORDINATE)

    def usual(self, ground: LocationScaleKernel, j: cython.Py_ssize_t) -> float:
        """Coordinate that a missing feature takes: a pixel's mean, 0 in a table."""
        if self.pixels == 0:
            return 0.0
        return max(min(ground.location[j], LARGEST_PIXEL), -LARGEST_PIXEL)

    def load(self, ground: LocationScaleKernel, settled: cython.bint) -> None:
        """Coordinates and angles of the loaded event; of settled features only, if asked."""
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        z: cython.double
        self.square = 0.0
        self.tail = 0.0
        for j in range(ground.features.size):
            self.coordinates[j] = self.usual(ground, j)
        for k in range(ground.features.count):
            j = ground.features.present[k]
            if self.pixels > 0:
                z = ground.features.values[j]
                self.coordinates[j] = max(min(z, LARGEST_PIXEL), -LARGEST_PIXEL)
                continue
            z = ground.tempered[k]
            if settled and ground.seen[j] < ground.start.length:
                z = 0.0
            self.tail += self.excess(z)
            self.coordinates[j] = max(min(z, LARGEST_COORDINATE), -LARGEST_COORDINATE)
        for k in range(self.classes * self.angles_each):
            self.angles[k] = 0.0
        for j in range(ground.features.size):
            z = self.coordinates[j]
            if z != 0.0:
                self.square += z * z
                self.add(self.angles, j, z)

    def add(self, angles: cython.p_double, j: cython.Py_ssize_t, value: float) -> None:
        """Add what feature j has to do with the angles at a coordinate."""
        i: cython.Py_ssize_t
        m: cython.Py_ssize_t
        place: cython.Py_ssize_t
        count: cython.Py_ssize_t = self.angles_each
        start: cython.Py_ssize_t
        if self.pixels == 0:
            start = j * self.classes * count
            for i in range(self.classes * count):
                angles[i] += value * self.random[start + i]
            return
        for m in range(self.classes):
            place = self.destination[m * self.pixels + self.pixel[j]]
            if self.raw:
                angles[m * count + place] += value
                continue
            start = place * count
            for i in range(count):
                angles[m * count + i] += value * self.random[start + i]

    def look(self, angles: cython.p_double, square: float) -> None:
        """Inputs of the model, of norm 1 for each transformation."""
        i: cython.Py_ssize_t
        count: cython.Py_ssize_t = self.classes * self.angles_each
        factor: cython.double = 0.0
        share: cython.double = 1.0 / sqrt(self.angles_each)
        if self.pixels == 0:
            factor = TABLE_SCALE / sqrt(self.known)
        elif square > 0.0:
            factor = (1.0 if self.raw else IMAGE_SCALE) / sqrt(square)
        if self.raw:
            for i in range(count):
                self.inputs[i] = angles[i] * factor
            return
        for i in range(count):
            self.phases[i] = angles[i] * factor + self.offsets[i]
        turn(self.phases, 1.0, self.inputs, count)
        for i in range(2 * count):
            self.inputs[i] *= share

    def logit(self, k: cython.Py_ssize_t, m: cython.Py_ssize_t) -> float:
        """Linear function of transformation k at the event after transformation m."""
        count: cython.Py_ssize_t = self.angles_each
        z: cython.double = dot(self.weights, k * self.width, self.inputs, m * count, count)
        if self.raw:
            return z
        return z + dot(
            self.weights, k * self.width + count, self.inputs, (self.classes + m) * count, count
        )

    def judge(self, angles: cython.p_double, square: float, tail: float) -> float:
        """Distance at these angles; leaves the errors e_m - p_m."""
        k: cython.Py_ssize_t
        m: cython.Py_ssize_t
        start: cython.Py_ssize_t
        top: cython.double
        total: cython.double
        own: cython.double
        surprise: cython.double = 0.0
        errors: cython.p_double = self.errors
        self.look(angles, square)
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
        return surprise * (square / (square + NEAR_SQUARE)) + tail

    def distance(self, ground: LocationScaleKernel) -> float:
        """Mean negative log-likelihood of the transformations, and the tail."""
        if ground.features.count == 0:
            return 0.0
        self.load(ground, False)
        return self.judge(self.angles, self.square, self.tail)

    def usual_distance(self, ground: LocationScaleKernel) -> float:
        """That of a model which knows nothing: every transformation is as likely."""
        return log(self.classes)

    def contribute(self, ground: LocationScaleKernel, contributions: cython.p_double) -> None:
        """By how much the distance drops when a feature takes its expected value, for each."""
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        u: cython.double
        usual: cython.double
        rest: cython.double
        tail: cython.double
        if ground.features.count == 0:
            return
        whole: cython.double = self.judge(self.angles, self.square, self.tail)
        for k in range(ground.features.count):
            j = ground.features.present[k]
            u = self.coordinates[j]
            usual = self.usual(ground, j)
            tail = self.tail
            if self.pixels == 0:
                tail = max(tail - self.excess(ground.tempered[k]), 0.0)
            for i in range(self.classes * self.angles_each):
                self.others[i] = self.angles[i]
            self.add(self.others, j, usual - u)
            rest = max(self.square - u * u, 0.0) + usual * usual
            contributions[j] = whole - self.judge(self.others, rest, tail)

    def rate(self, ground: LocationScaleKernel) -> float:
        """Step of the weights."""
        if ground.location_step.automatic:
            return LONGEST_STEP
        return ground.location_step.rate * LONGEST_STEP

    def step(self, ground: LocationScaleKernel) -> None:
        """One clipped step of the weights, on features that are settled."""
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        m: cython.Py_ssize_t
        square: cython.double = 0.0
        weight: cython.double
        count: cython.Py_ssize_t = self.angles_each
        # What the distance left still holds, unless features are new or are not to teach.
        changed: cython.bint = self.known != ground.features.size
        self.known = ground.features.size
        if self.pixels == 0 and ground.starting > 0:
            self.load(ground, True)
            if self.square == 0.0:
                return
            changed = True
        if changed:
            self.judge(self.angles, self.square, self.tail)
        for i in range(self.classes * self.classes):
            square += self.errors[i] * self.errors[i]
        norm: cython.double = sqrt(square / self.classes)
        rate: cython.double = self.rate(ground)
        limit: cython.double = self.clip.value(LONGEST_STEP / max(rate, 1e-9), 1.0)
        limit = max(limit, self.least_clip)
        # A median kept this high is soon where it should be when the model no longer fits.
        self.clip.observe(max(norm, self.least_clip), 1.0)
        if norm > limit:
            rate *= limit / norm
        for k in range(self.classes):
            for m in range(self.classes):
                weight = rate * self.errors[m * self.classes + k]
                self.move(k * self.width, m * count, weight)
                if not self.raw:
                    self.move(k * self.width + count, (self.classes + m) * count, weight)

    def move(self, start: cython.Py_ssize_t, source: cython.Py_ssize_t, weight: float) -> None:
        """Add inputs from ``source`` on, weighted, to the weights from ``start`` on."""
        i: cython.Py_ssize_t
        weights: cython.p_double = self.weights
        inputs: cython.p_double = self.inputs
        for i in range(self.angles_each):
            weights[start + i] += weight * inputs[source + i]

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of the weights."""
        return self.classes * self.width if size > 0 else 0

    def exchange(self, ground: LocationScaleKernel, archive: Archive) -> cython.int:
        """Pass the state through ``archive``: the weights; random numbers follow from names."""
        k: cython.Py_ssize_t
        self.clip.exchange(archive)
        if ground.features.size == 0:
            return 0
        count: cython.Py_ssize_t = self.classes * self.width
        self.weight_values = archive.vector(self.weight_values, count)
        self.point()
        for k in range(count):
            if fabs(self.weights[k]) > LARGEST_WEIGHT:
                raise ValueError("the state holds an impossible weight: it is damaged")
        self.known = ground.features.size
        return 0

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this part."""
        return [
            self,
            self.clip,
            self.random_values,
            self.offset_values,
            self.destination_values,
            self.pixel_values,
            self.coordinate_values,
            self.angle_values,
            self.other_values,
            self.phase_values,
            self.input_values,
            self.error_values,
            self.weight_values,
        ]


class TransformationKernel(PartKernel):
    """Location, scale and a `TransformationPart`."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.model = TransformationPart(settings)
        PartKernel.__init__(self, settings, self.model)
