"""A TOML file whose mistakes are told with their lines."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NoReturn, Self

from clipsgd_river.cli.terminal.errors import UsageError
from clipsgd_river.cli.terminal.text import near_matches, shown

#: Lines of a value that are looked at to find where it begins.
_LONGEST_VALUE: Final = 1000
_LONGEST_NAME: Final = 200

Path_ = tuple[str, ...]


class TomlFile:
    r"""The values of a TOML file, and the lines in which they stand.

    Parameters
    ----------
    name
        Of the file, for messages.
    text
        What is in it.

    Raises
    ------
    UsageError
        If it is no TOML.

    Examples
    --------
    >>> file = TomlFile("rules.toml", "# sides\n[direction]\nlatency = 'above'\n")
    >>> file.values, file.line(("direction", "latency"))
    ({'direction': {'latency': 'above'}}, 3)
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._lines = text.splitlines(keepends=True)
        try:
            self.values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{shown(name, _LONGEST_NAME)} is no TOML: {error}") from None

    @classmethod
    def read(cls, path: str) -> Self:
        """Read a file; `UsageError` if it is none, or not of UTF-8."""
        name = shown(path, _LONGEST_NAME)
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read the rules {name}: {error.strerror}") from None
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise UsageError(
                f"{name}, line {line}: this is not UTF-8: save the file as UTF-8"
            ) from None
        return cls(path, text)

    def refuse(self, path: Path_, complaint: str) -> NoReturn:
        """Raise `UsageError` with the line of a value."""
        line = self.line(path)
        where = self.name if line is None else f"{self.name}, line {line}"
        raise UsageError(f"{shown(where, _LONGEST_NAME)}: {complaint}")

    def check_keys(self, path: Path_, table: Any, known: Iterable[str]) -> dict[str, Any]:
        """Return a table; refuse what is none, and keys that are not known."""
        if not isinstance(table, dict):
            self.refuse(path, f"{_told(path)} is a table, not {_value(table)}")
        known = list(known)
        for key in table:
            if key not in known:
                where = f" in [{'.'.join(path)}]" if path else ""
                self.refuse(
                    (*path, key), f"there is no '{shown(key)}'{where}: {near_matches(key, known)}"
                )
        return table

    def take(self, path: Path_, value: Any, kinds: type | tuple[type, ...], what: str) -> Any:
        """Return a value; refuse one of another kind. A truth value is no number."""
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            self.refuse(path, f"{_told(path)} is {what}, not {_value(value)}")
        return value

    def line(self, path: Path_) -> int | None:
        """Line in which the statement of a value, or of what it stands in, begins."""
        for length in range(len(path), 0, -1):
            found = self._line(path[:length])
            if found is not None:
                return found
        return None

    def _line(self, path: Path_) -> int | None:
        """The first line from which on the file, up to the end of a value, has it."""
        for number, line in enumerate(self._lines, start=1):
            if path[-1] not in line:
                continue
            for end in range(number, min(number + _LONGEST_VALUE, len(self._lines)) + 1):
                try:
                    values = tomllib.loads("".join(self._lines[:end]))
                except tomllib.TOMLDecodeError:
                    continue
                if _has(values, path):
                    return number
                break
        return None


def _has(values: Any, path: Path_) -> bool:
    for key in path:
        if not isinstance(values, dict) or key not in values:
            return False
        values = values[key]
    return True


def _told(path: Path_) -> str:
    return f"'{shown('.'.join(path))}'" if path else "the file"


def _value(value: Any) -> str:
    """A value as TOML has it, short."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return f'"{shown(value, 40)}"' if isinstance(value, str) else shown(value, 40)
