# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What linear models share: features in clipped units, events and rows with a target."""

from __future__ import annotations

from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.archived import IN_USE
from clipsgd_river._kernels.core.buffers import zeros
from clipsgd_river._kernels.core.event_loop import EventLoop
from clipsgd_river._kernels.core.vector import Vector
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.location_scale import LocationScale

if not cython.compiled:
    from math import fabs

    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.core.reductions import total
    from clipsgd_river._kernels.sgd.clip_threshold import MULTIPLE
    from clipsgd_river._kernels.sgd.repeated_values import ATOM, FROZEN, REGULAR

# Locations and scales of the features only condition the steps, since the function is kept when
# they move: a memory of 500 events is enough, and costs less than an automatic step.
INPUT_RATE = 0.002
# Values of a feature before its scale, and with it the first steps of its weight, can be trusted.
EARLIEST = 8.0


class LinearKernel(EventLoop):
    """A linear model whose steps are conditioned by location and scale of its features.

    A model is a subclass with a handful of methods: ``evaluate`` the loaded event, ``write`` what
    it predicts, ``teach`` a target, ``grow`` and ``exchange``.

    Parameters
    ----------
    settings
        ``learning_rate``, ``clip``, ``warm_up`` and ``max_features``, already validated, and what
        a subclass adds; kept as given.
    multiple
        The automatic threshold, in medians of the gradient's norm.
    """

    def __init__(self, settings: dict[str, Any], multiple: float = MULTIPLE) -> None:
        EventLoop.__init__(self, settings)
        self.inputs = LocationScale(
            {"learning_rate": INPUT_RATE, "clip": "auto", "warm_up": settings["warm_up"]},
            self.features,
        )
        self.error_clip = ClipThreshold(settings["clip"], multiple)
        self.before = Vector()
        self.early = Vector()
        self.usual_energy = 0.0
        self.rare = False
        self.writes = False
        # Numbers that a prediction consists of.
        self.outputs = 1

    def prepare(self) -> cython.int:
        """Do what needs the interpreter before an event is learned."""
        return self.inputs.prepare(self.events)

    def wake(self) -> cython.int:
        """Wake features that repeat."""
        return self.inputs.settle_repeats()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.before.grow(size)
        self.early.grow(size)
        return self.inputs.grow(size)

    def add_features(self, size: cython.Py_ssize_t) -> None:
        """Start new features, ``size`` in all."""
        self.inputs.add_features(size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        self.inputs.reset_feature(j)

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Those of location and scale."""
        return self.inputs.least_numbers(size)

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``; the features are known."""
        EventLoop.exchange(self, archive)
        self.inputs.exchange(archive)
        self.error_clip.exchange(archive)
        return 0

    def evaluate(self) -> None:
        """Compute the linear functions of the loaded event."""

    def write(self, out: cython.p_double, start: cython.Py_ssize_t) -> None:
        """Write the prediction for the event evaluated just before from ``out[start]`` on."""

    def teach(self, target: float) -> None:
        """One clipped step on the event evaluated just before."""

    def follow_inputs(self) -> float:
        """Let location and scale of the features take their step.

        Leaves the locations as they were in ``before``, in ``usual_energy`` what gradients are
        clipped by, in ``rare`` whether a value is further out than others may be, and returns the
        squared norm of the clipped standardised event.
        """
        count: cython.Py_ssize_t = self.features.count
        squares: cython.p_double = self.features.scratch.at
        k: cython.Py_ssize_t
        self.count_event()
        self.usual_energy = 0.0
        self.rare = False
        if count == 0:
            return 0.0
        for k in range(count):
            self.before.at[k] = self.inputs.location.at[self.features.present.at[k]]
        self.inputs.standardise()
        self.inputs.notice_repeats(self.events)
        if self.inputs.starting > 0:
            self.step_of_start()
        else:
            self.inputs.step(self.events)
        self.waiting = self.features.wants_memory
        gradient: cython.p_double = self.inputs.gradient.at
        for k in range(count):
            squares[k] = gradient[k] * gradient[k]
        self.usual_energy = total(squares, count)
        if self.inputs.repeats.awake == 0:
            return self.usual_energy
        self.include_repeats()
        for k in range(count):
            squares[k] = gradient[k] * gradient[k]
        return total(squares, count)

    def include_repeats(self) -> None:
        """Standardise what repeats, since it leaves no gradient; adds to ``usual_energy``.

        An atom of share p is at most 1 / sqrt(p) scales from the location of all values, and
        teaches in full: rare flags are what models are to learn from. Another value is clipped in
        the scale of others, of share q, so that it is at most 3 / sqrt(q) away. The squares of such
        values have the mean 1, and count as no more in a clip threshold: measured by its square a
        rare value would always be an outlier.
        """
        gradient: cython.p_double = self.inputs.gradient.at
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        kind: cython.int
        value: cython.double
        reach: cython.double
        v: cython.double
        for k in range(self.features.count):
            j = self.features.present.at[k]
            slot = self.inputs.repeats.slots.at[j] - 1
            kind = self.inputs.repeats.kind.at[k]
            if slot < 0 or kind == REGULAR:
                continue
            value = self.features.values.at[j]
            if kind != ATOM and kind != FROZEN:
                reach = MULTIPLE * self.inputs.others.scale.at[slot]
                v = self.inputs.others.location.at[slot]
                value = max(min(value, v + reach), v - reach)
            v = (value - self.inputs.location.at[j]) * self.inputs.precision.at[j]
            if kind == FROZEN:
                v = max(min(v, MULTIPLE), -MULTIPLE)
            gradient[k] = v
            self.usual_energy += min(v * v, 1.0)
            if fabs(v) > MULTIPLE:
                self.rare = True

    def step_of_start(self) -> None:
        """Step while features start; leaves a gradient for them, too.

        A location that starts does not follow gradients, but a model need not wait for it.
        """
        present: cython.p_int = self.features.present.at
        gradient: cython.p_double = self.inputs.gradient.at
        early: cython.p_double = self.early.at
        count: cython.Py_ssize_t = self.features.count
        seen: cython.double
        k: cython.Py_ssize_t
        for k in range(count):
            early[k] = self.inputs.deviation.at[k]
        self.inputs.step(self.events)
        for k in range(count):
            seen = self.inputs.seen.at[present[k]]
            if EARLIEST < seen <= self.inputs.start.length:
                gradient[k] = max(min(early[k], MULTIPLE), -MULTIPLE)

    def clipped(self, norm: float, rate: float) -> float:
        """Share of a gradient of this norm that counts, for a step of this size."""
        limit: cython.double = self.limit(self.error_clip, rate)
        return limit / norm if norm > limit else 1.0

    def limit(self, clip: ClipThreshold, rate: float) -> float:
        """Largest norm that a gradient keeps, for a step of this size."""
        dimension: cython.double = self.features.count + 1
        memory: cython.double = self.events
        if memory * rate > 1.0:
            memory = 1.0 / rate
        return clip.value(memory, dimension)

    def check_one(self, event: Any) -> None:
        """Raise what learning the event would raise; nothing changes."""
        self.claim()
        try:
            new = self.features.load(event)
            if new is not None:
                self.features.check_capacity(new)
        finally:
            self.busy = False

    def teach_one(self, event: Any, target: float) -> None:
        """Learn an event and its target; a missing target (NaN) teaches nothing."""
        if target != target:
            return
        self.claim()
        try:
            self.load(event, True)
            self.evaluate()
            self.teach(target)
            if self.waiting:
                self.settle()
        finally:
            self.busy = False

    def predict_one(self, event: Any) -> list[float]:
        """Prediction for an event."""
        self.claim()
        try:
            self.load(event, False)
            self.evaluate()
            out = zeros(self.outputs)
            self.write(doubles(out), 0)
            return out.tolist()
        finally:
            self.busy = False

    def value_one(self, event: Any) -> float:
        """Prediction for an event by a model whose prediction is one number."""
        self.claim()
        try:
            self.load(event, False)
            self.evaluate()
            self.write(self.before.at, 0)
            return self.before.at[0]
        finally:
            self.busy = False

    def run_row(self, row: cython.Py_ssize_t, learn: cython.bint) -> None:
        """Write the prediction for the loaded row, then learn its target if ``learn``."""
        self.evaluate()
        if self.writes:
            self.write(self.output_of, row * self.outputs)
        if learn:
            self.teach(self.target_of[row])

    def run_targets(self, rows: Any, names: Any, targets: Any, out: Any) -> None:
        """Run rows through the model.

        Parameters
        ----------
        rows
            Flat array of doubles, ``len(names)`` to a row; uncompiled, a list.
        names
            The features in the columns.
        targets
            Array of doubles, one a row and none of them NaN, to learn from; ``None`` to predict
            only.
        out
            Array of doubles for the predictions, made before each row is learned, ``outputs()`` a
            row; ``None`` to learn only.
        """
        learn: cython.bint = targets is not None
        count: cython.Py_ssize_t = len(targets) if learn else len(out) // self.outputs
        if count == 0 or len(names) == 0:
            return
        if out is not None and len(out) * len(names) != len(rows) * self.outputs:
            # Another thread has added a class since the caller provided ``out``.
            raise RuntimeError(IN_USE)
        self.claim()
        try:
            self.writes = out is not None
            if self.writes:
                self.output_of = doubles(out)
            if learn:
                self.target_of = doubles(targets)
            self.each_row(rows, names, count, learn)
        finally:
            self.busy = False
