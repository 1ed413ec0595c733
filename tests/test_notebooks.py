"""Notebooks are kept without what a run leaves in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.either_mode

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    if not FOLDER.is_dir():
        pytest.skip("the notebooks are not part of an installed package")
    assert {"quickstart", "robust_estimation", "fitness"} <= {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stripped_and_says_what_it_shows(path: Path) -> None:
    book: dict[str, Any] = json.loads(path.read_text())
    assert book["cells"][0]["cell_type"] == "markdown"
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert len(code) >= 2
    for cell in code:
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        assert cell["metadata"] == {}
    assert any("plt." in line for cell in code for line in cell["source"])
