# cython: language_level=3
"""What all kernels share: snapshots, pickling and size."""

from __future__ import annotations

from array import array
from inspect import isgetsetdescriptor
from sys import getsizeof
from typing import Any

import cython

from clipsgd_river._kernels.core.archive import Archive

IN_USE = (
    "this object is in use by another thread; give each thread one of its own or hold a lock "
    "around the calls"
)


class ArchivedKernel:
    """A kernel that can be rebuilt from what its class was given and from its numbers.

    A subclass has ``exchange``. One that takes other arguments than ``settings`` overrides
    ``arguments``; one with named features has `snapshot` and `restore` of its own.
    """

    settings: dict[str, Any]
    busy: bool

    def claim(self) -> cython.int:
        """Take the kernel for one call; the caller sets ``busy`` back to False afterwards.

        Loops run without the interpreter's lock, and a number may be converted by Python code: a
        second thread could meanwhile replace the memory in use.
        """
        if self.busy:
            raise RuntimeError(IN_USE)
        self.busy = True
        return 0

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``."""
        return 0

    def arguments(self) -> tuple[Any, ...]:
        """What the constructor was given."""
        return (self.settings,)

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
        return size_of(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (type(self), self.arguments(), *self.snapshot())


def size_of(kernel: Any) -> int:
    """Bytes of a kernel and of all that it holds, but for settings: its user has those.

    What is compiled shows its attributes as descriptors of its class, which so must be readonly.
    """
    total = 0
    found: dict[int, Any] = {}
    waiting = [kernel]
    while waiting:
        holder = waiting.pop()
        if id(holder) in found:
            continue
        found[id(holder)] = holder
        if isinstance(holder, list | dict | array):
            total += getsizeof(holder)
            if not isinstance(holder, array):
                waiting += holder.values() if isinstance(holder, dict) else holder
        elif type(holder).__module__.startswith("clipsgd_river._kernels."):
            total += object.__sizeof__(holder)
            names = set(getattr(holder, "__dict__", ())) | {
                name
                for kind in type(holder).__mro__
                for name, attribute in vars(kind).items()
                if isgetsetdescriptor(attribute) and not name.startswith("__")
            }
            waiting += [getattr(holder, name) for name in names - {"settings"}]
    return total


def check_names(names: list[Any], most: int) -> None:
    """Refuse a state whose features have one name twice, or are more than ``most``."""
    if len(set(names)) != len(names) or len(names) > most:
        raise ValueError(
            f"the state names {len(names)} features where at most {most} different ones belong: "
            "it is damaged"
        )


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
