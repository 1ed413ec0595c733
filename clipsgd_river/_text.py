"""How text of unknown origin is shown."""


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
