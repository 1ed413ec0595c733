"""Text that reaches a file or a pipe in whole events only."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from io import FileIO, UnsupportedOperation
from typing import BinaryIO

from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.terminal.errors import OutputClosed, OutputError, UsageError


class TextOutput:
    """Collect text and hand it on in whole pieces.

    A file that cannot take a piece any more (a full disk) is cut back to the last whole one.

    Parameters
    ----------
    path
        A path, or ``-`` for standard output. An existing file is replaced at the first `flush`.
    option
        The option that names the path, for messages.
    append
        Whether to go on at the end of an existing file instead.
    """

    def __init__(self, path: str, option: str = "--out", *, append: bool = False) -> None:
        self._path = path
        self._option = option
        self._mode = "ab" if append else "wb"
        self._name = "standard output" if path == STANDARD_STREAM else path
        self._pieces: list[str] = []
        self._file: FileIO | BinaryIO | None = None
        self._whole = 0

    def write(self, text: str) -> None:
        """Keep a piece for the next `flush`."""
        self._pieces.append(text)

    def open(self) -> None:
        """Create or empty the file now instead of at the first `flush`.

        Raises
        ------
        UsageError
            If it cannot be created.
        """
        if self._file is None:
            self._file = self._open()

    def flush(self) -> None:
        """Hand everything collected on.

        Raises
        ------
        UsageError
            If the file cannot be created.
        OutputError
            If it cannot be written.
        OutputClosed
            If the reader at the other end of a pipe is gone.
        """
        # Half a surrogate pair, which JSON can escape but UTF-8 not hold, becomes its escape again.
        data = "".join(self._pieces).encode("utf-8", "backslashreplace")
        self._pieces.clear()
        if not data:
            return
        self.open()
        assert self._file is not None
        try:
            _write_whole(self._file, data)
        except BrokenPipeError:
            raise OutputClosed from None
        except OSError as error:
            self._cut_back()
            raise OutputError(
                f"cannot write {self._name}: {error.strerror}: make room or choose another place "
                f"with {self._option}"
            ) from None
        self._whole += len(data)

    def size(self) -> int:
        """Return how many bytes an open file has."""
        assert isinstance(self._file, FileIO)
        return os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Hand on the rest and close the file; standard output stays open."""
        self.flush()
        if isinstance(self._file, FileIO):
            self._file.close()

    def _open(self) -> FileIO | BinaryIO:
        if self._path == STANDARD_STREAM:
            if sys.stdout is None:  # as Python has it where the shell closed it
                raise UsageError(f"standard output is closed: name a file with {self._option}")
            try:
                return FileIO(sys.stdout.fileno(), "wb", closefd=False)
            except UnsupportedOperation:  # replaced by something that is no file
                return sys.stdout.buffer
        try:
            file = FileIO(self._path, self._mode)
        except OSError as error:
            raise UsageError(f"cannot write {self._path}: {error.strerror}") from None
        self._whole = file.tell() if self._mode == "ab" and file.seekable() else 0
        return file

    def _cut_back(self) -> None:
        if self._path != STANDARD_STREAM and self._file is not None and self._file.seekable():
            with contextlib.suppress(OSError):  # a device has no length
                self._file.truncate(self._whole)


def _write_whole(file: FileIO | BinaryIO, data: bytes) -> None:
    """Write all bytes, not through a buffered writer, which may drop some when a signal comes."""
    rest = memoryview(data)
    while rest:
        written = file.write(rest)
        if written is None:  # a pipe set not to block, and full
            select.select([], [file], [])
        else:
            rest = rest[written:]
