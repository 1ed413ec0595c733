# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How rare a value is among those that its channel has had."""

from __future__ import annotations

import cython

from clipsgd_river._kernels.core.archive import Archive
from clipsgd_river._kernels.core.vector import Vector

if not cython.compiled:
    from math import fabs, floor, log10

    from clipsgd_river._kernels.sgd.kept_values import same

# What a channel says lies within plus or minus this.
LARGEST_COORDINATE = 1e152
# Values closer than this are equal: a range needs cells that are no zero.
SMALLEST_RANGE = 1e-280
# Values that a table counts before it forgets half of them; a power of two.
LARGEST_WEIGHT = 32768.0
# Numbers of a table, before its counts: the range so far, first cell and width of the cells, the
# centre of the values, how many there were.
LOW = 0
HIGH = 1
ORIGIN = 2
WIDTH = 3
CENTRE = 4
WEIGHT = 5
COUNTS = 6
# Pseudo-count of a value near by; and within the range of a channel of one mode.
NEAR = 0.1
INSIDE = 0.2
# Half width of the kernel, in bandwidths; share of the distance from the centre in a bandwidth.
KERNEL = 1.5
RELATIVE = 0.03
# Smallest step of the centre, and its longest one in ranges.
STEP = 0.002
LONGEST = 0.1
# A range this many times wider than it need be tells nothing apart.
TOO_WIDE = 10.0


def equal(a: float, b: float) -> cython.bint:
    """Whether two values cannot be told apart."""
    return same(a, b) or fabs(a - b) < SMALLEST_RANGE


