"""Names of the columns of a table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from clipsgd_river.cli.input.columns.cells import Cells
from clipsgd_river.cli.input.columns.spelling import Numbers

#: So many rows tell between what values are, and so many columns that names are values.
_FEWEST_BELOW: Final = 3
_FEWEST_VALUES: Final = 2


def names_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], int]:
    """Return names of columns, and the number of cells that rows have.

    A row may have a delimiter at its end that the header has not, and the other way round; a
    header may lack the name of the first column, as R writes it before the names of rows, or of the
    last, as Windows does before messages. Names of rows never come again.

    Examples
    --------
    >>> names_of(["a", "b"], [["1", "2", ""]]), names_of(["a", "b", ""], [["1", "2"]])
    ((['a', 'b'], 3), (['a', 'b'], 2))
    >>> names_of(["a", "b"], [["x", "1", "one"], ["x", "2", "two"]])
    (['a', 'b', 'column_3'], 3)
    >>> names_of(["a", "b"], [["r1", "1", "2"]]), names_of(["#a", "", "a"], [])
    ((['column_1', 'a', 'b'], 3), (['a', 'column_2', 'a_2'], 3))
    """
    names = list(header)
    ((width, _),) = Counter(map(len, rows)).most_common(1) or [(len(names), 0)]
    one_more = [row for row in rows if len(row) == len(names) + 1]
    if width == len(names) + 1 and any(row[-1].strip() for row in one_more):
        heads = [row[0] for row in one_more]
        names.insert(0 if len(set(heads)) == len(heads) else len(names), "")
    elif width == len(names) - 1 and not names[-1].strip():
        names.pop()
    elif width != len(names) + 1:
        width = len(names)
    return _distinct(names), width


def is_header(cells: Sequence[str]) -> bool:
    """Tell whether cells can be names: some of them is no number."""
    numbers = Numbers(Cells())
    for cell in cells:
        try:
            numbers.read(cell)
        except ValueError:
            return True
    return False


def looks_like_values(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the numbers in a first row are among those of the columns below it.

    Years, hours and the like, as heads of columns, are not: they rise by equal steps.

    Examples
    --------
    >>> rows = [["web2", "80", "12"], ["web1", "22", "9"], ["web1", "80", "7"]]
    >>> looks_like_values(["web1", "80", "11"], rows), looks_like_values(["x", "9", "10"], rows)
    (True, False)
    """
    numbers = Numbers(Cells())
    heads, numeric, within = [], 0, 0
    for at, cell in enumerate(cells):
        try:
            below = [numbers.read(row[at]) for row in rows if len(row) == len(cells)]
        except ValueError:
            continue
        below = [number for number in below if math.isfinite(number)]
        if len(below) < _FEWEST_BELOW:
            continue
        numeric += 1
        try:
            head = numbers.read(cell)
        except ValueError:
            continue
        heads.append(head)
        within += min(below) <= head <= max(below)
    steps = {after - before for before, after in pairwise(heads)}
    rises = len(steps) == 1 and (len(heads) > _FEWEST_VALUES or steps == {1.0})
    return within >= _FEWEST_VALUES and 2 * within > numeric and not (rises and min(steps) > 0.0)


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names without blanks around them, made different by numbers at their ends."""
    found: list[str] = []
    stripped = [name.strip() for name in names]
    if stripped and stripped[0].startswith("#"):  # as a comment
        stripped[0] = stripped[0].lstrip("# ") or stripped[0]
    taken = set(stripped)
    for at, name in enumerate(stripped):
        wanted = name or f"column_{at + 1}"
        count = 1
        chosen = wanted
        while chosen in found or (count > 1 and chosen in taken):
            count += 1
            chosen = f"{wanted}_{count}"
        found.append(chosen)
    return found
