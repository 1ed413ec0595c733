"""Which cells hold no value, and what is known of how numbers are written."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

#: Words that stand for no number, in any case, as people and programs write them.
MISSING_WORDS: Final = frozenset(
    {"", "-", "--", "---", ".", "?", "\\n", "nan", "na", "n/a", "n.a.", "#na", "#n/a", "<na>"}
    | {"null", "(null)", "<null>", "none", "(none)", "<none>", "nil", "undefined", "void"}
    | {"missing", "(missing)", "empty", "(empty)", "(blank)", "unknown", "not available"}
    | {"#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!"}
    # German, French, Spanish, Italian and Portuguese sheets.
    | {"k.a.", "k. a.", "keine angabe", "n.v.", "n. v.", "n/v", "leer", "fehlt", "n.d.", "n/d"}
    | {"non disponible", "s/d", "sin dato", "sin datos", "n.c.", "n/c", "n.r.", "n/r"}
    | {"tbd", "tba", "not applicable", "no data", "not recorded"}
)
_DIGITS: Final = "0123456789"
#: In an option they stand for the usual words.
USUAL: Final = "auto"


@dataclass(frozen=True)
class Cells:
    """How cells are written, as far as options, the format or other columns say.

    Parameters
    ----------
    missing
        Words, in lower case, that stand for no value in any column. Without them only the usual
        words do, and among categories only an empty cell: ``NA`` may be Namibia.
    usual
        Whether the usual words still stand for no number.
    decimal, thousands
        The decimal mark, and what stands between groups of digits; None where values must tell.
    prefers_comma
        Which decimal mark to suppose where values fit both, as 1,234 does.

    Examples
    --------
    >>> Cells().is_missing(" N/A "), Cells().is_no_category("NA"), Cells().is_no_category("")
    (True, False, True)
    >>> Cells(frozenset({"-999"}), usual=False).is_missing("n/a")
    False
    """

    missing: frozenset[str] = frozenset()
    usual: bool = True
    decimal: str | None = None
    thousands: str | None = None
    prefers_comma: bool = False

    def is_missing(self, cell: str) -> bool:
        """Tell whether a cell holds no number and no time."""
        if cell[:1] in _DIGITS and cell and not self.missing:
            return False
        word = cell.strip().lower()
        return not word or word in self.missing or (self.usual and word in MISSING_WORDS)

    def is_no_category(self, cell: str) -> bool:
        """Tell whether a cell holds no category."""
        word = cell.strip().lower()
        return not word or word in self.missing

    def is_no_value(self, value: Any) -> bool:
        """Tell whether a value, as it was read, is a missing number or time."""
        if isinstance(value, str):
            return self.is_missing(value)
        if value is None or (isinstance(value, float | Decimal) and math.isnan(value)):
            return True
        return bool(self.missing) and str(value) in self.missing


def declared(words: Iterable[str], given: Cells) -> Cells:
    """Return cells in which words of an option are missing; `USUAL` among them keeps the usual."""
    found = {word.strip().lower() for word in words}
    return Cells(
        frozenset(found - {USUAL}) | given.missing,
        USUAL in found,
        given.decimal,
        given.thousands,
        given.prefers_comma,
    )
