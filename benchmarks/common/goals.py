"""What a figure is to reach, and whether it does."""

from __future__ import annotations

from collections.abc import Sequence

from common.report import Cell, Table


def word(reached: bool) -> str:
    """Return the word for a goal that is reached, or that is not."""
    return "yes" if reached else "NO"


def goal(figure: str, measured: float, sign: str, bound: float) -> list[Cell]:
    """Return the row of a figure that is to be ``"≤"`` or ``"≥"`` a bound."""
    reached = measured <= bound if sign == "≤" else measured >= bound
    return [figure, measured, f"{sign} {bound:g}", word(reached)]


def goal_table(rows: Sequence[Sequence[Cell]], title: str = "Targets") -> Table:
    """Return the table of such rows."""
    return Table(title, ("figure", "measured", "target", "reached"), rows)
