"""Times as people and programs write them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

_MONTHS: Final = {
    name: month
    for month, names in enumerate(
        [
            "jan",
            "feb fév",
            "mar mär mrz",
            "apr avr",
            "may mai",
            "jun",
            "jul",
            "aug aoû",
            "sep",
            "oct okt",
            "nov",
            "dec dez déc",
        ],
        1,
    )
    for name in names.split()
}
_DAYS: Final = frozenset(
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "mo", "di", "mi", "do", "fr", "sa", "so"]
)
#: Words between the parts of a date.
_BETWEEN: Final = frozenset({"of", "at", "de", "um", "t"})
#: Hours of the zones that are named in letters and logs.
_ZONES: Final = {
    **dict.fromkeys(["z", "utc", "gmt", "ut", "wet"], 0.0),
    **dict.fromkeys(["west", "bst", "cet", "mez"], 1.0),
    **dict.fromkeys(["cest", "mesz", "eet"], 2.0),
    **dict.fromkeys(["eest", "msk"], 3.0),
    "est": -5.0,
    "edt": -4.0,
    "cst": -6.0,
    "cdt": -5.0,
    "mst": -7.0,
    "mdt": -6.0,
    "pst": -8.0,
    "pdt": -7.0,
    "akst": -9.0,
    "akdt": -8.0,
    "hst": -10.0,
    "jst": 9.0,
    "aest": 10.0,
    "aedt": 11.0,
}
_CLOCK: Final = re.compile(
    r"(?<![0-9])([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"(?![0-9])\s*([AaPp]\.?[Mm]\.?(?![A-Za-z]))?"
)
_HOUR: Final = re.compile(r"(?<![0-9])([0-9]{1,2})()()()\s*([AaPp]\.?[Mm]\.?)(?![A-Za-z])")
_OFFSET: Final = re.compile(
    r"\s*(?:UTC|GMT)?\s*([+-])([0-9]{2}):?([0-9]{2})?(?:\s*\([A-Za-z ]+\))?\s*$"
)
_WORDS: Final = re.compile(r"[^\W\d_]+|[0-9]+")
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})[T ]?([0-9]{2})([0-9]{2})([0-9]{2})?")
_PLACES: Final = re.compile(r"\[([A-Za-z]+/[A-Za-z_/]+)\]\s*$")
_LAST_MONTH: Final = 12
_LEAP: Final = 2000
_MONTHS_PER_TURN: Final = 6


class Times:
    """Read times that are written with a date, in any of the forms there are.

    Parameters
    ----------
    form
        A format of `datetime.strptime`; None to read what is there.
    zone
        Zone of times that name none; None leaves them without one. In the hour that comes twice
        at the end of daylight saving, times that run backwards have come to the second.
    day_first
        Whether 3/4/2026 is in April; None until a time tells, and then supposed to be in March.

    Examples
    --------
    >>> read = Times().read
    >>> read("01/Jun/2026:13:55:36 +0000").isoformat(), read("Jun 1, 2026 1:55 PM").isoformat()
    ('2026-06-01T13:55:36+00:00', '2026-06-01T13:55:00')
    >>> read("Mon, 01 Jun 2026 13:55:36 -0700 (PDT)").isoformat(), read("01.06.2026").isoformat()
    ('2026-06-01T13:55:36-07:00', '2026-06-01T00:00:00')
    >>> Times(form="%d|%m|%y").read("03|04|26").isoformat()
    '2026-04-03T00:00:00'
    """

    def __init__(
        self, form: str | None = None, zone: str | None = None, day_first: bool | None = None
    ) -> None:
        self._form = form
        self._zone: tzinfo | None = None if zone is None else ZoneInfo(zone)
        self._day_first = day_first
        self._last: datetime | None = None
        self._is_ambiguous = False

    @property
    def has_form(self) -> bool:
        """Whether the form was given."""
        return self._form is not None

    def look(self, texts: Iterable[str]) -> str:
        """Find out whether days or months come first; return a word where that is supposed."""
        texts = list(texts)
        self._read_all(texts)
        if self._day_first is not None or not self._is_ambiguous:
            return ""
        forward = []
        for order in (True, False):
            read = Times(self._form, day_first=order)._read_all(texts)
            if read == sorted(read):
                forward.append(order)
        self._day_first = forward == [True]
        if len(forward) == 1:
            return ""
        return "months are taken to come before days: --time-format %d/%m/%Y says otherwise"

    def read(self, text: str) -> datetime:
        """Return the time that is written.

        Raises
        ------
        ValueError
            If it is none.
        """
        text = text.strip()
        moment = self._parse(text)
        if moment.tzinfo is None and self._zone is not None:
            moment = self._in_zone(moment)
        return within_calendar(moment)

    def _read_all(self, texts: Iterable[str]) -> list[datetime]:
        """Return the times there are, without zones, and forget them."""
        found = []
        for text in texts:
            with contextlib.suppress(ValueError):
                found.append(self._parse(text.strip()).replace(tzinfo=None))
        self._last = None
        return found

    def _parse(self, text: str) -> datetime:
        if self._form is not None:
            moment = datetime.strptime(text, self._form)
            return self._with_year(moment) if "%y" not in self._form.lower() else moment
        try:
            if not text.isdigit():
                return datetime.fromisoformat(text)
        except ValueError:
            pass
        return self._parse_words(text)

    def _parse_words(self, text: str) -> datetime:
        place = _PLACES.search(text)
        if place is not None:  # as Java writes it, behind the offset
            text = text[: place.start()]
        match = _COMPACT.fullmatch(text)
        if match is not None and text[:2] in ("19", "20"):
            year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
            return datetime(year, month, day, hour, minute, second)
        clock = _CLOCK.search(text) or _HOUR.search(text)
        zone: tzinfo | None = None
        if clock is not None:
            zone, rest = _zone_of(text[clock.end() :])
            date = text[: clock.start()].rstrip("T:, ") + " " + rest
        else:
            date = text
        written, month, day = self._date(date, has_clock=clock is not None)
        hour, minute, second, micros = (0, 0, 0, 0) if clock is None else _time_of(clock)
        try:
            moment = datetime(written or _LEAP, month, day, hour, minute, second, micros, zone)
        except OverflowError:
            raise ValueError("its numbers are too large for a time") from None
        if written is None:
            if clock is None:
                raise ValueError("it has neither a year nor a time of day")
            return self._with_year(moment)
        return moment

    def _date(self, text: str, *, has_clock: bool) -> tuple[int | None, int, int]:
        month, numbers = None, []
        for word in _WORDS.findall(text):
            if word.isdigit():
                numbers.append(word)
                continue
            name = word.lower()[:3]
            if name in _MONTHS:
                if month is not None:
                    raise ValueError("it names two months")
                month = _MONTHS[name]
            elif name not in _DAYS and word.lower() not in _BETWEEN:
                raise ValueError(f"{word!r} is no part of a time")
        if month is not None:
            return _year_and_day(numbers, month)
        if len(numbers) != 3:
            raise ValueError("it is no date")
        first, second, third = numbers
        if len(first) == 4:
            return int(first), int(second), int(third)
        # Three numbers with points and no time of day may be a version.
        is_short = len(third) == 2 and ("/" in text or (has_clock and "." in text))
        if len(third) != 4 and not is_short:
            raise ValueError("it has no year")
        year, a, b = _full_year(third), int(first), int(second)
        if "." in text:
            return year, b, a
        if max(a, b) > _LAST_MONTH:
            if self._day_first is None:  # it tells for all that follow
                self._day_first = a > b
            return (year, b, a) if a > b else (year, a, b)
        self._is_ambiguous = self._is_ambiguous or a != b
        return (year, b, a) if self._day_first else (year, a, b)

    def _with_year(self, moment: datetime) -> datetime:
        """Put a time without a year into that of the last one, or the next where months turn."""
        if self._last is None:
            today = datetime.now(UTC).replace(tzinfo=None)
            year = today.year
            if _in_year(moment, year).replace(tzinfo=None) > today + timedelta(days=1):
                year -= 1
        else:
            year = self._last.year
            year += self._last.month - moment.month > _MONTHS_PER_TURN
            year -= moment.month - self._last.month > _MONTHS_PER_TURN
        self._last = _in_year(moment, year)
        return self._last

    def _in_zone(self, moment: datetime) -> datetime:
        zoned = moment.replace(tzinfo=self._zone)
        within_calendar(zoned)
        last = self._last
        if last is not None and last.tzinfo is not None:
            again = zoned.replace(fold=1)
            # Compared in UTC, for clocks on the wall show the hour twice.
            if again.utcoffset() != zoned.utcoffset() and zoned.astimezone(UTC) < last.astimezone(
                UTC
            ):
                zoned = again
        self._last = zoned
        return zoned


def within_calendar(moment: datetime) -> datetime:
    """Return a time; raise `ValueError` if in UTC it is before the year 1 or after 9999.

    Examples
    --------
    >>> within_calendar(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))))
    Traceback (most recent call last):
    ...
    ValueError: no calendar has it in UTC
    """
    if moment.tzinfo is not None and not 1 < moment.year < 9999:
        try:
            moment.astimezone(UTC)
        except OverflowError:
            raise ValueError("no calendar has it in UTC") from None
    return moment


def is_time(text: str) -> bool:
    """Tell whether a text is a time with a date, however written.

    Examples
    --------
    >>> is_time("2026-06-01 13:55:36,123"), is_time("6/1/26 1:55:36 PM"), is_time("10.0.0.1")
    (True, True, False)
    """
    try:
        Times().read(text)
    except ValueError:
        return False
    return True


def _full_year(digits: str) -> int:
    """Return a year of two digits as POSIX reads it, from 1969 to 2068."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (1900 if year >= 69 else 2000)


