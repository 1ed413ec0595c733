"""Numbers with the unit they are counted in, in the multiple of it that is read most easily."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

_THOUSANDS: Final = ("", "k", "M", "G", "T", "P")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi")
_SECONDS: Final = (
    *((Decimal(f"1e-{9 - 3 * i}"), name) for i, name in enumerate(("ns", "µs", "ms", "s"))),
    *((Decimal(60), "min"), (Decimal(3_600), "h"), (Decimal(86_400), "d")),
)
_OTHER_SECONDS: Final = {"us": "µs", "μs": "µs", "sec": "s", "m": "min"}
_PREFIXED: Final = ("B", "bit", "B/s", "bps")
_BEFORE: Final = ("$", "£", "¥")
# Digits of a number that had to be converted and does not come out even.
_DIGITS: Final = 4

Ladder = Sequence[tuple[Decimal, str]]


def with_unit(shown: Sequence[Decimal | None], texts: Sequence[str], unit: str) -> list[str]:
    """Show numbers with their unit; bytes, bits and times in a multiple that is read easily.

    Parameters
    ----------
    shown, texts
        Rounded numbers, and what they look like without a unit; ``None`` for what is not finite.
    unit
        Which they are counted in.

    Examples
    --------
    >>> with_unit([Decimal("3.1e9"), Decimal(630_000), Decimal(0)], ["", "", ""], "B")
    ['3.1 GB', '630 kB', '0 B']
    >>> with_unit([Decimal(86_400_000), Decimal(390)], ["", ""], "ms")
    ['1 d', '390 ms']
    >>> with_unit([Decimal("21.5")], ["21.5"], "°C"), with_unit([Decimal(1200)], ["1,200"], "$")
    (['21.5 °C'], ['$1,200'])
    """
    ladder, base = _ladder_of(unit)
    if ladder:
        found = [
            text if each is None else _on_ladder(each * base, ladder)
            for each, text in zip(shown, texts, strict=True)
        ]
        # What had to be rounded again must still be told apart.
        if len(set(found)) == len(set(shown)):
            return found
    return [
        text if each is None else _beside(text, unit)
        for each, text in zip(shown, texts, strict=True)
    ]


def _ladder_of(unit: str) -> tuple[Ladder, Decimal]:
    """The multiples of a unit in rising order, and how many of the first it is itself."""
    name = _OTHER_SECONDS.get(unit, unit)
    times = {each: scale for scale, each in _SECONDS}
    if name in times:
        return _SECONDS, times[name]
    for base in _PREFIXED:
        prefix = unit.removesuffix(base)
        if not unit.endswith(base):
            continue
        for prefixes, step in ((_THOUSANDS, 1000), (_BINARY, 1024)):
            if prefix in prefixes:
                scales = [(Decimal(step) ** i, f"{p}{base}") for i, p in enumerate(prefixes)]
                return scales, Decimal(step) ** prefixes.index(prefix)
    return (), Decimal(1)


def _on_ladder(number: Decimal, ladder: Ladder) -> str:
    """A number in the largest multiple that it has at least one of."""
    scale, name = next(
        (step for step in reversed(ladder) if abs(number) >= step[0]),
        min(ladder, key=_distance_from_one) if not number else ladder[0],
    )
    quotient = number / scale
    try:
        even = quotient == quotient.quantize(Decimal(1).scaleb(-_DIGITS))
    except InvalidOperation:
        even = False
    if not even:
        quotient = Decimal(f"{quotient:.{_DIGITS}g}")
    return f"{_plain(quotient)} {name}"


def _distance_from_one(step: tuple[Decimal, str]) -> Decimal:
    return abs(step[0] - 1)


def _plain(number: Decimal) -> str:
    whole = number.normalize()
    return f"{whole:,f}" if abs(whole) < Decimal("1e15") else f"{float(whole):g}"


def _beside(text: str, unit: str) -> str:
    if unit in _BEFORE:
        return f"-{unit}{text[1:]}" if text.startswith("-") else f"{unit}{text}"
    return f"{text} {unit}"
