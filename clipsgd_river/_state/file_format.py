r"""The container a detector's state is kept in: a JSON header and an array of doubles.

Layout, all integers little-endian::

    magic            8 bytes   b"CLIPSGD\0"
    schema version   u16
    header length    u32       bytes of JSON
    count            u64       doubles
    header           JSON, UTF-8
    numbers          count little-endian IEEE 754 doubles
    checksum         u32       CRC-32 of everything before it

Nothing here knows what a detector is. Reading runs no code found in the data and allocates no
more than the data's own size, whatever the counts in it claim.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import secrets
import stat
import struct
import sys
from array import array
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import numpy as np

__all__ = [
    "decode",
    "decode_name",
    "encode",
    "encode_name",
    "make_header",
    "parse_header",
    "read",
    "write_atomically",
]

MAGIC: Final = b"CLIPSGD\0"
SCHEMA_VERSION: Final = 1
StrPath = str | os.PathLike[str]

_PREAMBLE: Final = struct.Struct("<8sHIQ")
_CHECKSUM: Final = struct.Struct("<I")
# Turning digits into an integer takes quadratic time; no seed or feature name needs more of them.
_MAX_DIGITS: Final = 1000
_CURE: Final = "restore it from a copy, or let a new detector learn anew"


def make_header(fields: dict[str, Any]) -> bytes:
    """Encode the header as JSON; the result may be kept and passed to `encode` again and again.

    Fields hold strings, finite numbers of up to 1,000 digits, bools, `None`, and lists and
    string-keyed dicts of them, which must not be nested too deeply. Tuples come back as lists.
    """
    try:
        text = json.dumps(fields, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise ValueError("the header is nested too deeply to be written") from None
    # Lone surrogates are legal in a Python string, hence in a feature name.
    header = text.encode("utf-8", "surrogatepass")
    parse_header(header)
    return header


def encode(header: bytes, numbers: array[float]) -> bytes:
    """Join a header of `make_header` and numbers into the bytes that `decode` reads.

    About a microsecond for 30 doubles; one copy of the numbers.
    """
    if numbers.typecode != "d":
        raise TypeError(f"numbers must be an array('d'), not an array({numbers.typecode!r})")
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    preamble = _PREAMBLE.pack(MAGIC, SCHEMA_VERSION, len(header), len(numbers))
    checksum = crc32(numbers, crc32(header, crc32(preamble)))
    return b"".join((preamble, header, numbers, _CHECKSUM.pack(checksum)))


def decode(data: bytes | bytearray | memoryview) -> tuple[dict[str, Any], array[float]]:
    r"""Take the bytes of `encode` apart again: the header as a dict, and the numbers.

    ``ValueError`` if they are anything but an undamaged state of a schema this release knows:
    foreign, newer, cut short, too long, altered, or with a header that is not a JSON object. Only
    the structure is checked; whether the fields make sense is for the caller to say.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"a detector state is bytes, not {type(data).__name__}")
    view = memoryview(data).cast("B")
    header_end, numbers_end = _check_preamble(view)
    _check_size(numbers_end + _CHECKSUM.size, len(view))
    (checksum,) = _CHECKSUM.unpack_from(view, numbers_end)
    if checksum != crc32(view[:numbers_end]):
        raise ValueError(f"the detector state was altered: its checksum does not match; {_CURE}")
    fields = parse_header(bytes(view[_PREAMBLE.size : header_end]))
    numbers = array("d")
    numbers.frombytes(view[header_end:numbers_end])
    if sys.byteorder == "big":
        numbers.byteswap()
    return fields, numbers


def encode_name(name: object) -> Any:
    """Turn a feature name into a JSON value from which `decode_name` makes an equal name.

    Types are kept: ``"1"``, ``1``, ``1.0`` and ``True`` stay apart. Subclasses of the built-in
    types and NumPy scalars become the built-in type, which is equal to them and hashes alike. NaN,
    which equals no key of any later event, is a ``ValueError``.
    """
    if isinstance(name, np.generic):
        name = name.item()
    if name is None or isinstance(name, bool):
        return name
    if isinstance(name, str):
        return str.__str__(name)
    if isinstance(name, int):
        return int(name)
    if isinstance(name, float):
        if math.isnan(name):
            raise ValueError("a feature is named NaN, which equals no later key: rename it")
        return float(name) if math.isfinite(name) else {"float": str(float(name))}
    if isinstance(name, tuple):
        return [encode_name(part) for part in name]
    raise TypeError(
        f"the feature name {name!r} is of type {type(name).__name__}, which a state file cannot "
        "hold: name features by str, int, float, bool, None or tuples of these"
    )


