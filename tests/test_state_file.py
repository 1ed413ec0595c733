"""The container format: what goes in comes out, and whatever is damaged is refused by name."""

from __future__ import annotations

import json
import os
import stat
import struct
import sys
from array import array
from enum import StrEnum
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipsgd_river._state.file_format import (
    decode,
    decode_name,
    encode,
    encode_name,
    make_header,
    read,
    write_atomically,
)

# Lone surrogates included: they are legal in a str, so in a feature name.
texts = st.text(st.characters(codec=None), max_size=8)
names = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda part: st.lists(part, max_size=3).map(tuple),
    max_leaves=5,
)
headers = st.dictionaries(
    texts,
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | texts,
        lambda part: st.lists(part, max_size=3) | st.dictionaries(texts, part, max_size=3),
        max_leaves=8,
    ),
    max_size=5,
)
SMALL = encode(make_header({"class": "A", "features": ["x", 1]}), array("d", [0.1, -2.0]))


def forge(
    header: bytes,
    numbers: bytes = b"",
    *,
    version: int = 1,
    count: int | None = None,
    header_length: int | None = None,
) -> bytes:
    """Bytes with a correct checksum and whatever lies the arguments tell."""
    body = (
        struct.pack(
            "<8sHIQ",
            b"CLIPSGD\0",
            version,
            len(header) if header_length is None else header_length,
            len(numbers) // 8 if count is None else count,
        )
        + header
        + numbers
    )
    return body + struct.pack("<I", crc32(body))


@given(headers, st.lists(st.floats(), max_size=8))
def test_round_trip(fields: dict[str, Any], values: list[float]) -> None:
    numbers = array("d", values)
    data = encode(make_header(fields), numbers)
    for form in (data, bytearray(data), memoryview(data)):
        found, back = decode(form)
        assert found == fields
        assert back.typecode == "d"
        assert back.tobytes() == numbers.tobytes()


def test_layout_is_the_documented_one() -> None:
    header = b'{"a":1}'
    numbers = struct.pack("<2d", 1.5, -0.0)
    assert encode(make_header({"a": 1}), array("d", [1.5, -0.0])) == forge(header, numbers)


def test_numbers_are_swapped_on_a_big_endian_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    swapped = array("d", [1.5, 2.0, -7.25])
    swapped.byteswap()
    monkeypatch.setattr(sys, "byteorder", "big")
    data = encode(b"{}", swapped)
    assert data == forge(b"{}", struct.pack("<3d", 1.5, 2.0, -7.25))
    assert decode(data)[1] == swapped
    assert swapped.tobytes() == struct.pack(">3d", 1.5, 2.0, -7.25), "the caller's array changed"


@pytest.mark.parametrize("position", range(len(SMALL)))
def test_every_flip_is_refused(position: int) -> None:
    for bits in (0x01, 0x80, 0xFF):
        damaged = bytearray(SMALL)
        damaged[position] ^= bits
        with pytest.raises(ValueError, match="detector state"):
            decode(damaged)


@pytest.mark.parametrize("length", range(len(SMALL)))
def test_every_truncation_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=r"cut short|not a detector state"):
        decode(SMALL[:length])


@given(st.binary(min_size=1, max_size=40))
def test_trailing_bytes_are_refused(tail: bytes) -> None:
    with pytest.raises(ValueError, match="followed by foreign bytes"):
        decode(SMALL + tail)


@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut short|not a detector state"):
        decode(data)
    with pytest.raises(ValueError, match="detector state"):
        decode(b"CLIPSGD\0" + data)


@pytest.mark.parametrize("count", [1, 2**31, 2**32, 2**61, 2**61 + 1, 2**63, 2**64 - 1])
def test_hostile_counts_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="cut short"):
        decode(forge(b"{}", count=count))


@pytest.mark.parametrize("header_length", [3, 2**31, 2**32 - 1])
def test_hostile_header_lengths_are_refused(header_length: int) -> None:
    with pytest.raises(ValueError, match="cut short"):
        decode(forge(b"{}", header_length=header_length))


def test_a_count_that_takes_the_header_for_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="unusable"):
        decode(forge(b'{"a":123456}', count=1, header_length=4))


