"""Timing of rival tasks side by side, so that a change of the machine's pace meets all alike."""

from __future__ import annotations

import contextlib
import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


@dataclass(frozen=True)
class Timings:
    """Processor seconds of each task in each round; the rounds of all tasks are interleaved."""

    seconds: Mapping[str, list[float]]

    def median(self, task: str) -> float:
        """Return the median seconds of a task."""
        return statistics.median(self.seconds[task])

    def ratio(self, slow: str, fast: str) -> float:
        """Return the median over the rounds of how many times longer `slow` took than `fast`."""
        rounds = zip(self.seconds[slow], self.seconds[fast], strict=True)
        return statistics.median(numerator / denominator for numerator, denominator in rounds)

    def excess(self, slow: str, fast: str) -> float:
        """Return the median over the rounds of how many seconds longer `slow` took than `fast`."""
        rounds = zip(self.seconds[slow], self.seconds[fast], strict=True)
        return statistics.median(more - less for more, less in rounds)


def interleaved(tasks: Mapping[str, Callable[[], object]], rounds: int) -> Timings:
    """Run every task once unmeasured, then all of them in turn, `rounds` times.

    What is measured is the processor time of this process, which other work on the machine leaves
    as it is, with numerical libraries held to one thread.

    Raises
    ------
    ValueError
        If `rounds` is below 1.
    """
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1, not {rounds}")
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for task in tasks.values():
        task()
    with collector_asleep(), threadpool_limits(limits=1):
        for _ in range(rounds):
            for name, task in tasks.items():
                start = time.process_time()
                task()
                seconds[name].append(time.process_time() - start)
    return Timings(seconds)


@contextlib.contextmanager
def collector_asleep() -> Iterator[None]:
    """Keep the garbage collector from running, which would charge one task for another's waste."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
        gc.unfreeze()
