# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Linear regression by clipped SGD."""

from __future__ import annotations

from array import array
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.core.robust_start import RobustStart
from clipsgd_river._kernels.linear_model.linear import LinearKernel
from clipsgd_river._kernels.linear_model.linear_unit import LinearUnit
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.repeated_values import RepeatedValues

if not cython.compiled:
    from math import fabs, sqrt

    from clipsgd_river._kernels.core.buffers import doubles
    from clipsgd_river._kernels.linear_model.linear_unit import LARGEST_WEIGHT
    from clipsgd_river._kernels.sgd.kept_values import KEPT
    from clipsgd_river._kernels.sgd.repeated_values import ATOM, FAMILIAR, FROZEN, REGULAR
    from clipsgd_river._kernels.sgd.step_size import RATE_AT_REST


class RegressionKernel(LinearKernel):
    """One linear function, squared loss, the gradient clipped at twice its median norm.

    The centre starts at the median of the first targets, the threshold at their deviation.

    Events with a rare value of a feature that repeats have a threshold of their own: the errors of
    the few say nothing about those of the many, nor the other way round.

    Targets that repeat, such as amounts that are mostly 0, would draw the median to 0. Atoms of a
    `RepeatedValues` do not move it, nor standstills, nor outliers that come back; and errors at
    atoms may be longer, by how far the atoms are apart.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        LinearKernel.__init__(self, settings)
        self.unit = LinearUnit(settings["learning_rate"], RATE_AT_REST, 1.0)
        self.target_start = RobustStart(settings["warm_up"])
        self.target_start.grow(1)
        self.rare_clip = ClipThreshold(settings["clip"])
        self.target_features = FeatureTable(1)
        self.target_features.place([0])
        self.target_features.grow(1)
        self.target_features.add_pending()
        self.target_features.count = 1
        self.targets = RepeatedValues(self.target_features)
        self.targets.grow(1)
        self.targets.add_features(1)
        self.value = 0.0

    def prepare(self) -> cython.int:
        """Ask a River scheduler, if there is one, for the next step; provide memory."""
        LinearKernel.prepare(self)
        self.unit.weight_step.consult_scheduler(self.events + 1.0)
        self.unit.centre_step.consult_scheduler(self.events + 1.0)
        return self.prepare_targets()

    def wake(self) -> cython.int:
        """Wake features, and targets, that repeat."""
        LinearKernel.wake(self)
        return self.prepare_targets()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.unit.grow(size)
        return LinearKernel.grow(self, size)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j: another one is to start there."""
        LinearKernel.reset_feature(self, j)
        self.unit.reset_feature(j)

    def evaluate(self) -> None:
        """Value of the linear function."""
        self.value = self.unit.value(self.inputs)

    def write(self, out: cython.p_double, start: cython.Py_ssize_t) -> None:
        """The value itself."""
        out[start] = self.value

    def teach(self, target: float) -> None:
        """One clipped step towards the target."""
        energy: cython.double = self.follow_inputs()
        self.unit.recentre(self.inputs, self.before.at)
        target = max(min(target, LARGEST_WEIGHT), -LARGEST_WEIGHT)
        dimension: cython.double = self.features.count + 1
        if self.events <= self.target_start.length:
            self.target_start.add(0, cython.cast(cython.Py_ssize_t, self.events) - 1, target)
            self.unit.centre = self.target_start.location
            self.error_clip.norm.start_at(self.target_start.scale * sqrt(dimension), 10.0)
            if self.events == self.target_start.length:
                self.targets.note_start(0, self.target_start.sample.at, self.target_start.length)
                self.ask_for_memory()
            return
        error: cython.double = target - self.value
        error *= self.share_of_error(
            fabs(error) * sqrt(1.0 + self.usual_energy), self.classify(target)
        )
        self.unit.learn_gradient(self.inputs, error, energy, self.events)
        # No step goes beyond the minimum for this event alone.
        self.unit.move(self.inputs, self.unit.gradient.at, error, 1.0 / (1.0 + energy), self.events)

    def classify(self, target: float) -> cython.int:
        """What a target is among those that repeat, after it has been counted."""
        self.target_features.values.at[0] = target
        self.targets.observe(self.events)
        self.ask_for_memory()
        return self.targets.kind.at[0] if self.targets.awake > 0 else REGULAR

    def ask_for_memory(self) -> None:
        """Let the next event wait if targets want memory."""
        if self.target_features.wants_memory:
            self.features.wants_memory = True
            self.waiting = True

    def share_of_error(self, norm: float, kind: cython.int) -> float:
        """Share of an error that counts, for the norm of its gradient and what the target is."""
        if self.error_clip.norm.value == 0.0 and kind != ATOM:
            # Targets were constant so far: Chebyshev's inequality bounds the scale after n events.
            self.error_clip.norm.start_at(norm / sqrt(self.events), 1.0)
        if not self.rare:
            return self.share_by(self.error_clip, norm, kind)
        if self.rare_clip.norm.value == 0.0:
            self.rare_clip.norm.start_at(self.error_clip.norm.value, 1.0)
        return self.share_by(self.rare_clip, norm, kind)

    def share_by(self, clip: ClipThreshold, norm: float, kind: cython.int) -> float:
        """Share that one of the thresholds leaves, which then follows the norm."""
        limit: cython.double = self.limit(clip, self.unit.weight_step.rate)
        if kind == ATOM:
            if clip.fixed == 0.0:
                limit = limit if clip.norm.value > 0.0 else 0.0
                limit += self.distance_of_atoms() * sqrt(1.0 + self.usual_energy)
        elif kind != FROZEN and (kind != FAMILIAR or norm <= limit):
            clip.observe(norm, self.features.count + 1.0)
        return limit / norm if norm > limit else 1.0

    def distance_of_atoms(self) -> float:
        """Distance between the lowest and the highest atom of the targets."""
        slot: cython.Py_ssize_t = self.targets.slots.at[0] - 1
        base: cython.Py_ssize_t = KEPT * slot
        lowest: cython.double = self.targets.shares.values.at[base]
        highest: cython.double = lowest
        i: cython.Py_ssize_t
        for i in range(1, cython.cast(cython.Py_ssize_t, self.targets.shares.atoms.at[slot])):
            lowest = min(lowest, self.targets.shares.values.at[base + i])
            highest = max(highest, self.targets.shares.values.at[base + i])
        return highest - lowest

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        if not archive.reading:
            self.prepare_targets()
        LinearKernel.exchange(self, archive)
        self.unit.exchange(archive, self.features.size)
        seen = array("d", [self.events])
        self.target_start.exchange(archive, doubles(seen), 1)
        self.rare_clip.exchange(archive)
        self.targets.exchange(archive)
        return 0

    def prepare_targets(self) -> cython.int:
        """Provide memory for targets that repeat, or give it back."""
        if self.target_features.wants_memory:
            self.target_features.scratch.at[0] = self.events
            self.targets.prepare(
                self.target_start.sample.at,
                self.target_start.length,
                self.target_features.scratch.at,
            )
        return 0
