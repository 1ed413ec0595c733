"""Lines of text from a file, a pipe or a gzip stream, as they arrive."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.interrupts import Interrupts

STANDARD_STREAM: Final = "-"
_STANDARD_INPUT: Final = "standard input"
_CHUNK: Final = 1 << 20
_LONGEST_LINE: Final = 16 << 20
_FOREIGN: Final = {
    b"PAR1": "Parquet: say --format parquet",
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"\xff\xfe": "UTF-16 text: convert it, for instance with iconv -f utf-16 -t utf-8",
    b"\xfe\xff": "UTF-16 text: convert it, for instance with iconv -f utf-16 -t utf-8",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it first",
    b"BZh": "compressed with bzip2: unpack it first",
    b"\xfd7zXZ": "compressed with xz: unpack it first",
}


class _ReadsAtMostOnce(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class ByteInput:
    """Read a file or standard input piece by piece; gzip is recognised by its first bytes.

    Before every read that may block, `before_wait` is called, so that whoever writes results can
    hand out what is finished: an interactive stream never waits for more input to see its results.

    Parameters
    ----------
    path
        A path, or ``-`` for standard input.
    interrupts
        Lets a signal end a blocked read.
    before_wait
        Called with no arguments before each read.

    Raises
    ------
    UsageError
        If the file cannot be opened.
    """

    def __init__(self, path: str, interrupts: Interrupts, before_wait: Callable[[], None]) -> None:
        self.name = _STANDARD_INPUT if path == STANDARD_STREAM else path
        self.undecodable = False
        self._interrupts = interrupts
        self._before_wait = before_wait
        self._size = 0
        if path == STANDARD_STREAM:
            if sys.stdin is None:  # as Python has it where the shell closed it
                raise UsageError("standard input is closed: name a file")
            self._file: BinaryIO = sys.stdin.buffer
            return
        try:
            # Opening a named pipe waits for the other side.
            self._file = interrupts.wait_for(lambda: Path(path).open("rb"))  # noqa: SIM115
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from None
        self._size = os.fstat(self._file.fileno()).st_size

    def fraction(self) -> float | None:
        """Return the share of the file read so far, None where its end is unknown."""
        return self._file.tell() / self._size if self._size else None

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self.name != _STANDARD_INPUT:
            self._file.close()

    def lines(self) -> Iterator[str]:
        """Yield lines with their ends; bytes that are no UTF-8 come as lone surrogates.

        `undecodable` is True from the first such byte on, so that only then anyone need look.

        Raises
        ------
        DataError
            If reading fails, the compressed data is damaged, or a line exceeds 16 MiB.
        """
        stream = self._open_stream()
        rest = b""
        start = True
        while chunk := self._read(stream):
            if start:
                chunk = chunk.removeprefix(b"\xef\xbb\xbf")
                start = False
            end = chunk.rfind(b"\n") + 1
            if not end:
                rest += chunk
                if len(rest) > _LONGEST_LINE:
                    raise DataError(
                        f"{self.name} has a line of more than {_LONGEST_LINE >> 20} MiB: "
                        "one event per line, ended by a newline, is expected"
                    )
                continue
            text = self._decode(rest + chunk[:end])
            rest = chunk[end:]
            yield from io.StringIO(text, newline="")
        if rest:
            yield from io.StringIO(self._decode(rest), newline="")

    def _open_stream(self) -> _ReadsAtMostOnce:
        self._before_wait()
        buffered = self._file
        peek = getattr(buffered, "peek", None)
        first = self._interrupts.wait_for(lambda: peek(8)) if peek is not None else b""
        for magic, what in _FOREIGN.items():
            if first.startswith(magic):
                raise UsageError(f"{self.name} is {what}")
        if first.startswith(b"\x1f\x8b"):
            return gzip.GzipFile(fileobj=buffered)
        return buffered  # type: ignore[return-value]  # buffered files have read1

    def _read(self, stream: _ReadsAtMostOnce) -> bytes:
        self._before_wait()
        try:
            return self._interrupts.wait_for(lambda: stream.read1(_CHUNK))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(
                f"{self.name} is damaged gzip data ({error}): restore it or fetch it again"
            ) from None
        except OSError as error:
            raise DataError(f"cannot read {self.name}: {error.strerror or error}") from None

    def _decode(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError:
            self.undecodable = True
            return data.decode(errors="surrogateescape")
