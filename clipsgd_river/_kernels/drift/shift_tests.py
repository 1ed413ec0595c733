# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Tests of the mean of the latest events of a feature against that of those before them."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import IntegerVector, Vector
from clipsgd_river._kernels.drift.mean_bounds import MeanBounds

if not cython.compiled:
    from math import exp, log, sqrt

    from clipsgd_river._kernels.drift.mean_bounds import CLIP, CURVE, HIGHEST, LOWEST, SCALES

# Windows of 8 g events, one begun every g events, for g = 1, 2, 3, 4, 6, 8, 12, ... : two lengths
# to an octave, up to half a million events.
LENGTHS = 32
WINDOWS = 8
# A window of k events has slope sqrt(2 TYPICAL_LEVEL / k), the best one for the shift that it just
# detects, but never more than that of a shift of 1.5 standard deviations.
TYPICAL_LEVEL = 14.0
STEEPEST = 1.3
# The l-th length has the share 10 / ((l + 10) (l + 11)) of the budget; these sum to 1.
SLOWNESS = 10.0
# Logarithms are taken this often at least, before a product can leave the range of a double.
BLOCK = 32
LARGEST_EVIDENCE = 1e300
SMALLEST_PRODUCT = 1e-300
# Where the variance is not known, a window is at most so many times as long as its past.
LONGEST_OF_PAST = 4.0
# A warning is an alarm at a delta this many times as large.
WARNING = 100.0
LOG_WARNING = 4.605170185988092
# Fields of a feature and length: a number for each side, rise and fall.
# MOST is the largest evidence that an open window of the length had before its first event.
PRODUCT, LOGARITHM, TOTAL, SQUARE, MOST = range(0, 10, 2)
FIELDS = 10
# Fields of a window: its evidence for each side before its first event; what each event and the
# square of their number take from it, or, where the variance is known, the power of the past times
# its events and its slope; the factor to the required evidence, 0 if the window is not tested, and
# where the power of the past would exceed 1, that power.
PER_EVENT, PER_SQUARE, FACTOR = 2, 4, 6
PAST, PAST_SLOPE = 2, 3
WINDOW_FIELDS = 7


