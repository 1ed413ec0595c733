"""A report in a real browser: nothing is missing, blocked, too wide, or too faint to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Browser, find_browser
from command_line import call
from pages import hostile_lines

pytest.importorskip("matplotlib", reason="a report has pictures")
pytest.importorskip("jinja2", reason="a report needs Jinja")

# Starting a browser takes seconds, and `test_report.py` reads the same pages without one.
pytestmark = pytest.mark.slow

EVENTS = 100_000
WIDTHS = {"desktop": 1280, "phone": 360}

IMAGES = """[...document.images].map(image => ({
    complete: image.complete, width: image.naturalWidth, height: image.naturalHeight,
    shown: image.getBoundingClientRect().width > 100, alt: image.alt.length}))"""
FACTS = """Object.fromEntries([...document.querySelectorAll("dl.facts > div")].map(
    fact => [fact.querySelector("dt").innerText, fact.querySelector("dd").innerText]))"""
# Text is held against the nearest background behind it, as WCAG 2 defines contrast.
FAINT = """(() => {
    const channel = value => (value /= 255) <= 0.04045
        ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = colour => {
        const [r, g, b] = numbers(colour).map(channel);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = element => {
        const colour = getComputedStyle(element).backgroundColor;
        if (numbers(colour)[3] !== 0) return colour;
        return element.parentElement ? behind(element.parentElement) : "rgb(255, 255, 255)";
    };
    return [...document.querySelectorAll("body *")].filter(each =>
        [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim())
    ).map(each => {
        const [dim, bright] = [luminance(getComputedStyle(each).color), luminance(behind(each))]
            .sort((a, b) => a - b);
        return [each.outerHTML.slice(0, 80), (bright + 0.05) / (dim + 0.05)];
    }).filter(([, contrast]) => contrast < 4.5);
})()"""
CORNERS = """Promise.all([...document.images].map(async image => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return [...context.getImageData(1, 1, 1, 1).data];
}))"""


def too_wide(browser: Browser, width: int) -> list[str]:
    """Return what reaches beyond the right edge of a window."""
    found: list[str] = browser.ask(
        f"""[...document.querySelectorAll("body *")]
        .filter(each => each.getBoundingClientRect().right > {width} + 0.5)
        .map(each => each.outerHTML.slice(0, 80))"""
    )
    return found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser") / "profile") as browser:
        yield browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of 100,000 events with times and labels."""
    find_browser()
    folder = tmp_path_factory.mktemp("report")
    generator = np.random.default_rng(0)
    rows = generator.normal([20.0, 500.0, 5.0, 1.0], [2.0, 40.0, 1.0, 0.2], size=(EVENTS, 4))
    labels = np.zeros(EVENTS, dtype=int)
    labels[generator.integers(5000, EVENTS, 50)] = 1
    rows[labels == 1, 1] += 700.0
    times = np.datetime64("2026-03-01T00:00:00") + np.arange(0, 30 * EVENTS, 30, dtype="m8[s]")
    body = "".join(
        f"{time},{label}," + ",".join(map("{:.3f}".format, row)) + "\n"
        for time, label, row in zip(times, labels, rows.tolist(), strict=True)
    )
    (folder / "in.csv").write_text("time,attack,cpu,requests,latency,errors\n" + body)
    path = folder / "report.html"
    options = ["--time", "time", "--label", "attack", "--alert-rate", 0.001, "-q"]
    out = folder / "out.csv"
    result = call("score", folder / "in.csv", "--out", out, "--report", path, *options)
    assert result.code == 0, result.err
    assert path.stat().st_size < 3_000_000
    return path


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everything_is_there_and_can_be_read(
    browser: Browser, page: Path, width: int, *, dark: bool
) -> None:
    browser.open(page, width, dark=dark)
    assert browser.complaints() == []
    asked = browser.requests()
    assert [address for address in asked if not address.startswith("data:")] == [page.as_uri()]
    images = browser.ask(IMAGES)
    assert len(images) >= 3
    for image in images:
        assert image["complete"]
        assert image["shown"]
        assert min(image["width"], image["height"], image["alt"]) > 20
    assert browser.ask("document.documentElement.scrollWidth") <= width
    assert too_wide(browser, width) == []
    assert browser.ask(FAINT) == []
    facts = browser.ask(FACTS)
    assert facts["Events"] == f"{EVENTS:,}"
    assert facts["Time span"].startswith("34.7 days")
    assert "asked 0.10%" in facts["Alerts"]
    assert float(facts["ROC AUC"].split()[0]) > 0.99
    sentences = browser.ask("[...document.querySelectorAll('summary')].map(p => p.innerText)")
    assert sum(sentence.startswith("requests was 1,") for sentence in sentences) >= 40
    background = browser.ask("getComputedStyle(document.querySelector('figure')).backgroundColor")
    card = [int(part) for part in background.strip("rgb()").split(",")]
    assert (sum(card) < 150) if dark else (card == [255, 255, 255])
    for corner in browser.ask(CORNERS):
        assert corner == [*card, 255]
    browser.ask("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert browser.ask("document.documentElement.scrollWidth") <= width
    assert too_wide(browser, width) == []
    assert browser.ask(FAINT) == []


def test_the_list_is_searched_and_sorted(browser: Browser, page: Path) -> None:
    browser.open(page, WIDTHS["desktop"])
    shown = """[...document.querySelectorAll(".incidents > table > tbody > tr")]
        .filter(row => !row.hidden).map(row => [...row.cells].map(cell => cell.innerText))"""
    first = browser.ask(shown)
    assert [int(row[0]) for row in first] == list(range(1, 13))
    day = first[3][2][:10]
    browser.ask(f"search.value = '{day} + requests'; search.dispatchEvent(new Event('input'))")
    found = browser.ask(shown)
    assert first[3] in found
    assert all(row[2].startswith(day) and "requests" in row[3] for row in found)
    assert browser.ask("count.textContent").startswith(f"{len(found)} of ")
    browser.ask("all.click()")
    everything = browser.ask(shown)
    assert len(everything) > 40
    by_time = "document.querySelectorAll('.incidents thead button')[2]"
    for order, is_down in (("ascending", False), ("descending", True)):
        browser.ask(f"{by_time}.click()")
        times = [row[2] for row in browser.ask(shown)]
        assert times == sorted((row[2] for row in everything), reverse=is_down)
        assert browser.ask(f"{by_time}.parentElement.getAttribute('aria-sort')") == order
    cell = "document.querySelector('.hours [data-find]')"
    browser.ask(f"{cell}.querySelector('button').click()")
    alerts = int(browser.ask(f"{cell}.innerText").split()[0])
    assert len(browser.ask(shown)) == alerts
    assert browser.ask("document.activeElement.id") == "search"
    assert browser.complaints() == []


def test_printed_it_is_dark_on_light(browser: Browser, page: Path) -> None:
    browser.open(page, 794, printed=True)
    assert browser.complaints() == []
    assert browser.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert too_wide(browser, 794) == []
    assert browser.ask("tools.offsetHeight") == 0
    shown = "[...document.querySelectorAll('summary')].map(each => each.offsetHeight)"
    assert 0 not in browser.ask(shown)[:12]


def test_text_of_the_data_does_nothing(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    options = ["--contamination", 0.05, "--time", "when", "--out", tmp_path / "out.jsonl"]
    result = call(
        "score", "-", "--format", "jsonl", "--report", path, *options, stdin=hostile_lines()
    )
    assert result.code == 0, result.err
    for width in WIDTHS.values():
        browser.open(path, width)
        assert browser.complaints() == []
        assert browser.ask("document.title") == "Anomalies in standard input"
        assert browser.ask("document.scripts.length") == 1
        assert too_wide(browser, width) == []
        assert all(image["width"] > 20 for image in browser.ask(IMAGES))


def test_a_bad_page_would_be_noticed(browser: Browser, tmp_path: Path) -> None:
    policy = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"
    bad = tmp_path / "bad.html"
    bad.write_text(
        f"<!DOCTYPE html><head>{policy}<meta name=viewport content='width=device-width'></head>"
        "<div style='width:900px'>wide</div><p style='color:#999'>faint</p>"
        "<img src=nowhere.png alt=''><script>1</script>"
    )
    browser.open(bad, 360)
    complaints: Any = "\n".join(browser.complaints())
    assert "nowhere.png" in complaints
    assert "script" in complaints
    assert browser.ask(IMAGES)[0]["width"] == 0
    bad.write_text(bad.read_text().replace(policy, ""))
    browser.open(bad, 360)
    assert browser.ask("document.documentElement.scrollWidth") > 360
    assert len(too_wide(browser, 360)) == 1
    assert len(browser.ask(FAINT)) == 1
    assert any("nowhere.png" in address for address in browser.requests())
