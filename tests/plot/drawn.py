"""What the tests read off a picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

matplotlib = pytest.importorskip("matplotlib", reason="pictures need matplotlib")
matplotlib.use("Agg")

from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.text import Text  # noqa: E402


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    yield
    plt.close("all")


def points(axes: Axes, label: str) -> tuple[list[float], list[float]]:
    """Return the points of the line with a label."""
    line = next(line for line in axes.lines if line.get_label() == label)
    return np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist()


def corners(axes: Axes, label: str) -> npt.NDArray[np.float64]:
    """Return the corners of the area with a label, shape (n, 2)."""
    area = next(area for area in axes.collections if area.get_label() == label)
    return np.concatenate([np.asarray(path.vertices, dtype=float) for path in area.get_paths()])


def check_texts(axes: Axes) -> None:
    """Assert that no text lies on another one or outside the figure."""
    figure = axes.figure
    figure.canvas.draw()
    texts: list[Text] = [*axes.texts, axes.xaxis.label, axes.yaxis.label]
    texts += [text for text in axes.get_children() if isinstance(text, Text) and text not in texts]
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        texts.append(axis.get_offset_text())
        ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
        texts += [text for at, text in ticks if low <= at <= high]
    if axes.get_legend() is not None:
        texts += axes.get_legend().get_texts()
    boxes = {text: text.get_window_extent() for text in texts if text.get_text()}
    inside = figure.bbox.padded(1)
    for text, box in boxes.items():
        assert inside.contains(box.x0, box.y0), text
        assert inside.contains(box.x1, box.y1), text
        lies_on = [other for other in boxes if other is not text and box.overlaps(boxes[other])]
        assert not lies_on, (text, lies_on)


def legend(axes: Axes) -> list[str]:
    """Return what the legend names."""
    box = axes.get_legend()
    assert box is not None
    return [text.get_text() for text in box.get_texts()]
