"""The figures of a run for its file of metrics."""

from __future__ import annotations

from collections.abc import Iterable

from clipsgd_river.cli.delivery.courier import Courier
from clipsgd_river.cli.delivery.metrics import Figures
from clipsgd_river.cli.scoring.alert_watch import AlertWatch
from clipsgd_river.cli.scoring.watch import Watch
from clipsgd_river.cli.summary import Tally


def run_figures(tally: Tally, watch: Watch | None, couriers: Iterable[Courier]) -> Figures:
    """Say how a run is going.

    Parameters
    ----------
    tally
        What was counted.
    watch
        What judges the events; None before the stream was looked at.
    couriers
        Those who deliver its alerts.
    """
    figures = Figures(tally.events, alerts=tally.alerts)
    if watch is not None and watch.ready:
        figures.threshold = watch.threshold
    if isinstance(watch, AlertWatch):
        figures.incidents_open = watch.telling.open
    for each in couriers:
        label = each.receiver.label
        figures.delivered[label] = each.delivered
        figures.failures[label] = each.failures
        figures.waiting[label] = each.waiting
    return figures
