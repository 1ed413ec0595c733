# cython: language_level=3
"""What kernels whose whole state passes through an archive share: snapshots, pickling, size."""

from __future__ import annotations

from array import array
from sys import getsizeof
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive


class ArchivedKernel:
    """A kernel that can be rebuilt from what its class was given and from its numbers.

    A subclass has ``exchange``, and ``owners`` where memory of its own is elsewhere. One that
    takes something else than ``settings`` says so with ``arguments``; one with named features has
    `snapshot` and `restore` of its own.
    """

    settings: dict[str, Any]

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        return 0

    def arguments(self) -> tuple[Any, ...]:
        """What the constructor was given."""
        return (self.settings,)

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this kernel."""
        return []

    def snapshot(self) -> tuple[list[Any], array[float]]:
        """Names of the features, here none, and all numbers of the state as doubles."""
        archive = Archive()
        self.exchange(archive)
        return [], archive.numbers

    def restore(self, names: list[Any], numbers: array[float]) -> None:
        """Take over the state that `snapshot` gave; this kernel must be new."""
        if names:
            raise ValueError("the state names features where none belong: it is damaged")
        archive = Archive(numbers)
        self.exchange(archive)
        archive.close()

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + sum(map(getsizeof, self.owners()))

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (type(self), self.arguments(), *self.snapshot())


def rebuild(
    kernel: type[ArchivedKernel],
    arguments: tuple[Any, ...],
    names: list[Any],
    numbers: array[float],
) -> ArchivedKernel:
    """Kernel with a state taken from another one of its kind."""
    fresh = kernel(*arguments)
    fresh.restore(names, numbers)
    return fresh