@pytest.mark.parametrize("version", [0, 2, 65535])
def test_an_unknown_version_is_refused(version: int) -> None:
    with pytest.raises(ValueError, match=f"schema version {version}.*update clipsgd_river"):
        decode(forge(b"{}", version=version))


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        (b"", "cut short"),
        (b"  ", "unusable"),
        (b"{", "cut short"),
        (b'{"a"', "unusable"),
        (b"{} {}", "unusable"),
        (b"\xff\xfe{}", "unusable"),
        (b"\xef\xbb\xbf{}", "unusable"),
        (b"[]", "list, not an object"),
        (b'"text"', "str, not an object"),
        (b"null", "NoneType, not an object"),
        (b"12.5", "float, not an object"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":Infinity}', "Infinity"),
        (b'{"a":-Infinity}', "-Infinity"),
        (b'{"a":1e999}', "beyond the range"),
        (b'{"a":' + b"9" * 1001 + b"}", "1001 digits"),
        (b'{"a":' + b"9" * 100_000 + b"}", "100000 digits"),
        (b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested too deeply"),
        (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, "nested too deeply"),
    ],
)
def test_unusable_headers_are_refused(header: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        decode(forge(header))


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="not str"):
        decode("CLIPSGD")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="array\\('f'\\)"):
        encode(b"{}", array("f", [1.0]))


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 10**1001, -(10**1001)], ids=["nan", "inf", "+", "-"]
)
def test_headers_that_could_not_be_read_back_are_not_made(value: float) -> None:
    with pytest.raises(ValueError, match=r"not JSON compliant|1002 digits"):
        make_header({"a": [value]})


def test_headers_nested_too_deeply_are_not_made() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(ValueError, match="nested too deeply"):
        make_header({"a": nested})
    circle: dict[str, Any] = {}
    circle["self"] = circle
    with pytest.raises(ValueError, match="Circular"):
        make_header(circle)


@given(names)
def test_names_round_trip_with_their_types(name: Any) -> None:
    header = make_header({"name": encode_name(name)})
    back = decode_name(decode(encode(header, array("d")))[0]["name"])
    assert repr(back) == repr(name)
    assert hash(back) == hash(name)


def test_names_that_look_alike_stay_apart() -> None:
    alike = ["1", 1, 1.0, True, (1,), ("1",), "True", "None", None, (), "", 0, -0.0, False]
    encoded = [json.dumps(encode_name(name)) for name in alike]
    assert len(set(encoded)) == len(alike)


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        (np.str_("cpu"), "cpu"),
        (np.int64(7), 7),
        (np.uint8(7), 7),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (Colour.RED, "red"),
        ((np.int64(1), np.str_("a")), (1, "a")),
        (float("inf"), float("inf")),
        (float("-inf"), float("-inf")),
    ],
)
def test_scalars_of_other_libraries_become_built_in(name: Any, plain: Any) -> None:
    back = decode_name(encode_name(name))
    assert back == plain == name
    assert type(back) is type(plain)


@pytest.mark.parametrize(
    "name", [b"bytes", 1j, frozenset({1}), object(), ("a", b"b"), np.datetime64("2020-01-01")]
)
def test_names_a_file_cannot_hold_are_refused(name: object) -> None:
    with pytest.raises(TypeError, match=r"feature name .* is of type"):
        encode_name(name)


def test_nan_is_no_name() -> None:
    with pytest.raises(ValueError, match="NaN"):
        encode_name(float("nan"))


@pytest.mark.parametrize(
    "value", [{}, {"float": "nan"}, {"float": "1.5"}, {"float": ["inf"]}, {"tuple": []}, [{}]]
)
def test_values_that_encode_no_name_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="encodes nothing"):
        decode_name(value)


def test_write_and_read(tmp_path: Path) -> None:
    path = tmp_path / "state"
    write_atomically(path, SMALL)
    assert read(path) == SMALL
    longer = encode(make_header({"class": "B"}), array("d", range(1000)))
    write_atomically(str(path), longer)
    assert read(str(path)) == longer
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]


@pytest.mark.skipif(os.name == "nt", reason="permission bits are POSIX")
def test_permissions_are_kept_and_new_files_get_the_usual_ones(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.write_bytes(b"")
    path = tmp_path / "state"
    write_atomically(path, SMALL)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)
    path.chmod(0o640)
    write_atomically(path, SMALL)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "state"
    link = tmp_path / "link"
    link.symlink_to(target)
    write_atomically(link, SMALL)
    assert link.is_symlink()
    assert target.read_bytes() == SMALL


def test_a_name_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write_atomically(path, SMALL)
    assert read(path) == SMALL


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("failure", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, failure: BaseException
) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(type(failure)):
        write_atomically(path, SMALL)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]


def test_what_is_no_file_cannot_be_replaced(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        write_atomically(tmp_path, SMALL)
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "nowhere" / "state", SMALL)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OSError, match="not a regular file"):
            write_atomically(tmp_path / "pipe", SMALL)


def test_foreign_files_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "foreign"
    for content in (b"", b"x", SMALL[:-1], SMALL + b"x", b"CLIPSGD\0", b"x" * 100):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="foreign: "):
            read(path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent")


@pytest.mark.skipif(os.name == "nt", reason="sparse files")
def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.write(SMALL)
        file.truncate(1 << 40)
    with pytest.raises(ValueError, match="followed by foreign bytes"):
        read(path)
