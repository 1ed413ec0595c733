"""Public holidays, by country."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from clipsgd_river.alerts.rules.windows import Window


@dataclass(frozen=True)
class Holidays(Window):
    """Public holidays of a country or a part of it, as the package `holidays` knows them.

    Parameters
    ----------
    country
        ISO 3166 code, as ``"DE"`` or ``"US"``, or that of a stock exchange, as ``"XNYS"``.
    subdivision
        Its part, as ``"BY"`` or ``"CA"``; ``None`` for holidays of the whole country.

    Raises
    ------
    ImportError
        If the package is missing: ``pip install clipsgd-river[holidays]``.
    ValueError
        If there is no such country or part.

    Examples
    --------
    >>> from datetime import datetime
    >>> from clipsgd_river.alerts.rules import Holidays
    >>> Holidays("DE").contains(datetime(2026, 10, 3, 9)), Holidays("US").contains(
    ...     datetime(2026, 10, 3, 9)
    ... )
    (True, False)
    >>> [Holidays("DE", part).contains(datetime(2026, 1, 6, 9)) for part in ("BY", "BE")]
    [True, False]
    """

    country: str
    subdivision: str | None = None

    def __post_init__(self) -> None:
        _days_of(self.country, self.subdivision)

    def contains(self, moment: datetime) -> bool:
        """Whether a moment, with the calendar's time zone, lies within."""
        return moment.date() in _days_of(self.country, self.subdivision)


@lru_cache(maxsize=64)
def _days_of(country: str, subdivision: str | None) -> Any:
    """Days of a country, which are found year by year as they are asked for."""
    try:
        import holidays
    except ImportError:
        raise ImportError(
            "public holidays need the package holidays: pip install 'clipsgd-river[holidays]'"
        ) from None
    known = {**holidays.list_supported_countries(), **holidays.list_supported_financial()}
    if country not in known:
        raise ValueError(
            f'there are no holidays of {country!r}: countries are such as "DE", "US" and "IN"'
        )
    if subdivision is not None and subdivision not in known[country]:
        parts = ", ".join(map(repr, known[country])) or "none"
        raise ValueError(f"{country} has no part {subdivision!r}: there are {parts}")
    if country in holidays.list_supported_financial():
        return holidays.financial_holidays(country, subdiv=subdivision)
    return holidays.country_holidays(country, subdiv=subdivision)
