"""Lines of text from a file, a pipe or a gzip stream, as they arrive."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import re
import select
import stat
import sys
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from clipsgd_river.cli.terminal.errors import DataError, UsageError
from clipsgd_river.cli.terminal.interrupts import Interrupts

STANDARD_STREAM: Final = "-"
_STANDARD_INPUT: Final = "standard input"
_CHUNK: Final = 1 << 18
_LONGEST_LINE: Final = 16 << 20
#: JSON without line ends is cut between objects, so that it need not be in memory.
_LONGEST_DOCUMENT: Final = 1 << 20
_BETWEEN_OBJECTS: Final = b"},"
_LONGEST_LOOK: Final = 2 << 20
#: A live stream is kept waiting no longer than this, once, for a look at what it holds.
_SECONDS_TO_LOOK: Final = 1.0
_WESTERN: Final = "cp1252"
#: So many bytes tell UTF-16 without a mark.
_TELLING: Final = 6
_UTF_8_LETTER: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1f]")
_BOM: Final = "\ufeff"
_BOM_OF_LINE: Final = re.compile(f"^{_BOM}", re.MULTILINE)
#: What ``tail`` puts before the lines of each of several files.
_BANNER_HINT: Final = "==> "
_BANNER: Final = re.compile(r"^==> .+ <==(\r?\n|$)", re.MULTILINE)
_FOREIGN: Final = {
    b"PAR1": "Parquet: say --format parquet",
    b"PK\x03\x04": "a zip archive, as .xlsx files are: unpack it, or save it as CSV",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it first",
    b"BZh": "compressed with bzip2: unpack it first",
    b"\xfd7zXZ": "compressed with xz: unpack it first",
}


class _ReadsAtMostOnce(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class _Utf16:
    """Bytes of UTF-16 as UTF-8; what is damaged becomes the character for that."""

    def __init__(self, stream: _ReadsAtMostOnce, encoding: str) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder(encoding)("replace").decode

    def read1(self, size: int, /) -> bytes:
        """Return what one read brings, and nothing at the end alone."""
        while True:
            data = self._stream.read1(size)
            text = self._decode(data, final=not data)
            if text or not data:
                return text.encode("utf-8", "replace")


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
        #: UTF-8, unless the first letters beyond ASCII say that it is what Windows calls ANSI.
        self.encoding = "utf-8"
        #: How text is encoded, in words, where it is not in UTF-8.
        self.told = ""
        self._may_be_western = True
        #: Called while a live stream is silent; returns after how many seconds again, or None.
        self.on_silence: Callable[[], float | None] | None = None
        self._interrupts = interrupts
        self._before_wait = before_wait
        self._size = 0
        self._is_live = False
        self._stream = self._read_blocks()
        self._ahead: deque[list[str]] = deque()
        self._lines = 0
        self._failure: BaseException | None = None
        self._letters = 0
        #: Until when a live stream is waited for.
        self._patience: float | None = None
        self._deadline: float | None = None
        if path == STANDARD_STREAM:
            if sys.stdin is None:  # as Python has it where the shell closed it
                raise UsageError("standard input is closed: name a file")
            self._file: BinaryIO = sys.stdin.buffer
            self._is_live = _is_live(self._file)
            return
        try:
            # Opening a named pipe waits for the other side.
            self._file = interrupts.wait_for(lambda: Path(path).open("rb"))  # noqa: SIM115
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from None
        self._size = os.fstat(self._file.fileno()).st_size
        self._is_live = _is_live(self._file)

    def fraction(self) -> float | None:
        """Return the share of the file read so far, None where its end is unknown."""
        return self._file.tell() / self._size if self._size else None

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self.name != _STANDARD_INPUT:
            self._file.close()

    def first_lines(self, most: int, at_once: int = 1, letters: int = _LONGEST_LOOK) -> list[str]:
        """Return the first lines without taking them: `lines` yields them again.

        To be called before `lines`. What goes wrong is raised by `lines`, in its place. Once there
        are as many as `at_once`, a pipe has a second for the others, and no more than that however
        often it is asked.
        """
        try:
            while self._lines < most and self._letters < letters and self._failure is None:
                if self._is_live and self._lines >= at_once:
                    self._patience = self._patience or time.monotonic() + _SECONDS_TO_LOOK
                    self._deadline = self._patience
                block = next(self._stream, None)
                if block is None:
                    break
                self._ahead.append(block)
                self._lines += len(block)
                self._letters += sum(map(len, block))
        except BaseException as failure:  # a signal too is for whoever reads on
            self._failure = failure
        self._deadline = None
        found, length = [], 0
        for line in islice(chain.from_iterable(self._ahead), most):
            found.append(line)
            length += len(line)
            if length >= letters:
                break
        return found

    def lines(self) -> Iterator[str]:
        """Yield lines with their ends, as `blocks` has them."""
        return chain.from_iterable(self.blocks())

    def blocks(self) -> Iterator[list[str]]:
        """Yield lines with their ends, as many as came at once.

        Bytes that are no UTF-8 come as lone surrogates; `undecodable` is True from the first of
        them on, so that only then anyone need look.

        Raises
        ------
        DataError
            If reading fails, the compressed data is damaged, or a line exceeds 16 MiB.
        """
        if self._ahead:
            while self._ahead:
                yield self._ahead.popleft()
            self._before_wait()  # so that what is judged so far is there, as after any read
        if self._failure is not None:
            raise self._failure
        yield from self._stream  # type: ignore[misc]  # None comes to `first_lines` alone

    def _read_blocks(self) -> Iterator[list[str] | None]:
        """Yield lines, and None where the next would have to be waited for beyond `_deadline`."""
        stream = self._open_stream()
        rest = b""
        start, is_json = True, False
        while True:
            while self._deadline is not None and not self._is_ready(self._deadline):
                yield None
            chunk = self._read(stream)
            if not chunk:
                break
            if start:
                chunk = chunk.removeprefix(b"\xef\xbb\xbf")
                start, is_json = False, chunk.lstrip()[:1] in (b"{", b"[")
            end = chunk.rfind(b"\n") + 1
            if not end and is_json and len(rest) > _LONGEST_DOCUMENT:
                end = chunk.rfind(_BETWEEN_OBJECTS) + 1
                end += len(_BETWEEN_OBJECTS) - 1 if end else 0
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
            yield _lines_of(text)
        if rest:
            yield _lines_of(self._decode(rest))

    def _wait(self) -> None:
        """Have what silence asks for done until something can be read."""
        seconds: float | None = 0.0
        while self.on_silence is not None and seconds is not None and os.name != "nt":
            if self._is_ready(time.monotonic() + seconds):
                return
            seconds = self.on_silence()

    def _is_ready(self, deadline: float) -> bool:
        """Wait until something can be read, and tell whether it can before the deadline."""
        seconds = max(deadline - time.monotonic(), 0.0)
        try:
            ready, _, _ = self._interrupts.wait_for(
                lambda: select.select([self._file.fileno()], [], [], seconds)
            )
        except OSError:  # Windows asks only sockets
            return False
        return bool(ready)

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
        encoding = _utf_16_of(first)
        if encoding is not None:
            self.told = "text in UTF-16"
            return _Utf16(buffered, encoding)  # type: ignore[arg-type]  # buffered files have read1
        return buffered  # type: ignore[return-value]

    def _read(self, stream: _ReadsAtMostOnce) -> bytes:
        self._before_wait()
        if self._is_live and not isinstance(stream, gzip.GzipFile):  # which may have more in store
            self._wait()
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
            text = data.decode(self.encoding)
        except UnicodeDecodeError:
            if self._may_be_western and _is_western(data):
                self.encoding = _WESTERN
                self.told = "text in Windows-1252"
                return data.decode(_WESTERN)
            self.undecodable = True
            return data.decode(errors="surrogateescape")
        self._may_be_western = self._may_be_western and text.isascii()
        return text


def _lines_of(text: str) -> list[str]:
    """Split text into lines, without what marks the beginning of another file among them."""
    if not text.isascii() and _BOM in text:
        text = _BOM_OF_LINE.sub("", text)
    if _BANNER_HINT in text:
        text = _BANNER.sub(r"\1", text)
    return io.StringIO(text, newline="").readlines()


def _is_western(data: bytes) -> bool:
    """Tell whether bytes are text as spreadsheets of Western Europe save it: none is of UTF-8."""
    if _UTF_8_LETTER.search(data):
        return False
    try:
        text = data.decode(_WESTERN)
    except UnicodeDecodeError:
        return False
    return not _CONTROL.search(text)


def _utf_16_of(first: bytes) -> str | None:
    """Return the encoding of text that begins with some bytes, if they are of UTF-16."""
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a mark, every other byte of what most files begin with is 0.
    if len(first) >= _TELLING and not any(first[1:_TELLING:2]) and all(first[:_TELLING:2]):
        return "utf-16-le"
    return None


def _is_live(file: BinaryIO) -> bool:
    """Tell whether reading a file may have to wait for whoever writes it."""
    try:
        return not stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except (OSError, ValueError):  # bytes that only look like a file
        return False
