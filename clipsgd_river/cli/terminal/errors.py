"""What can go wrong, by exit code."""

from __future__ import annotations

from typing import ClassVar


class CommandError(Exception):
    """A failure whose message is meant for the user and names the cure."""

    exit_code: ClassVar[int]


class DataError(CommandError):
    """The data cannot be read, or what is kept beside it not be written."""

    exit_code = 1


class OutputError(CommandError):
    """The result cannot be written; unlike a bad event, that is nothing to pass over."""

    exit_code = 1


class UsageError(CommandError):
    """The command asks for something that does not fit."""

    exit_code = 2


class OutputClosed(Exception):  # noqa: N818 - not an error, but an end
    """Whoever read our output has stopped reading: no error, but the end."""
