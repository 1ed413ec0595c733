# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""One variable whose frequent values are split off: which values are cut, and where."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.features import FeatureTable
from clipsgd_river._kernels.sgd.clip_threshold import ClipThreshold
from clipsgd_river._kernels.sgd.other_values import OtherValues
from clipsgd_river._kernels.sgd.repeated_values import RepeatedValues

if not cython.compiled:
    from math import fabs

    from clipsgd_river._kernels.sgd.deviations import LARGEST_DEVIATION
    from clipsgd_river._kernels.sgd.kept_values import same
    from clipsgd_river._kernels.sgd.repeated_values import ATOM, ENOUGH, FAMILIAR, FROZEN, REGULAR

# A deviation below a thousandth of a scale is a repeat among the other values.
REPEAT = 1e-3


class SplitVariable:
    r"""What is left of a value after clipping, where values repeat.

    Atoms of a `RepeatedValues` stay as they are: a value of share p is no outlier. The location mu
    and the scale sigma of the other values follow clipped steps, and another value x becomes

    .. math:: \mu + \mathrm{clip}(x - \mu, \lambda\sigma).

    lambda is in scales, or twice the running median of what other values deviate. O(1) per value;
    some 4 KB, and 600 bytes more while a value repeats.

    Parameters
    ----------
    features
        A table of one feature that is always present; nothing else provides memory for it.
    rule
        As `ClipThreshold` takes it.
    """

    def __init__(self, features: FeatureTable, rule: str | float | None) -> None:
        self.features = features
        self.repeats = RepeatedValues(features)
        self.repeats.grow(1)
        self.repeats.add_features(1)
        self.others = OtherValues(self.repeats.shares)
        self.clip = ClipThreshold(rule)
        self.share = self.clip.gaussian_share(1)
        self.kind = REGULAR
        self.deviation = 0.0

    def observe(self, value: float, events: float) -> None:
        """Count a value; leaves in ``kind`` what it is."""
        self.features.values.at[0] = value
        self.features.present.at[0] = 0
        self.features.count = 1
        self.repeats.observe(events)
        self.kind = self.repeats.kind.at[0] if self.repeats.awake > 0 else REGULAR

    def is_split(self) -> cython.bint:
        """Whether the value observed last is an atom, or another beside atoms."""
        return self.kind != REGULAR and self.kind != FROZEN

    def settle(
        self,
        sample: cython.p_double,
        length: cython.Py_ssize_t,
        location: float,
        scale: float,
        events: float,
        starts: cython.bint,
    ) -> cython.int:
        """Provide memory where values repeat, or give it back.

        Parameters
        ----------
        sample
            The first ``length`` values, sorted, when they have all been seen.
        length
            Of the start.
        location, scale
            Of all values.
        events
            Behind them.
        starts
            Whether they are the sample, which is still there.
        """
        slot: cython.Py_ssize_t
        self.features.scratch.at[0] = events
        if not starts:
            # A number of matches that stands for a sample which has been forgotten.
            self.repeats.matches.at[0] = min(self.repeats.matches.at[0], ENOUGH)
        self.repeats.prepare(sample, length, self.features.scratch.at)
        self.others.grow()
        slot = self.repeats.slots.at[0] - 1
        if slot >= 0 and not self.others.is_current(slot):
            if starts:
                self.others.begin(slot, sample, 0, length)
            else:
                self.others.split(slot, location, scale, events)
        return 0

    def cut(
        self, value: float, location: float, scale: float, reach: float, events: float, rate: float
    ) -> float:
        """Return the observed value cut, and let the other values take their step.

        Leaves in ``deviation`` by how much it then differs from their location.

        Parameters
        ----------
        value
            One that `is_split`.
        location, scale
            Of all values.
        reach
            By how much a first other value may differ from that location.
        events
            Behind them.
        rate
            Step size for the other values, at least 1/n at the n-th of them.
        """
        slot: cython.Py_ssize_t = self.repeats.slots.at[0] - 1
        u: cython.double
        limit: cython.double
        gradient: cython.double
        self.deviation = 0.0
        if not self.others.is_current(slot):
            self.others.split(slot, location, scale, events)
        if self.kind == ATOM:
            return value
        if self.others.is_starting(slot):
            if self.others.is_atom(slot, self.others.location.at[slot]):
                # The first others were one value, which has become an atom.
                self.others.count.at[slot] = 0.0
            self.others.start_with(slot, value, location, scale)
            return max(min(value, location + reach), location - reach)
        u = self.others.deviation(slot, value)
        limit = self.clip.value(1.0, 1.0)
        gradient = max(min(u, limit), -limit)
        location = self.others.location.at[slot]
        self.deviation = gradient * self.others.scale.at[slot]
        # What is usual or comes back beyond the threshold teaches nothing: the first would shrink
        # scale and threshold to nothing, the second is an outlier that teaches once.
        if fabs(u) >= REPEAT and (fabs(u) <= limit or self.kind != FAMILIAR):
            self.others.step(slot, gradient, rate, gradient * gradient / self.share - 1.0, rate)
            self.clip.observe(min(fabs(u), LARGEST_DEVIATION), 1.0)
        return value if same(value, location) else location + self.deviation

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``; what is written has been settled."""
        self.repeats.exchange(archive)
        self.clip.exchange(archive)
        self.others.grow()
        if self.repeats.awake > 0:
            self.others.exchange(archive, self.repeats.slots.at[0] - 1)
        return 0
