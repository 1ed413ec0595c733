"""What README and docs show runs, links to something, and stays short."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
from conftest import PACKAGE

pytestmark = pytest.mark.either_mode

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_examples_say_what_happens(page: Path) -> None:
    failed, attempted = doctest.testfile(
        str(page), module_relative=False, optionflags=doctest.ELLIPSIS
    )
    assert (attempted > 0) == (">>>" in page.read_text("utf-8"))
    assert failed == 0


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "benchmarks" / "README.md", ROOT / "CHANGELOG.md"], ids=page_id
)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(
        r"\]\((?!https?://)([^)#\s]*)#?([^)\s]*)\)", page.read_text("utf-8")
    ):
        linked = page.parent / target if target else page
        if not linked.exists() and "clipsgd_river/" in target:
            # Tests of what is installed have no source tree beside them.
            linked = PACKAGE / target.partition("clipsgd_river/")[2]
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    missing = [page.name for page in PAGES if f"({page.name})" not in index]
    assert missing == ["README.md", "README.md"]


def test_figures_name_scripts_that_exist() -> None:
    figures = [(page, script) for page in PAGES for script in scripts(page)]
    assert figures
    assert [script for _, script in figures if not (ROOT / script).exists()] == []


def scripts(page: Path) -> list[str]:
    """Return the benchmarks that print the figures of a page."""
    return re.findall(r"<!-- figures: (\S+)", page.read_text("utf-8"))


def test_readme_is_short() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= 200


def test_commands_are_in_the_first_screen() -> None:
    start = "\n".join(README.read_text("utf-8").splitlines()[:40])
    assert 'pip install ".[cli,plot]" && clipsgd-river demo\n' in start
    assert 'pip install ".[test]" && pytest tests\n' in start
