"""How text of unknown origin is shown."""

from __future__ import annotations

from typing import Any, Final

#: Characters of a value that are shown.
LONGEST_VALUE: Final = 60


def printable(text: str) -> str:
    r"""Replace letters that are not printable (control characters, line ends) by their escapes.

    Examples
    --------
    >>> printable("café\n\x1b[31m")
    'café\\n\\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def shortened(text: str, longest: int) -> str:
    """Cut a text that is too long, and show that it was.

    Examples
    --------
    >>> shortened("temperature", 8)
    'tempera…'
    """
    return text if len(text) <= longest else text[: max(longest - 1, 0)] + "…"


def both_ends(text: str, longest: int) -> str:
    """Leave out the middle of a text that is too long: long names often differ at their ends.

    Examples
    --------
    >>> both_ends("system.network.interface.eth0.bytes_out", 24)
    'system.netwo…0.bytes_out'
    """
    if len(text) <= longest:
        return text
    end = max(longest - 1, 0) // 2
    return f"{text[: max(longest - 1 - end, 0)]}…{text[len(text) - end :]}"


def quoted(value: Any, longest: int = LONGEST_VALUE) -> str:
    """Value as Python writes it, NumPy's as Python's own, cut where it is long.

    Examples
    --------
    >>> import numpy
    >>> quoted("DE"), quoted(numpy.int64(443))
    ("'DE'", '443')
    """
    return shortened(repr(value.item() if hasattr(value, "item") else value), longest)
