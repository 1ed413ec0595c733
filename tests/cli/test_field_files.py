"""Files of servers, sensors and spreadsheets by their names alone: the odd event is found."""

from __future__ import annotations

from pathlib import Path

import field_files
import pytest
from command_line import Result, call


def rows_of(result: Result) -> list[int]:
    """Return the rows of the most anomalous events that the summary names, in their order."""
    lines = result.err.splitlines()
    ranked = lines[lines.index("most anomalous:") + 2 :]
    return [int(line.split()[0].replace(",", "")) for line in ranked]


@pytest.mark.parametrize("name", field_files.ALL)
def test_the_odd_event_is_among_the_first_three(tmp_path: Path, name: str) -> None:
    data, _ = field_files.ALL[name]()
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    result = call("score", path)
    assert result.code == 0
    assert result.out.count("\n") >= field_files.N
    assert field_files.ODD_AT + 1 in rows_of(result)[:3]
    assert "skipped" not in result.err
