"""Units behind numbers, and what they are of each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple


class Unit(NamedTuple):
    """A unit: its name, what it measures, and how much of the family's base it is."""

    name: str
    family: str
    scale: float


_PREFIXES: Final = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_BINARY: Final = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50}
_SECONDS: Final = {
    **dict.fromkeys(["ns", "nanos", "nsec"], 1e-9),
    **dict.fromkeys(["us", "µs", "μs", "micros", "usec"], 1e-6),
    **dict.fromkeys(["ms", "millis", "msec"], 1e-3),
    **dict.fromkeys(["s", "sec", "secs", "second", "seconds"], 1.0),
    **dict.fromkeys(["m", "min", "mins", "minute", "minutes"], 60.0),
    **dict.fromkeys(["h", "hr", "hrs", "hour", "hours"], 3600.0),
    **dict.fromkeys(["d", "day", "days"], 86400.0),
}
#: Units that have no others to be converted to.
_ALONE: Final = (
    *("%", "‰", "ppm", "$", "€", "£", "¥", "USD", "EUR", "GBP", "CHF", "°", "°C", "°F"),
    *("V", "mV", "kV", "mA", "W", "mW", "kW", "MW", "Wh", "kWh", "Hz", "kHz", "MHz", "GHz"),
    *("dB", "dBm", "rpm", "psi", "bar", "mbar", "Pa", "hPa", "kPa", "mm", "cm", "km", "mi", "ft"),
    *("g", "kg", "mg", "lb", "ml", "mL", "km/h", "mph", "m/s", "px", "req/s"),
    *("ops", "ops/s", "/s", "Ω", "lx", "µg/m³", "m²", "m³"),
)


def _families() -> dict[str, Unit]:
    found = {name: Unit(name, "time", scale) for name, scale in _SECONDS.items()}
    found |= {name: Unit(name, name, 1.0) for name in _ALONE}
    for base, family in (("B", "bytes"), ("bit", "bits"), ("B/s", "bytes/s"), ("bps", "bit/s")):
        for prefix, scale in {"": 1.0, **_PREFIXES, **_BINARY}.items():
            found[prefix + base] = Unit(prefix + base, family, scale)
    for prefix, scale in _PREFIXES.items():
        found[prefix] = Unit(prefix, "", scale)
        # As spreadsheets and listings have it: KB, kb, mb, K.
        found[prefix.upper() + "B"] = Unit(prefix + "B", "bytes", scale)
        found[prefix.lower() + "b"] = Unit(prefix + "B", "bytes", scale)
        found[prefix.upper() + "B/s"] = Unit(prefix + "B/s", "bytes/s", scale)
        found[prefix + "b/s"] = Unit(prefix + "bps", "bit/s", scale)
        found[prefix + "bit/s"] = Unit(prefix + "bps", "bit/s", scale)
    found["K"] = Unit("k", "", 1e3)
    found |= {prefix: Unit(prefix, "", scale) for prefix, scale in _BINARY.items()}
    found |= dict.fromkeys(("byte", "bytes", "Bytes"), Unit("B", "bytes", 1.0))
    return found


_UNITS: Final = _families()
_BASES: Final = {"time": "s", "bytes": "B", "bits": "bit", "bytes/s": "B/s", "bit/s": "bps", "": ""}


def unit_of(text: str) -> Unit | None:
    """Return the unit that is written so; None where there is none.

    Examples
    --------
    >>> unit_of("ms"), unit_of("GB").scale, unit_of("apples")
    (Unit(name='ms', family='time', scale=0.001), 1000000000.0, None)
    """
    return _UNITS.get(text)


def common_unit(texts: Iterable[str]) -> Unit | None:
    """Return what to count in: the one unit there is, or the base of the family of several.

    None where there is no unit, or no common one.

    Examples
    --------
    >>> common_unit({"ms"}).name, common_unit({"ms", "s", ""}).name, common_unit({"", "k"}).name
    ('ms', 's', '')
    >>> common_unit({"ms", "GB"}) is common_unit({""}) is None
    True
    """
    found = {text: unit_of(text) for text in texts if text}
    units = [unit for unit in found.values() if unit is not None]
    if not units or len(units) < len(found):
        return None
    families = {unit.family for unit in units}
    if families == {"", "bytes"}:  # 1.5k beside 3 MiB
        families = {"bytes"}
    if len(families) > 1:
        return None
    (family,) = families
    if len(set(units)) == 1 and family:
        return units[0]
    return Unit(_BASES.get(family, family), family, 1.0)
