"""How the numbers of a column are written: decimal mark, groups of digits, units, words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from clipsgd_river.cli.input.columns.cells import Cells
from clipsgd_river.cli.input.columns.units import Unit, common_unit, unit_of
from clipsgd_river.cli.terminal.text import listed

POINT: Final = "."
COMMA: Final = ","
#: What may stand between groups of digits, beside the mark that is not the decimal one.
_SPACES: Final = " \u00a0\u202f\u2009'\u2019"
_MINUS: Final = "\u2212"
_WRITTEN: Final = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+{_MINUS}]?)\s?(?P<currency>[$€£¥]|USD|EUR|GBP|CHF|)\s?(?P<sign2>[-+{_MINUS}]?)"
    rf"(?P<digits>[0-9]+(?:[.,{_SPACES}][0-9]+)*|[.,][0-9]+)[.,]?"
    rf"(?P<exponent>[eE][-+]?[0-9]+)?\s?(?P<unit>[^\d\s.,()+{_MINUS}-][^\d()]*)?(?P<close>\))?"
)
#: Digits and points alone, one value a line, and a point that stands between no groups.
_PLAIN: Final = re.compile(r"[0-9.eE+\-\n]+")
_DECIMAL_POINT: Final = re.compile(r"\.(?![0-9]{3}$)|^[-+]?(?:0|[0-9]{4})[0-9]*\.", re.MULTILINE)
_FLAGS: Final = (
    ("false", "true"),
    ("no", "yes"),
    ("n", "y"),
    ("f", "t"),
    ("off", "on"),
    ("disabled", "enabled"),
    ("nein", "ja"),
    ("non", "oui"),
    ("falsch", "wahr"),
    ("faux", "vrai"),
)
_TRUTH: Final = {"true": 1.0, "false": 0.0}
#: In a column, so many cells may be written unlike the others, such as a total at the end.
LARGEST_SHARE_OF_SLIPS: Final = 0.05


class Spelling(Protocol):
    """How the values of a column become numbers."""

    @property
    def is_plain(self) -> bool:
        """Whether `float` reads what is neither missing nor odd."""
        ...

    @property
    def told(self) -> str:
        """What to say of it; empty where there is nothing to say."""
        ...

    @property
    def unit(self) -> str:
        """What numbers are counted in; empty where that is unknown."""
        ...

    def read(self, cell: str) -> float:
        """Return the number in a cell, NaN for a missing one; `ValueError` for anything else."""
        ...


class Written(NamedTuple):
    """A number in its parts: digits with all their marks, and the unit as it is written."""

    sign: str
    digits: str
    exponent: str
    unit: str


class Numbers:
    """Numbers with a decimal point or comma, groups of digits, and a unit.

    Parameters
    ----------
    cells
        What is known beforehand.
    decimal
        The decimal mark of the column; None until a value tells.
    unit
        What numbers are counted in; None where none has a unit.
    no_value
        Words that stand for no number in this column, beside those that `cells` knows.

    Numbers that can be read with the other decimal mark alone are read with it.

    Examples
    --------
    >>> Numbers(decimal=",").read("-1.234.567,8"), Numbers().read("1,234.50")
    (-1234567.8, 1234.5)
    >>> Numbers(decimal=",").read("1.234"), Numbers(decimal=",").read("718580.02")
    (1234.0, 718580.02)
    >>> Numbers().read("1.5k"), Numbers().read("n/a"), Numbers().read("True")
    (1500.0, nan, 1.0)
    """

    def __init__(
        self,
        cells: Cells | None = None,
        decimal: str | None = None,
        unit: Unit | None = None,
        no_value: Sequence[str] = (),
    ) -> None:
        known = Cells() if cells is None else cells
        self._no_value = list(no_value)
        words = known.missing.union(word.strip().lower() for word in no_value)
        self._cells = replace(known, missing=words)
        self._decimal = decimal or self._cells.decimal
        self._unit = unit
        self._hides_numbers = any(map(_is_float, self._cells.missing))

    @property
    def is_plain(self) -> bool:
        """Whether `float` reads what is neither missing nor odd."""
        return self._has_points and self._unit is None and not self._hides_numbers

    @property
    def _has_points(self) -> bool:
        return self._decimal == POINT or (self._decimal is None and not self._cells.prefers_comma)

    @property
    def unit(self) -> str:
        """What numbers are counted in; empty where that is unknown."""
        return "" if self._unit is None else self._unit.name

    @property
    def told(self) -> str:
        """What to say of it."""
        comma = ["with a decimal comma"] if self._decimal == COMMA else []
        parts = [" ".join([*comma, f"in {self.unit}"] if self.unit else comma)]
        parts += [f"with {listed(self._no_value)} as no value"] if self._no_value else []
        return ", ".join(filter(None, parts))

    def without(self, words: Sequence[str]) -> Numbers:
        """Return the same spelling, in which words stand for no number."""
        return Numbers(self._cells, self._decimal, self._unit, words)

    def read(self, cell: str) -> float:
        """Return the number in a cell.

        Raises
        ------
        ValueError
            If it holds anything else.
        """
        if self._has_points and not self._hides_numbers:
            try:
                return float(cell)
            except ValueError:
                pass
        if self._cells.is_missing(cell):
            return math.nan
        truth = _TRUTH.get(cell.strip().lower())
        if truth is not None:
            return truth
        written = written_number(cell)
        if written is None:
            return float(cell)  # infinity, and the message for what is no number
        digits = self._plain_digits(written.digits)
        scale = self._scale(written.unit)
        return float(f"{written.sign}{digits}{written.exponent}") * scale

    def _plain_digits(self, digits: str) -> str:
        decimal = self._decimal
        marks = decimal_marks(digits, self._cells)
        if decimal is None:
            decimal = COMMA if self._cells.prefers_comma else POINT
            if len(marks) == 1:
                # The first value that tells says it for all that follow.
                decimal = self._decimal = min(marks)
        elif decimal not in marks and len(marks) == 1:
            decimal = min(marks)
        plain = plain_digits(digits, decimal, self._cells.thousands)
        if plain is None:
            raise ValueError(f"its decimal mark is not {decimal!r}")
        return plain

    def _scale(self, unit: str) -> float:
        if not unit:
            return 1.0
        found = unit_of(unit)
        ours = self._unit or Unit("", "", 1.0)
        fits = found is not None and (found.family or "bytes") == (ours.family or "bytes")
        if found is None or not fits:
            raise ValueError(f"its unit {unit!r} is not that of the others")
        return found.scale / ours.scale


class Flags:
    """Two words of which one says yes.

    Examples
    --------
    >>> Flags("off", "on").read("On"), Flags("off", "on").read("0")
    (1.0, 0.0)
    """

    is_plain = False
    unit = ""

    def __init__(self, no: str, yes: str, cells: Cells | None = None) -> None:
        self._values = {no: 0.0, yes: 1.0, **_TRUTH}
        self._cells = Cells() if cells is None else cells
        self.told = "" if no == "false" else f"as {yes} = 1, {no} = 0"

    def read(self, cell: str) -> float:
        """Return 1 or 0, NaN where there is no word."""
        value = self._values.get(cell.strip().lower())
        if value is not None:
            return value
        return math.nan if self._cells.is_missing(cell) else float(cell)


def flags_in(values: Iterable[str], cells: Cells) -> Flags | None:
    """Return the pair of words that all values are of; both must be there unless they are plain.

    Examples
    --------
    >>> flags_in(["Yes", "no"], Cells()) is None, flags_in(["NO", "NO"], Cells()) is None
    (False, True)
    """
    found = {value.strip().lower() for value in values}
    for no, yes in _FLAGS:
        if found == {no, yes} or (no == "false" and found <= {no, yes}):
            return Flags(no, yes, cells)
    return None


def numbers_in(values: Sequence[str], cells: Cells) -> Numbers | None:
    """Return how at least half of the values are written as numbers; None where they are not.

    Examples
    --------
    >>> numbers_in(["1,5", "22,75"], Cells()).told, numbers_in(["3 ms", "1.5 s"], Cells()).told
    ('with a decimal comma', 'in s')
    >>> numbers_in(["3 apples", "4 pears"], Cells()) is None
    True
    """
    if cells.decimal != COMMA:
        together = "\n".join(values)  # most files are plain, and may have a thousand columns
        if _PLAIN.fullmatch(together):
            if _DECIMAL_POINT.search(together):
                return Numbers(cells, POINT)
            if POINT not in together:
                return Numbers(cells)
    found = [written for written in map(written_number, values) if written is not None]
    if 2 * len(found) < max(len(values), 1):
        return None
    units = {written.unit for written in found}
    unit = common_unit(units)
    if unit is None and units != {""}:
        return None
    told = told_marks(found, cells)
    unread = sum(not decimal_marks(written.digits, cells) for written in found)
    if len(told) > 1 or unread > LARGEST_SHARE_OF_SLIPS * len(found):
        return None
    if not told and not all(written.digits.isdigit() for written in found):
        told = {COMMA if cells.prefers_comma else POINT}
    return Numbers(cells, min(told, default=None), unit)


def told_marks(found: Iterable[Written], cells: Cells) -> set[str]:
    """Return the decimal marks of numbers that can be read with no other; a few do not count."""
    marks = (decimal_marks(written.digits, cells) for written in found)
    votes = Counter(mark for each in marks if len(each) == 1 for mark in each)
    return {mark for mark, n in votes.items() if n > LARGEST_SHARE_OF_SLIPS * votes.total()}


def prefers_comma(columns: Iterable[Sequence[str]], cells: Cells) -> bool:
    """Tell whether more columns of numbers need a decimal comma than a decimal point.

    Where none needs either, a comma must be likely and no number may have a point.

    Examples
    --------
    >>> prefers_comma([["0,5"], ["1,234"], ["7"]], Cells())
    True
    """
    votes, has_points = 0, False
    for values in columns:
        together = "\n".join(values)
        is_plain = _PLAIN.fullmatch(together)
        has_points = has_points or bool(is_plain and POINT in together)
        if COMMA in together:
            if numbers_in(values, cells) is not None:
                told = told_marks(filter(None, map(written_number, values)), cells)
                votes += (told == {COMMA}) - (told == {POINT})
        elif is_plain and _DECIMAL_POINT.search(together):
            votes -= 1
    return votes > 0 or (votes == 0 and cells.prefers_comma and not has_points)


def _is_float(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def written_number(cell: str) -> Written | None:
    """Take a number as people write it to pieces; None where it is none.

    Examples
    --------
    >>> written_number("-3.5 ms")
    Written(sign='-', digits='3.5', exponent='', unit='ms')
    """
    match = _WRITTEN.fullmatch(cell.strip())
    if match is None or (match["open"] is None) != (match["close"] is None):
        return None
    minus = match["open"] or (match["sign"] + match["sign2"]) in ("-", _MINUS)
    unit = (match["unit"] or "").strip() or match["currency"]
    return Written("-" if minus else "", match["digits"], match["exponent"] or "", unit)


def decimal_marks(digits: str, cells: Cells) -> frozenset[str]:
    """Return the decimal marks with which digits can be read.

    Examples
    --------
    >>> sorted(decimal_marks("1,234", Cells())), sorted(decimal_marks("0,5", Cells()))
    ([',', '.'], [','])
    """
    marks = (POINT, COMMA) if cells.decimal is None else (cells.decimal,)
    return frozenset(mark for mark in marks if plain_digits(digits, mark, cells.thousands))


def plain_digits(digits: str, decimal: str, thousands: str | None = None) -> str | None:
    """Return digits as `float` reads them; None where they cannot be read so.

    Examples
    --------
    >>> plain_digits("1.234,5", ","), plain_digits("1,5", "."), plain_digits("12'345", ".")
    ('1234.5', None, '12345')
    """
    whole, mark, fraction = digits.partition(decimal)
    if mark and not fraction.isdigit():
        return None
    if whole.isdigit() or not whole:
        return f"{whole}.{fraction}" if mark else whole
    between = {letter for letter in whole if not letter.isdigit()}
    allowed = (_SPACES + (COMMA if decimal == POINT else POINT)) if thousands is None else thousands
    if len(between) != 1 or not between <= set(allowed):
        return None
    first, *groups = whole.split(between.pop())
    # As in 1,234,567, and 12,34,567 as in India.
    regular = all(len(group) == 3 for group in groups[-1:]) and all(
        2 <= len(group) <= 3 for group in groups
    )
    if not regular or not 1 <= len(first) <= 3 or first.startswith("0"):
        return None
    return "".join([first, *groups]) + (f".{fraction}" if mark else "")