def _year_and_day(numbers: list[str], month: int) -> tuple[int | None, int, int]:
    long = [number for number in numbers if len(number) == 4]
    short = [int(number) for number in numbers if len(number) <= 2]
    if len(long) + len(short) < len(numbers) or len(long) > 1 or not 1 <= len(short) <= 2:
        raise ValueError("it is no date")
    if long and len(short) == 1:
        return int(long[0]), month, short[0]
    if long:
        raise ValueError("it is no date")
    if len(short) == 1:
        return None, month, short[0]
    return _full_year(f"{short[1]:02}"), month, short[0]


def _time_of(match: re.Match[str]) -> tuple[int, int, int, int]:
    hour, minute, second, fraction, half = match.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError("an hour before or after noon is from 1 to 12")
        hours = hours % 12 + (12 if half[0] in "Pp" else 0)
    micros = int((fraction or "0").ljust(6, "0")[:6])
    return hours, int(minute or 0), min(int(second or 0), 59), micros


def _zone_of(text: str) -> tuple[tzinfo | None, str]:
    """Return the zone in what stands behind the time of day, and the rest, as the year may be."""
    match = _OFFSET.search(text)
    if match is not None:
        sign, hours, minutes = match.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-offset if sign == "-" else offset), text[: match.start()]
    kept, zone = [], None
    for word in _WORDS.findall(text):
        hours_east = _ZONES.get(word.lower())
        if hours_east is None:
            kept.append(word)
        else:
            zone = UTC if hours_east == 0.0 else timezone(timedelta(hours=hours_east))
    return zone, " ".join(kept) if zone is not None else text


def _in_year(moment: datetime, year: int) -> datetime:
    try:
        return moment.replace(year=year)
    except ValueError:  # the 29th of February
        return moment.replace(year=year, day=28)
