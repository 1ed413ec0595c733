"""What log-ins happen in: countries and their clocks, devices, services, holidays and sales."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Code -> hours ahead of UTC (winter time, whole hours), and how many trips go there.
COUNTRIES: dict[str, tuple[int, float]] = {
    "DE": (1, 6),
    "FR": (1, 7),
    "GB": (0, 7),
    "US": (-5, 9),
    "IN": (5, 4),
    "ES": (1, 7),
    "IT": (1, 6),
    "GR": (2, 3),
    "TR": (3, 4),
    "PT": (0, 3),
    "HR": (1, 2),
    "AT": (1, 4),
    "CH": (1, 4),
    "NL": (1, 4),
    "BE": (1, 3),
    "PL": (1, 3),
    "CZ": (1, 2),
    "SE": (1, 2),
    "DK": (1, 2),
    "NO": (1, 2),
    "IE": (0, 2),
    "JP": (9, 3),
    "SG": (8, 2),
    "AE": (4, 2),
    "CA": (-5, 2),
    "MX": (-6, 1),
    "TH": (7, 2),
    "EG": (2, 1),
    "AU": (10, 1),
    "KR": (9, 1),
    "BR": (-3, 1),
    "ZA": (2, 1),
    "RU": (3, 0.3),
    "UA": (2, 0.3),
    "RO": (2, 1),
    "BG": (2, 0.5),
    "VN": (7, 0.5),
    "ID": (7, 0.5),
    "NG": (1, 0.2),
    "CN": (8, 1),
    "HK": (8, 0.5),
    "AR": (-3, 0.3),
    "CO": (-5, 0.2),
    "MA": (1, 0.5),
    "KE": (3, 0.2),
    "PK": (5, 0.2),
    "MD": (2, 0.1),
    "VE": (-4, 0.1),
    "PH": (8, 0.3),
    "MY": (8, 0.3),
}
CODES = np.array(list(COUNTRIES))
OFFSETS = np.array([offset for offset, _ in COUNTRIES.values()])
TRIPS = np.array([trips for _, trips in COUNTRIES.values()]) / sum(n for _, n in COUNTRIES.values())
#: Countries of the offices and of most customers, and their shares.
OFFICES = np.array([list(COUNTRIES).index(code) for code in ("DE", "FR", "GB", "US", "IN")])
OFFICE_SHARES = np.array([0.35, 0.15, 0.15, 0.2, 0.15])
#: Where people spend their holidays, and where private networks come out.
RESORTS = np.array([list(COUNTRIES).index(code) for code in ("ES", "IT", "GR", "TR", "PT", "TH")])
EXITS = np.array([list(COUNTRIES).index(code) for code in ("US", "NL", "SE", "SG")])

DEVICES = np.array(
    [
        f"{system}/{program}"
        for system in ("windows", "macos", "linux", "android", "ios")
        for program in ("chrome", "firefox", "edge", "app")
    ]
)
# The last two systems' are phones.
N_COMPUTERS = 12
SERVICES = np.array(["mail", "files", "vpn", "crm", "admin", "shop", "help"])
N_STAFF_SERVICES = 5


class Window(NamedTuple):
    """A time in which log-ins are other than usual, UTC, ``end`` excluded.

    ``kind`` is ``"holiday"`` or ``"sale"``.
    """

    kind: str
    start: date
    end: date


def windows_of(first: date, days: int) -> list[Window]:
    """The windows that share a day with the stream, in order of time.

    Holidays: 8 to 14 April, 1 to 21 August, 22 December to 2 January. Sales: 24 to 30 June, and
    from the Monday before the fourth Friday of November for eight days.
    """
    after = first + timedelta(days=days)
    found = []
    for year in range(first.year - 1, after.year + 1):
        friday = next(d for d in range(22, 29) if date(year, 11, d).weekday() == 4)
        monday = date(year, 11, friday - 4)
        found += [
            Window("holiday", date(year, 4, 8), date(year, 4, 15)),
            Window("sale", date(year, 6, 24), date(year, 7, 1)),
            Window("holiday", date(year, 8, 1), date(year, 8, 22)),
            Window("sale", monday, monday + timedelta(days=8)),
            Window("holiday", date(year, 12, 22), date(year + 1, 1, 3)),
        ]
    return [window for window in found if window.end > first and window.start < after]


def window_of_days(windows: list[Window], first: date, days: int) -> NDArray[np.int16]:
    """Position of the window that each day lies in, -1 for none; shape (days,)."""
    found = np.full(days, -1, dtype=np.int16)
    for at, window in enumerate(windows):
        found[max((window.start - first).days, 0) : (window.end - first).days] = at
    return found