class ShiftTests:
    r"""For each feature and window length, the evidence that the mean has risen or fallen.

    Let y have mean d and at most unit variance before a change, n events of it come before a
    window of k, b and b' be the slopes of the payoffs f (see `MeanBounds`) of the window and of
    the past, A = 1 + b^2/3, A' = 1 + b'^2/3, and p = k (b/A) A' / (n b') <= 1. By Jensen's
    inequality, as x^p is concave, and log E f_b(y) <= log A + b d / A + c d^2 (`curvature`),

    .. math:: \prod_{first\ t\ of\ window} f_b(y)\,\Bigl(\prod_{past} f_{b'}(-y)\Bigr)^p
       \Big/ \exp\Bigl(t \log A + p n \log A' - (k - t)\frac{b d}{A} + (t c + p n c') d^2\Bigr)

    is a supermartingale in t that begins at 1 or below. So the unknown mean before the change costs
    one difference instead of two radii, and `MeanBounds` bounds the rest. By Ville's
    inequality the logarithm ever exceeds log(1 / alpha) with probability alpha at most, and the
    window may be tested at any of its events. The slope b' is the smallest power of 1/2 with
    p <= 1; its variance is then at most twice that of the best one. Soon after the start there is
    none. The past is then taken at slope 1 to the power 1, and the window to the power 1 / p < 1: a
    supermartingale to such a power is one too, again by Jensen's inequality, and so log(1 / alpha)
    has to be exceeded by the same sum divided by p.

    Where the variance is not known, the window's payoffs are held against the mean m of all
    payoffs of that length and side so far, as if one more had been the largest: its logarithm is
    t log m, and t^2 v / (2 n m^2) for the error of m, v their variance. That is the same difference
    by a normal approximation, and requires a past a quarter as long as the window.

    Parameters
    ----------
    sigma_known
        Whether the standard deviation is known.
    """

    def __init__(self, sigma_known: cython.bint) -> None:
        self.sigma_known = sigma_known
        self.excess = 0.0
        self.warning_due = False
        self.inflation = 1.0
        self.spans = IntegerVector(LENGTHS)
        self.steps = IntegerVector(LENGTHS)
        self.slopes = Vector(LENGTHS)
        self.prices = Vector(LENGTHS)
        self.null_logs = Vector(LENGTHS)
        self.past_null_logs = Vector(SCALES)
        length: cython.Py_ssize_t
        for length in range(LENGTHS):
            span: cython.Py_ssize_t = 1 << ((length + 1) // 2)
            if length > 0 and length % 2 == 0:
                span = 3 << (length // 2 - 1)
            self.spans.at[length] = span
            self.steps.at[length] = 1 if span <= 3 else span // 2
            self.slopes.at[length] = min(STEEPEST, sqrt(2.0 * TYPICAL_LEVEL / (WINDOWS * span)))
            share = SLOWNESS / ((length + SLOWNESS) * (length + SLOWNESS + 1.0))
            self.prices.at[length] = -log(share * span)
            slope: cython.double = self.slopes.at[length]
            self.null_logs.at[length] = log(1.0 + CURVE * slope * slope)
        for length in range(SCALES):
            slope = 1.0 / (1 << length)
            self.past_null_logs.at[length] = log(1.0 + CURVE * slope * slope)
        self.payoffs = Vector(LENGTHS)
        self.open = IntegerVector()
        self.fields = Vector()
        self.windows = Vector()

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        self.open.grow(size)
        self.fields.grow(FIELDS * LENGTHS * size)
        self.windows.grow(WINDOW_FIELDS * WINDOWS * LENGTHS * size)
        return 0

    def clear(self, j: cython.Py_ssize_t) -> None:
        """Forget the events of a feature."""
        self.open.at[j] = 0

    def begin(self, j: cython.Py_ssize_t) -> None:
        """Open the next length of a feature."""
        opened: cython.p_int = self.open.at
        length: cython.Py_ssize_t = opened[j]
        fields: cython.p_double = self.fields.at
        k: cython.Py_ssize_t = FIELDS * LENGTHS * j + length
        side: cython.Py_ssize_t
        for side in range(2):
            fields[k + (PRODUCT + side) * LENGTHS] = 1.0
            fields[k + (LOGARITHM + side) * LENGTHS] = 0.0
            fields[k + (TOTAL + side) * LENGTHS] = 0.0
            fields[k + (SQUARE + side) * LENGTHS] = 0.0
            fields[k + (MOST + side) * LENGTHS] = -LARGEST_EVIDENCE
        k = WINDOW_FIELDS * WINDOWS * (LENGTHS * j + length)
        for side in range(WINDOW_FIELDS * WINDOWS):
            self.windows.at[k + side] = 0.0
        opened[j] += 1

    def observe(self, j: cython.Py_ssize_t, y: float, n: cython.Py_ssize_t) -> None:
        """Observe the n-th event of a feature."""
        side: cython.Py_ssize_t
        length: cython.Py_ssize_t
        while self.open.at[j] < LENGTHS and self.spans.at[self.open.at[j]] <= n:
            self.begin(j)
        if not self.sigma_known:
            y = max(min(y, CLIP), -CLIP)
        count: cython.Py_ssize_t = self.open.at[j]
        for side in range(2):
            self.multiply_payoffs(
                FIELDS * LENGTHS * j + side * LENGTHS, y if side == 0 else -y, count
            )
        if n % BLOCK == 0:
            for length in range(count):
                self.take_logarithms(j, length)

    def multiply_payoffs(self, base: cython.Py_ssize_t, y: float, count: cython.Py_ssize_t) -> None:
        """Multiply the payoffs of an event into one side of the first ``count`` lengths."""
        # Short loops, each over few arrays, and constants in local variables: so the compiler sees
        # that they do not depend on each other, and may use wide registers.
        slopes: cython.p_double = self.slopes.at
        payoffs: cython.p_double = self.payoffs.at
        fields: cython.p_double = self.fields.at
        product: cython.Py_ssize_t = base + PRODUCT * LENGTHS
        total: cython.Py_ssize_t = base + TOTAL * LENGTHS
        square: cython.Py_ssize_t = base + SQUARE * LENGTHS
        highest: cython.double = HIGHEST
        lowest: cython.double = LOWEST
        curve: cython.double = CURVE
        u: cython.double
        length: cython.Py_ssize_t
        for length in range(count):
            u = slopes[length] * y
            u = highest if u > highest else u
            u = lowest if u < lowest else u
            payoffs[length] = 1.0 + u * (1.0 + curve * u)
        for length in range(count):
            fields[product + length] *= payoffs[length]
        for length in range(count):
            fields[total + length] += payoffs[length]
        for length in range(count):
            fields[square + length] += payoffs[length] * payoffs[length]

    def take_logarithms(self, j: cython.Py_ssize_t, length: cython.Py_ssize_t) -> None:
        """Add the logarithms of the products to their sums."""
        fields: cython.p_double = self.fields.at
        k: cython.Py_ssize_t = FIELDS * LENGTHS * j + length
        side: cython.Py_ssize_t
        for side in range(2):
            fields[k + (LOGARITHM + side) * LENGTHS] += log(fields[k + (PRODUCT + side) * LENGTHS])
            fields[k + (PRODUCT + side) * LENGTHS] = 1.0

    def test(
        self,
        j: cython.Py_ssize_t,
        n: cython.Py_ssize_t,
        bounds: MeanBounds,
        level: float,
        inflation: float,
    ) -> cython.bint:
        """Test the windows of a feature that end with its n-th event, and open the next ones.

        ``level`` is log(1 / spending), from both sides together; windows that open now will have to
        exceed ``inflation`` times theirs. Leaves the largest excess over it
        in ``excess`` and in ``warning_due`` whether a warning is due; returns whether there is a
        change.
        """
        found: cython.bint = False
        first: cython.Py_ssize_t = 0
        length: cython.Py_ssize_t
        self.excess = 0.0
        self.warning_due = False
        self.inflation = inflation
        # Each step divides the next but one, those of 1, 2, 4, ... and those of 3, 6, 12, ...
        while first <= 2:
            length = first
            while length < self.open.at[j] and n % self.steps.at[length] == 0:
                found = self.test_windows(j, length, n, bounds, level) or found
                length += 1 if length == 0 else 2
            first += 2
        return found

    def test_windows(
        self,
        j: cython.Py_ssize_t,
        length: cython.Py_ssize_t,
        n: cython.Py_ssize_t,
        bounds: MeanBounds,
        level: float,
    ) -> cython.bint:
        """Test the open windows of one length, and replace the oldest by a new one."""
        fields: cython.p_double = self.fields.at
        k: cython.Py_ssize_t = FIELDS * LENGTHS * j + length
        span: cython.Py_ssize_t = self.spans.at[length]
        w: cython.Py_ssize_t = WINDOW_FIELDS * (
            WINDOWS * (LENGTHS * j + length) + n // span % WINDOWS
        )
        limit: cython.double = self.prices.at[length] + level
        found: cython.bint = False
        side: cython.Py_ssize_t
        self.take_logarithms(j, length)
        for side in range(2):
            # An upper bound for all windows: what is subtracted below is not negative.
            most: cython.double = (
                fields[k + (MOST + side) * LENGTHS] + fields[k + (LOGARITHM + side) * LENGTHS]
            )
            if self.sigma_known:
                most += WINDOWS * span * self.slopes.at[length] * max(bounds.least(j, side), 0.0)
            if most >= limit - LOG_WARNING:
                found = self.test_side(j, length, side, n, bounds, limit) or found
        if n % span == 0:
            if self.sigma_known:
                self.open_known(j, length, n, bounds, w)
            else:
                self.open_unknown(j, length, n, w)
            self.update_most(j, length)
        return found

    def test_side(
        self,
        j: cython.Py_ssize_t,
        length: cython.Py_ssize_t,
        side: cython.Py_ssize_t,
        n: cython.Py_ssize_t,
        bounds: MeanBounds,
        limit: float,
    ) -> cython.bint:
        """Test the open windows of one length and side."""
        fields: cython.p_double = self.fields.at
        windows: cython.p_double = self.windows.at
        k: cython.Py_ssize_t = FIELDS * LENGTHS * j + length + side * LENGTHS
        span: cython.Py_ssize_t = self.spans.at[length]
        slot: cython.Py_ssize_t = n // span % WINDOWS
        first: cython.Py_ssize_t = WINDOW_FIELDS * WINDOWS * (LENGTHS * j + length)
        # The youngest window, unless it is to begin now.
        since: cython.Py_ssize_t = 1 if n % span == 0 else 0
        offset: cython.double = bounds.largest_offset(j)
        least: cython.double = bounds.least(j, side)
        mean: cython.double = 1.0 + CURVE * self.slopes.at[length] * self.slopes.at[length]
        null: cython.double = self.null_logs.at[length] + curvature(self.slopes.at[length], offset)
        rest: cython.double
        taken: cython.double
        excess: cython.double
        found: cython.bint = False
        age: cython.Py_ssize_t
        w: cython.Py_ssize_t
        for age in range(since, since + WINDOWS):
            w = first + WINDOW_FIELDS * ((slot + WINDOWS - age) % WINDOWS)
            if windows[w + FACTOR] == 0.0:
                continue
            taken = age * span + n % span
            excess = (
                windows[w + side] + fields[k + LOGARITHM * LENGTHS] - windows[w + FACTOR] * limit
            )
            if self.sigma_known:
                rest = (WINDOWS * span - taken) * self.slopes.at[length] / mean
                excess -= taken * null
                excess -= windows[w + PAST] * curvature(windows[w + PAST_SLOPE], offset)
                # All bounds are infinite at first, and 0 times that is 0.
                excess += rest * least
            else:
                excess -= taken * windows[w + PER_EVENT + side]
                excess -= taken * taken * windows[w + PER_SQUARE + side]
            self.warning_due = self.warning_due or excess >= -LOG_WARNING
            if excess >= 0.0:
                self.excess = max(excess, self.excess)
                found = True
        return found

    def open_known(
        self,
        j: cython.Py_ssize_t,
        length: cython.Py_ssize_t,
        n: cython.Py_ssize_t,
        bounds: MeanBounds,
        w: cython.Py_ssize_t,
    ) -> None:
        """Open a window against the past, by a known standard deviation."""
        fields: cython.p_double = self.fields.at
        k: cython.Py_ssize_t = FIELDS * LENGTHS * j + length
        slope: cython.double = self.slopes.at[length]
        events: cython.double = WINDOWS * self.spans.at[length]
        past: cython.double = n
        mean: cython.double = 1.0 + CURVE * slope * slope
        wanted: cython.double = events * slope / mean / past
        scale: cython.Py_ssize_t = 0
        past_slope: cython.double = 1.0
        half: cython.double = 0.5
        # The next slope is valid as long as its power is at most 1.
        while scale < SCALES - 1 and wanted * (1.0 + CURVE * half * half) <= half:
            scale += 1
            past_slope = half
            half *= 0.5
        curve: cython.double = CURVE * past_slope * past_slope
        share: cython.double = wanted * (1.0 + curve) / past_slope
        side: cython.Py_ssize_t
        # A power above 1 is 1, and the window's its inverse: all evidence is divided by it.
        self.windows.at[w + FACTOR] = self.inflation * max(share, 1.0)
        for side in range(2):
            self.windows.at[w + side] = (
                share * bounds.logarithm(j, 1 - side, scale)
                - share * past * self.past_null_logs.at[scale]
                - fields[k + (LOGARITHM + side) * LENGTHS]
            )
        self.windows.at[w + PAST] = share * past
        self.windows.at[w + PAST_SLOPE] = past_slope

    def update_most(self, j: cython.Py_ssize_t, length: cython.Py_ssize_t) -> None:
        """Find the largest evidence that open windows begin with, with what events may add."""
        windows: cython.p_double = self.windows.at
        first: cython.Py_ssize_t = WINDOW_FIELDS * WINDOWS * (LENGTHS * j + length)
        side: cython.Py_ssize_t
        slot: cython.Py_ssize_t
        w: cython.Py_ssize_t
        most: cython.double
        begun: cython.double
        for side in range(2):
            most = -LARGEST_EVIDENCE
            for slot in range(WINDOWS):
                w = first + WINDOW_FIELDS * slot
                if windows[w + FACTOR] > 0.0:
                    begun = windows[w + side]
                    if not self.sigma_known:
                        begun -= (
                            WINDOWS
                            * self.spans.at[length]
                            * min(windows[w + PER_EVENT + side], 0.0)
                        )
                    most = max(most, begun)
            self.fields.at[FIELDS * LENGTHS * j + length + (MOST + side) * LENGTHS] = most

    def open_unknown(
        self,
        j: cython.Py_ssize_t,
        length: cython.Py_ssize_t,
        n: cython.Py_ssize_t,
        w: cython.Py_ssize_t,
    ) -> None:
        """Open a window against the mean payoff of the past, by its own variance."""
        fields: cython.p_double = self.fields.at
        k: cython.Py_ssize_t = FIELDS * LENGTHS * j + length
        events: cython.double = WINDOWS * self.spans.at[length]
        # The payoffs of a length count from its opening on, at the event of its span.
        seen: cython.double = n - self.spans.at[length] + 1
        u: cython.double = min(self.slopes.at[length] * CLIP, HIGHEST)
        unseen: cython.double = 1.0 + u * (1.0 + CURVE * u)
        mean: cython.double
        variance: cython.double
        side: cython.Py_ssize_t
        self.windows.at[w + FACTOR] = 0.0
        if LONGEST_OF_PAST * seen < events:
            return
        for side in range(2):
            mean = (fields[k + (TOTAL + side) * LENGTHS] + unseen) / (seen + 1.0)
            variance = (fields[k + (SQUARE + side) * LENGTHS] + unseen * unseen) / (seen + 1.0)
            variance -= mean * mean
            self.windows.at[w + side] = -fields[k + (LOGARITHM + side) * LENGTHS]
            self.windows.at[w + PER_EVENT + side] = log(mean)
            self.windows.at[w + PER_SQUARE + side] = variance / (2.0 * seen * mean * mean)
        self.windows.at[w + FACTOR] = self.inflation

    def exchange(self, archive: Archive, j: cython.Py_ssize_t, n: cython.Py_ssize_t) -> cython.int:
        """Pass the state of a feature that has seen n events through ``archive``."""
        field: cython.Py_ssize_t
        length: cython.Py_ssize_t
        least: cython.double
        while archive.reading and self.open.at[j] < LENGTHS and self.spans.at[self.open.at[j]] <= n:
            self.begin(j)
        for field in range(FIELDS):
            least = -LARGEST_EVIDENCE
            if field < LOGARITHM:
                least = SMALLEST_PRODUCT
            elif TOTAL <= field < MOST:
                least = 0.0
            for length in range(self.open.at[j]):
                k: cython.Py_ssize_t = LENGTHS * (FIELDS * j + field) + length
                self.fields.at[k] = archive.bounded(
                    self.fields.at[k], least, LARGEST_EVIDENCE, "sum of payoffs"
                )
        for k in range(
            WINDOW_FIELDS * WINDOWS * LENGTHS * j,
            WINDOW_FIELDS * WINDOWS * (LENGTHS * j + self.open.at[j]),
        ):
            self.windows.at[k] = archive.bounded(
                self.windows.at[k], -LARGEST_EVIDENCE, LARGEST_EVIDENCE, "evidence"
            )
        return 0


def curvature(slope: float, offset: float) -> float:
    """What the logarithm of a mean payoff has beyond its linear part, at most, for d up to offset.

    With v = b d / A it is log(1 + v + A v^2 / 3) - v. That is A v^2 / 3 at most; and since
    e^v >= 1 + v + v^2 / 2 - |v|^3 / 6, also v^2 e^|v| (A / 3 - 1/2 + |v| / 6) if this is positive,
    and 0 otherwise.
    """
    mean: cython.double = 1.0 + CURVE * slope * slope
    v: cython.double = slope * offset / mean
    bend: cython.double = CURVE * mean - 0.5 + v / 6.0
    if bend <= 0.0:
        return 0.0
    # Beyond v = 1 the first bound suffices, and the exponential could overflow.
    return v * v * (min(bend * exp(v), CURVE * mean) if v < 1.0 else CURVE * mean)
