"""Results that a spreadsheet may open: no cell and no name is a formula."""

from __future__ import annotations

from command_line import call
from hypothesis import given
from hypothesis import strategies as st

from clipsgd_river.cli.output.spreadsheets import safe_cell

FORMULA = "=cmd|' /C calc'!A0"
TEXT = (
    f'a,"{FORMULA}",@x\n' + "".join(f"{n % 7},{n % 5},y\n" for n in range(60)) + "9999,3,+SUM(A1)\n"
)


def test_by_default_text_comes_back_as_it_was() -> None:
    result = call("score", "-", stdin=TEXT)
    assert result.code == 0
    assert list(result.rows[0])[:3] == ["a", FORMULA, "@x"]
    assert result.rows[-1]["@x"] == "+SUM(A1)"


def test_no_cell_is_a_formula_on_request() -> None:
    result = call("score", "-", "--spreadsheet-safe", stdin=TEXT)
    assert result.code == 0
    rows = result.rows
    assert list(rows[0])[:3] == ["a", f"'{FORMULA}", "'@x"]
    assert rows[-1]["'@x"] == "'+SUM(A1)"
    assert rows[-1]["a"] == "9999"
    cells = [cell for row in rows for cell in row.values()]
    assert not any(cell.startswith(("=", "@", "+")) for cell in cells)
    plain = call("score", "-", stdin=TEXT)
    assert [row["score"] for row in rows] == [row["score"] for row in plain.rows]


@given(st.text(max_size=8))
def test_a_safe_cell_begins_with_nothing_that_runs(text: str) -> None:
    cell = safe_cell(text)
    assert cell in (text, f"'{text}")
    if cell.lstrip(" ").startswith(("=", "@", "\t", "\r")):
        raise AssertionError(cell)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_stay_numbers(number: float) -> None:
    assert safe_cell(repr(number)) == repr(number)
    assert safe_cell(number) == number
