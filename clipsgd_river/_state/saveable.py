"""What can be kept in a state file: the methods that write and read it.

A class over one kernel is `Saveable` as it stands. One that consists of others is a
`clipsgd_river._state.wrapper.SaveableWrapper`, whose file holds those of its parts.
"""

from __future__ import annotations

import os
from array import array
from typing import Any, Self

from clipsgd_river._state import file_format
from clipsgd_river._state.header import header_of, kind_of, restored


class Saveable:
    """Methods of a class whose whole state is in its ``_kernel``.

    The kernel's ``settings`` are the parameters of the constructor. What the kernel does not hold
    goes through ``_extra_fields`` and ``_take_extra_fields``.
    """

    _kernel: Any

    def create_state(self) -> None:
        """Check the parameters and create the state now instead of at the first event."""
        # The state is a cached property: to read it is to create it.
        _ = self._kernel

    def _extra_fields(self) -> dict[str, Any]:
        """Header fields beside those that every state file has."""
        return {}

    def _take_extra_fields(self, fields: dict[str, Any]) -> None:
        """Take over the fields that `_extra_fields` gave; ``ValueError`` if they do not fit."""

    def _state(self) -> tuple[bytes, array[float]]:
        """Header and numbers of the state file."""
        names, numbers = self._kernel.snapshot()
        return header_of(self, names), numbers

    @classmethod
    def _from_state(cls, fields: dict[str, Any], numbers: array[float]) -> Self:
        """Object of this very class from what `_state` gave; ``ValueError`` if it does not fit."""
        return restored(cls, fields, numbers)

    def to_bytes(self) -> bytes:
        """State as bytes, for `from_bytes`; no pickle, a few microseconds.

        Raises
        ------
        ValueError
            If a parameter is a River scheduler, which belongs to River and is not part of the
            format; pickle such an object.
        TypeError
            If a feature's name is not a string, number, bool, ``None`` or a tuple of these.
        """
        return file_format.encode(*self._state())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Object that goes on where the one of `to_bytes` was.

        Raises
        ------
        ValueError
            If the bytes are damaged, cut, of a newer version or of another class. Runs no code
            from the data.
        """
        fields, numbers = file_format.decode(data)
        return kind_of(cls, fields)._from_state(fields, numbers)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write `to_bytes` to a file, atomically: a crash leaves the old file or the new one."""
        file_format.write_atomically(path, self.to_bytes())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Object from a file that `save` wrote.

        Raises
        ------
        ValueError
            As `from_bytes`; the message names the file.
        OSError
            If the file cannot be read.
        """
        data = file_format.read(path)
        try:
            return cls.from_bytes(data)
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)}: {error}") from error
