"""Drawings of false alarms against delay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from common.data import DataError
from common.report import Cell, Table

Rows = Sequence[Sequence[Cell]]
# From here on to the left the axis of shares is linear, so that 0 has a place.
SMALLEST_SHARE = 2e-3
MARKERS = "osD^v"


def draw(exchange: Table, alarms: Rows, delays: Rows, path: Path) -> None:
    """Draw delay against delta, and delay against the share of false alarms of every detector.

    Parameters
    ----------
    exchange
        Rows of delta and the median delays of ours.
    alarms, delays
        Rows that begin with detector, law and number of features; the share of false alarms, and
        the median delay for each shift, half a sigma first, each with the share of early alarms.
    """
    try:
        import matplotlib as mpl
        import matplotlib.pyplot as plt
    except ImportError:
        raise DataError("--plot needs matplotlib: pip install 'clipsgd-river[plot]'") from None
    mpl.use("Agg")
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    deltas = [float(row[0] or 0.0) for row in exchange.rows]
    for column in (1, 2):
        name = exchange.columns[column].removeprefix("median delay, ")
        left.semilogx(deltas, [row[column] for row in exchange.rows], "o-", label=name)
    left.set(xlabel="delta", ylabel="median delay, events", title=exchange.title)
    left.set_ylim(bottom=0)
    left.legend(title="ClippedOCPD")
    _compare(right, alarms, delays)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _compare(axes: Any, alarms: Rows, delays: Rows) -> None:
    """Put a point for each detector and law with one feature, at a shift of one sigma."""
    shares = {(row[0], row[1]): float(row[4] or 0.0) for row in alarms if row[2] == 1}
    waits = {
        (row[0], row[1]): np.nan if row[5] is None else float(row[5])
        for row in delays
        if row[2] == 1
    }
    names = list(dict.fromkeys(name for name, _ in shares))
    laws = list(dict.fromkeys(law for _, law in shares))
    for color, name in enumerate(names):
        for marker, law in zip(MARKERS, laws, strict=False):
            axes.plot(
                shares[name, law], waits[name, law], marker, color=f"C{color}", alpha=0.8, ms=7
            )
        axes.plot([], [], "o", color=f"C{color}", label=str(name))
    for marker, law in zip(MARKERS, laws, strict=False):
        axes.plot([], [], marker, color="0.5", label=str(law))
    axes.axvline(0.05, color="0.6", ls=":", lw=1)
    axes.set_xscale("symlog", linthresh=SMALLEST_SHARE)
    axes.set_xlim(-0.3 * SMALLEST_SHARE, 1.3)
    axes.set_ylim(bottom=0)
    axes.set(
        xlabel="share of streams with a false alarm (dotted: the 5 % asked for)",
        ylabel="median delay, events",
        title="A shift of one sigma, one feature",
    )
    axes.legend(fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.14))
