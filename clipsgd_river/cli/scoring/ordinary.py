"""Rows that came at once are judged together, up to one that must be looked at."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from typing import TypeGuard

from clipsgd_river.cli.input.blocks import Block
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.output.sinks import RowSink, Sink
from clipsgd_river.cli.scoring.detectors import takes_categories
from clipsgd_river.cli.scoring.watch import Watch
from clipsgd_river.cli.terminal.interrupts import Interrupts


def takes_rows(sink: Sink, watch: Watch) -> TypeGuard[RowSink]:
    """Tell whether nothing has to be known of an ordinary event but score and distance."""
    plain = watch.encoder is None and watch.clock is None
    if not (plain and watch.judges_rows) or takes_categories(watch.detector):
        return False
    return isinstance(sink, RowSink) and sink.takes_rows


class OrdinaryRows:
    """Judge, learn and write ordinary rows in few calls; what they come to is as one by one.

    Parameters
    ----------
    watch
        What judges events one by one.
    sink
        Where judged events go.
    interrupts
        Ends it between two calls.
    wrote
        Told how many rows were written, the number of the last one, and what gives it as an event.
    """

    def __init__(
        self,
        watch: Watch,
        sink: RowSink,
        interrupts: Interrupts,
        wrote: Callable[[int, int, Callable[[], Event]], object],
    ) -> None:
        import numpy as np

        from clipsgd_river._tables.rows import Rows

        self._empty, self._numbers, self._rows = np.empty, np.frombuffer, Rows
        self._watch = watch
        self._sink = sink
        self._interrupts = interrupts
        self._known: frozenset[Hashable] = frozenset()
        self._wrote = wrote

    def others(self, parts: Iterator[Event | Block]) -> Iterator[Event]:
        """Yield the events that must be judged one by one, in their place."""
        for part in parts:
            if isinstance(part, Block):
                yield from self._others_in(part)
            else:
                yield part
            if self._interrupts.received is not None:
                return

    def _others_in(self, block: Block) -> Iterator[Event]:
        count = len(block.records)
        values = self._numbers(block.values).reshape(count, -1)
        scores, distances = self._empty(count), self._empty(count)
        begun = 0
        while begun < count:
            if self._watch.ready and self._are_known(block.names):
                rows = self._rows(values[begun:], list(block.names))
                learned = self._watch.learn_rows(rows, scores[begun:], distances[begun:])
                done = slice(begun, begun + learned)
                found = scores[done].tolist(), distances[done].tolist()
                self._sink.write_rows(block.records[done], *found)
                begun += learned
                latest = begun - 1
                self._wrote(learned, block.first + latest, partial(block.event_at, latest))
            if begun < count:
                yield block.event_at(begun)
                begun += 1

    def _are_known(self, names: Sequence[Hashable]) -> bool:
        """Tell whether the detector has all features: there is nothing it might refuse."""
        if not self._known.issuperset(names):
            self._known = frozenset(self._watch.detector.features_)
        return self._known.issuperset(names) and self._sink.can_write(names)
