"""What stands between the cells of a table, and which lines stand before its header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from clipsgd_river.cli.input.columns.spelling import written_number
from clipsgd_river.cli.input.tables.lines import Lines
from clipsgd_river.cli.input.tables.quoted_rows import QuotedRows

#: In the order of preference where they do equally well.
_DELIMITERS: Final = ",;\t|"
#: Stands for any stretch of blanks and tabs.
BLANK: Final = " "
_SEPARATOR_LINE: Final = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
_COMMENT: Final = "#"
#: As Markdown and databases draw between a header and rows.
_RULE: Final = re.compile(r"[\s|+:=-]*-{3}[\s|+:=-]*")
_MOST_LINES_BEFORE: Final = 10
_FEWEST_NUMERIC: Final = 0.3


class Layout(NamedTuple):
    """How a table is laid out: the delimiter, and how many lines stand before the header."""

    delimiter: str
    before: int = 0


def layout_of(lines: Sequence[str], chosen: str | None = None) -> Layout:
    """Find out how the table is laid out that begins with some lines.

    Parameters
    ----------
    lines
        The first ones.
    chosen
        The delimiter, where it is known.

    Examples
    --------
    >>> layout_of(["Sales 2026", "", "day;price", "1;2,5", "2;3,5"])
    Layout(delimiter=';', before=2)
    >>> layout_of(["sep=|", "a|b", "1|2"]), layout_of(["host cpu", "web1   3.5", "web2  4"])
    (Layout(delimiter='|', before=1), Layout(delimiter=' ', before=0))
    """
    skipped = 0
    while skipped < len(lines) and not lines[skipped].strip():
        skipped += 1
    separator = _SEPARATOR_LINE.fullmatch(lines[skipped]) if skipped < len(lines) else None
    if separator is not None:
        skipped += 1
        chosen = chosen or separator[1]
    lines = lines[skipped:]
    delimiter = chosen or _best(lines)
    return Layout(delimiter, skipped + _lines_before(lines, delimiter))


def no_rows_in(lines: Sequence[str], delimiter: str) -> Callable[[str], bool] | None:
    """Return what tells comments, and rules drawn with dashes, from rows; None without them.

    Parameters
    ----------
    lines
        The first ones, whose titles, comments and header come first.
    delimiter
        What stands between cells.

    Examples
    --------
    >>> no_rows_in(["# by tool 1.2", "a,b", "1,2"], ",")("# later")
    True
    >>> no_rows_in(["| a | b |", "|---|--:|", "| 1 | 2 |"], "|")("|---|--:|")
    True
    >>> no_rows_in(["tag,n", "#x,2"], ",") is None
    True
    """
    width = max((len(row) for row in split(lines[:_MOST_LINES_BEFORE], delimiter)), default=0)
    head = next((line for line in lines if line.strip()), "").startswith(_COMMENT)
    commented = (line for line in lines if line.startswith(_COMMENT))
    comments = head or any(len(split([line], delimiter)[0]) < width for line in commented)
    ruled = any(map(_RULE.fullmatch, lines[:_MOST_LINES_BEFORE]))
    if not comments and not ruled:
        return None

    def is_no_row(line: str) -> bool:
        if comments and line.startswith(_COMMENT):
            return True
        return ruled and _RULE.fullmatch(line) is not None

    return is_no_row


def split(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Return the cells of lines, empty ones left out; what cannot be read is passed over."""
    if delimiter == BLANK:
        return [cells for line in lines if (cells := line.split())]
    rows = QuotedRows(Lines([list(lines)]), delimiter, lambda *_: None)
    return [row for row in rows if row]


def _best(lines: Sequence[str]) -> str:
    best, most = ",", 0.0
    for delimiter in _DELIMITERS:
        fit = _fit(split(lines, delimiter))
        if fit > most:
            best, most = delimiter, fit
    if most == 0.0 and _titles_of_blanks(lines) is not None:
        return BLANK
    return best


def _fit(rows: Sequence[Sequence[str]]) -> float:
    """Return how well rows are of one width, 0 where most have one cell."""
    if not rows:
        return 0.0
    ((width, count),) = Counter(map(len, rows)).most_common(1)
    if width == 1:
        return 0.0
    # A header alone tells by the number of its cells.
    return count / len(rows) + 1e-6 * width


def _is_blank_delimited(lines: Sequence[str]) -> bool:
    """Tell whether rows have as many words as the first, and some columns of numbers."""
    rows = split(lines, BLANK)
    below = [row for row in rows if row != rows[0]]
    if not below or len(rows[0]) < 2 or any(len(row) < len(rows[0]) for row in rows):
        return False
    columns = list(zip(*below, strict=False))
    numeric = sum(all(written_number(cell) for cell in column) for column in columns)
    return numeric >= max(1.0, _FEWEST_NUMERIC * len(columns))


def _titles_of_blanks(lines: Sequence[str]) -> int | None:
    """Return how many titles stand before the header of words between blanks; None if it is none.

    They may come again with the header, as those of vmstat do.
    """
    for before in range(min(_MOST_LINES_BEFORE, len(lines))):
        titles = set(lines[:before])
        if _is_blank_delimited([line for line in lines[before:] if line not in titles]):
            return before
    return None


def _lines_before(lines: Sequence[str], delimiter: str) -> int:
    """Return how many lines, as titles of spreadsheets and comments, stand before the header."""
    if delimiter == BLANK:
        return _titles_of_blanks(lines) or 0
    rows = split(lines, delimiter)
    if not rows:
        return 0
    ((width, count),) = Counter(map(len, rows)).most_common(1)
    if width == 1 or count < 2:
        return 0
    used = [at for at in range(1, width) if 2 * _filled(rows, at) > len(rows)]
    for before, line in enumerate(lines[:_MOST_LINES_BEFORE]):
        cells = next(iter(split([line], delimiter)), [])
        # A header may lack the name of an index, or of a column that is empty.
        named = sum(at < len(cells) and bool(cells[at].strip()) for at in used)
        if abs(len(cells) - width) <= 1 and 2 * named >= max(len(used), 1):
            return before
    return 0


def _filled(rows: Sequence[Sequence[str]], at: int) -> int:
    return sum(at < len(row) and bool(row[at].strip()) for row in rows)