class RarityTables:
    r"""Tables of counts, one for each channel of each feature.

    The rarity of a value y is its surprise in decades under a kernel density,

    .. math:: s = -\log_{10} \frac{a + 0.1}{W + 1.1}, \qquad
              a = \sum_i h_i \max(0, 1 - |c_i - y| / w), \qquad
              w = 1.5\,(R / K + 0.03\,|y - m|),

    with h the counts of cells with centres c, W their sum, R the range of the values so far, K the
    resolution, m a clipped mean. What was never seen near y has the most, about log10(10 W). Far
    from m the kernel is wider, as tails are sparse.

    No value moves m by more than a tenth of the range, or more than doubles the range: one gross
    outlier leaves the others told apart. As the range outgrows the cells, pairs of them are merged.

    While a channel is constant its table is a count; the first other value sets the cells, half
    of which the range then takes. After 32,768 values all counts are halved, downwards, and the
    range shrinks to what is left: a table remembers some 50,000 values, and a lone extreme half as
    many.

    O(K) to ask, O(1) to learn, amortised; 16 (K + 3) bytes for each table.

    Parameters
    ----------
    channels
        Tables of each feature.
    resolution
        K above, even: how many kernels make up the range. A table has 2 K cells.
    unimodal
        A channel whose values have one mode, such as deviations: what is new between those that
        there were is then less of a surprise, 0.2 taking the place of 0.1.
    """

    def __init__(
        self,
        channels: cython.Py_ssize_t,
        resolution: cython.Py_ssize_t,
        unimodal: cython.Py_ssize_t = -1,
    ) -> None:
        self.channels = channels
        self.resolution = resolution
        self.unimodal = unimodal
        self.cells = 2 * resolution
        self.length = COUNTS + self.cells
        self.numbers = Vector()
        self.kept = Vector(2 * self.cells)

    def start(self, j: cython.Py_ssize_t, channel: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Where the table of a channel of the feature at position j begins."""
        return (j * self.channels + channel) * self.length

    def rarity(self, j: cython.Py_ssize_t, channel: cython.Py_ssize_t, y: float) -> float:
        """Surprise of a value in decades; at least 0, and 0 before the first one."""
        start: cython.Py_ssize_t = self.start(j, channel)
        table: cython.p_double = self.numbers.at
        weight: cython.double = table[start + WEIGHT]
        width: cython.double = table[start + WIDTH]
        near: cython.double = 0.0
        pseudo: cython.double = NEAR
        half: cython.double
        distance: cython.double
        i: cython.Py_ssize_t
        if weight == 0.0:
            return 0.0
        if width == 0.0:
            near = weight if equal(y, table[start + LOW]) else 0.0
            return log10((weight + 1.0 + NEAR) / (near + NEAR))
        half = (table[start + HIGH] - table[start + LOW]) / self.resolution
        half = KERNEL * (half + RELATIVE * fabs(y - table[start + CENTRE]))
        half = max(half, width)
        for i in range(self.cell(start, y - half), self.cell(start, y + half) + 1):
            distance = fabs(self.centre_of(start, i) - y)
            if distance < half:
                near += table[start + COUNTS + i] * (1.0 - distance / half)
        if channel == self.unimodal and table[start + LOW] < y < table[start + HIGH]:
            pseudo = INSIDE
        return log10((weight + 1.0 + pseudo) / (near + pseudo))

    def begin(
        self, j: cython.Py_ssize_t, channel: cython.Py_ssize_t, low: float, high: float
    ) -> None:
        """Start a table with a range, for a channel whose values have a natural unit."""
        start: cython.Py_ssize_t = self.start(j, channel)
        self.lay_cells(start, low, high)
        self.numbers.at[start + CENTRE] = 0.5 * (low + high)

    def learn(self, j: cython.Py_ssize_t, channel: cython.Py_ssize_t, y: float) -> None:
        """Count a value."""
        start: cython.Py_ssize_t = self.start(j, channel)
        table: cython.p_double = self.numbers.at
        limit: cython.double
        if table[start + WEIGHT] == 0.0 and table[start + WIDTH] == 0.0:
            table[start + LOW] = y
            table[start + HIGH] = y
            table[start + CENTRE] = y
        elif table[start + WIDTH] == 0.0 and not equal(y, table[start + LOW]):
            self.open_range(start, y)
        if table[start + WIDTH] == 0.0:
            table[start + WEIGHT] = min(table[start + WEIGHT] + 1.0, LARGEST_WEIGHT)
            table[start + COUNTS] = table[start + WEIGHT]
            return
        if table[start + WEIGHT] >= LARGEST_WEIGHT:
            self.forget(start)
        table[start + WEIGHT] += 1.0
        limit = LONGEST * self.span(start)
        table[start + CENTRE] += max(STEP, 1.0 / table[start + WEIGHT]) * max(
            -limit, min(y - table[start + CENTRE], limit)
        )
        self.widen(start, y)
        y = max(table[start + LOW], min(y, table[start + HIGH]))
        table[start + COUNTS + self.cell(start, y)] += 1.0

    def open_range(self, start: cython.Py_ssize_t, y: float) -> None:
        """Set cells for a constant channel and its first other value."""
        table: cython.p_double = self.numbers.at
        constant: cython.double = table[start + LOW]
        weight: cython.double = table[start + COUNTS]
        table[start + COUNTS] = 0.0
        self.lay_cells(start, min(constant, y), max(constant, y))
        table[start + COUNTS + self.cell(start, constant)] = weight

    def lay_cells(self, start: cython.Py_ssize_t, low: float, high: float) -> None:
        """Lay cells so that a range takes half of them; both its ends are centres of cells."""
        table: cython.p_double = self.numbers.at
        width: cython.double = (high - low) / (self.cells // 2)
        table[start + LOW] = low
        table[start + HIGH] = high
        table[start + WIDTH] = width
        table[start + ORIGIN] = low - (self.cells // 4 + 0.5) * width

    def widen(self, start: cython.Py_ssize_t, y: float) -> None:
        """Extend the range towards a value, to twice its length at most."""
        table: cython.p_double = self.numbers.at
        span: cython.double = self.span(start)
        if y > table[start + HIGH]:
            table[start + HIGH] += min(y - table[start + HIGH], span)
            while table[start + HIGH] >= table[start + ORIGIN] + self.cells * table[start + WIDTH]:
                self.fold(start, False)
        elif y < table[start + LOW]:
            table[start + LOW] -= min(table[start + LOW] - y, span)
            while table[start + LOW] < table[start + ORIGIN]:
                self.fold(start, True)

    def span(self, start: cython.Py_ssize_t) -> float:
        """Length of the range, at least that of a cell."""
        table: cython.p_double = self.numbers.at
        return max(table[start + HIGH] - table[start + LOW], table[start + WIDTH])

    def fold(self, start: cython.Py_ssize_t, downwards: cython.bint) -> None:
        """Merge pairs of cells into half the table, which so reaches twice as far to one side."""
        table: cython.p_double = self.numbers.at
        first: cython.Py_ssize_t = start + COUNTS
        half: cython.Py_ssize_t = self.cells // 2
        i: cython.Py_ssize_t
        if downwards:
            for i in range(half):
                table[first + self.cells - 1 - i] = (
                    table[first + self.cells - 1 - 2 * i] + table[first + self.cells - 2 - 2 * i]
                )
            for i in range(half):
                table[first + i] = 0.0
            table[start + ORIGIN] -= self.cells * table[start + WIDTH]
        else:
            for i in range(half):
                table[first + i] = table[first + 2 * i] + table[first + 2 * i + 1]
            for i in range(half, self.cells):
                table[first + i] = 0.0
        table[start + WIDTH] *= 2.0

    def forget(self, start: cython.Py_ssize_t) -> None:
        """Halve the counts, downwards, and shrink the range to what is left."""
        table: cython.p_double = self.numbers.at
        width: cython.double = table[start + WIDTH]
        first: cython.Py_ssize_t = self.cells
        last: cython.Py_ssize_t = 0
        total: cython.double = 0.0
        count: cython.double
        i: cython.Py_ssize_t
        for i in range(self.cells):
            count = floor(0.5 * table[start + COUNTS + i])
            table[start + COUNTS + i] = count
            total += count
            if count > 0.0:
                first = min(first, i)
                last = i
        table[start + WEIGHT] = total
        if last > first:
            table[start + LOW] = max(table[start + LOW], self.centre_of(start, first) - 0.5 * width)
            table[start + HIGH] = min(
                table[start + HIGH], self.centre_of(start, last) + 0.5 * width
            )
            table[start + CENTRE] = max(
                table[start + LOW], min(table[start + CENTRE], table[start + HIGH])
            )

    def narrow(
        self, j: cython.Py_ssize_t, channel: cython.Py_ssize_t, low: float, high: float
    ) -> None:
        """Shrink a range that is ten times too wide; what is outside goes to its ends."""
        start: cython.Py_ssize_t = self.start(j, channel)
        table: cython.p_double = self.numbers.at
        i: cython.Py_ssize_t
        y: cython.double
        if table[start + WIDTH] == 0.0 or high - low < SMALLEST_RANGE:
            return
        if not TOO_WIDE * (high - low) < self.span(start):
            return
        for i in range(self.cells):
            self.kept.at[i] = table[start + COUNTS + i]
            self.kept.at[self.cells + i] = self.centre_of(start, i)
            table[start + COUNTS + i] = 0.0
        self.lay_cells(start, low, high)
        for i in range(self.cells):
            y = max(low, min(self.kept.at[self.cells + i], high))
            table[start + COUNTS + self.cell(start, y)] += self.kept.at[i]
        table[start + CENTRE] = max(low, min(table[start + CENTRE], high))

    def cell(self, start: cython.Py_ssize_t, y: float) -> cython.Py_ssize_t:
        """Cell of a value; the first or last one for those outside."""
        at: cython.double = (y - self.numbers.at[start + ORIGIN]) / self.numbers.at[start + WIDTH]
        if at < 0.0:
            return 0
        if at >= self.cells:
            return self.cells - 1
        return cython.cast(cython.Py_ssize_t, at)

    def centre_of(self, start: cython.Py_ssize_t, cell: cython.Py_ssize_t) -> float:
        """Centre of a cell."""
        return self.numbers.at[start + ORIGIN] + (cell + 0.5) * self.numbers.at[start + WIDTH]

    def grow(self, size: cython.Py_ssize_t) -> cython.int:
        """Provide memory for ``size`` features."""
        return self.numbers.grow(size * self.channels * self.length)

    def reset_feature(self, j: cython.Py_ssize_t) -> None:
        """Forget the feature at position j."""
        i: cython.Py_ssize_t
        for i in range(self.start(j, 0), self.start(j + 1, 0)):
            self.numbers.at[i] = 0.0

    def least_numbers(self, size: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Numbers of the tables of ``size`` features."""
        return size * self.channels * self.length

    def exchange(self, archive: Archive, size: cython.Py_ssize_t) -> cython.int:
        """Pass the tables of ``size`` features through ``archive``."""
        k: cython.Py_ssize_t
        self.numbers.exchange(archive, size * self.channels * self.length)
        if archive.reading and not archive.trusted:
            for k in range(size * self.channels):
                self.check_table(archive, k * self.length)
        return 0

    def check_table(self, archive: Archive, start: cython.Py_ssize_t) -> cython.int:
        """Refuse a table whose numbers do not fit each other."""
        table: cython.p_double = self.numbers.at
        i: cython.Py_ssize_t
        total: cython.double = 0.0
        low: cython.double = table[start + LOW]
        high: cython.double = table[start + HIGH]
        width: cython.double = table[start + WIDTH]
        origin: cython.double = table[start + ORIGIN]
        for i in range(self.cells):
            archive.check_count(table[start + COUNTS + i])
            total += table[start + COUNTS + i]
        archive.check(table[start + WEIGHT], total, total, "count of values")
        archive.check(total, 0.0, LARGEST_WEIGHT, "count of values")
        archive.check(low, -LARGEST_COORDINATE, LARGEST_COORDINATE, "range")
        if width == 0.0:
            archive.check(high, low, low, "range")
            archive.check(origin, 0.0, 0.0, "table")
            archive.check(table[start + COUNTS], total, total, "count of values")
            archive.check(table[start + CENTRE], low, low, "centre")
            return 0
        archive.check(width, SMALLEST_RANGE / self.cells, LARGEST_COORDINATE, "table")
        archive.check(origin, -LARGEST_COORDINATE, low, "table")
        archive.check(high, low, min(origin + self.cells * width, LARGEST_COORDINATE), "range")
        archive.check(table[start + CENTRE], low, high, "centre")
        return 0