def decode_name(value: Any) -> Any:
    """Turn what `encode_name` made back into the feature name."""
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, list):
        return tuple(decode_name(part) for part in value)
    if isinstance(value, dict) and value in ({"float": "inf"}, {"float": "-inf"}):
        return float(value["float"])
    raise ValueError(f"the detector state has a feature name that encodes nothing; {_CURE}")


def write_atomically(path: StrPath, data: bytes) -> None:
    """Write a file so that a reader, or a crash, meets the old content or the new, never a part.

    The data goes to a new file in the same folder, is flushed to the disk, and takes the place of
    the old file in one step. A failure or an interrupt removes the new file and leaves the old.
    Permissions of an existing file are kept; a symbolic link stays and its target is replaced.
    """
    target = Path(path).resolve()
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        code = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        raise OSError(code, "not a regular file, so it cannot be replaced", os.fspath(path))
    # A short name of its own: the target's may already be as long as the file system allows.
    temporary = target.with_name(f".{target.name[:32]}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(stat.S_IMODE(mode))
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _flush_folder(target.parent)


def read(path: StrPath) -> bytes:
    """Read a state file whole, or refuse it by its first bytes and its size.

    A foreign file of any size costs one small read.
    """
    with Path(path).open("rb") as file:
        start = file.read(_PREAMBLE.size + _CHECKSUM.size + 2)
        try:
            _, numbers_end = _check_preamble(memoryview(start))
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode):
                _check_size(numbers_end + _CHECKSUM.size, status.st_size)
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)}: {error}") from None
        return start + file.read()


def _check_preamble(view: memoryview) -> tuple[int, int]:
    """Return where header and numbers end, or say why this is not a state."""
    found = bytes(view[: len(MAGIC)])
    if not found or not MAGIC.startswith(found):
        what = "they are empty" if not found else f"they begin with {found!r}"
        raise ValueError(f"these bytes are not a detector state: {what}, not {MAGIC!r}")
    shortest = _PREAMBLE.size + len(b"{}") + _CHECKSUM.size
    if len(view) < shortest:
        raise ValueError(
            f"the detector state is cut short: {len(view)} bytes where the shortest has "
            f"{shortest}; {_CURE}"
        )
    _, version, header_length, count = _PREAMBLE.unpack_from(view)
    if version != SCHEMA_VERSION:
        raise ValueError(
            f"the detector state has schema version {version}, this release reads "
            f"{SCHEMA_VERSION}: update clipsgd_river, or, if the state is damaged, {_CURE}"
        )
    header_end = _PREAMBLE.size + header_length
    return header_end, header_end + 8 * count


def _check_size(expected: int, found: int) -> None:
    if found != expected:
        what = "cut short" if found < expected else "followed by foreign bytes"
        raise ValueError(
            f"the detector state is {what}: {found} bytes where it declares {expected}; {_CURE}"
        )


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _parse_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:32]} is beyond the range of a double")
    return number


def _parse_int(digits: str) -> int:
    count = len(digits.lstrip("-"))
    if count > _MAX_DIGITS:
        raise ValueError(f"an integer has {count} digits, the most allowed are {_MAX_DIGITS}")
    return int(digits)


# Made once: `json.loads` would build one on every call, which costs more than a small header.
_DECODER: Final = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_parse_float, parse_int=_parse_int
)


def parse_header(header: bytes) -> dict[str, Any]:
    """Fields of which `make_header` made these bytes; ``ValueError`` if it did not make them."""
    try:
        fields = _DECODER.decode(header.decode("utf-8", "surrogatepass"))
    except RecursionError:
        raise ValueError(
            f"the header of the detector state is nested too deeply; {_CURE}"
        ) from None
    except ValueError as error:
        raise ValueError(
            f"the header of the detector state is unusable: {error}; {_CURE}"
        ) from None
    if not isinstance(fields, dict):
        # The caller's argument has the right type; its content is wrong.
        found = type(fields).__name__
        raise ValueError(f"the detector state's header is a JSON {found}, not an object; {_CURE}")
    return fields


def _flush_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut, where the system lets a folder be flushed."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
