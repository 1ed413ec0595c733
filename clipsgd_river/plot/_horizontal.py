"""Where events stand on the horizontal axis: by their number, or by their time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from clipsgd_river.plot._columns import Floats, check_shape
from clipsgd_river.plot._style import INK, size_in_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Numbers, ``datetime64``, or dates and times.
Positions = npt.ArrayLike | Sequence[datetime] | Sequence[date]

# How ticks of years, months, days, hours, minutes and seconds are written, those that begin the
# next larger unit, and below the axis the rest of the date.
_TICKS: Final = ("%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S.%f")
_FIRST_TICKS: Final = ("", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M")
_SHARED: Final = ("", "%Y", "%Y", "%Y-%b-%d", "%Y-%b-%d", "%Y-%b-%d %H:%M")
#: Width that the date at a tick needs, in points.
_TICK: Final = 40.0


class Horizontal(NamedTuple):
    """Places on the axis, and what they mean: "number", "event", "time" or "time (UTC)"."""

    places: Floats
    meaning: str

    def finish(self, axes: Axes) -> None:
        """Give the axis its ticks and its name."""
        from matplotlib import dates, ticker

        axis = axes.xaxis
        if self.meaning.startswith("time"):
            from clipsgd_river.plot._date_ticks import SpacedDateLocator

            axes.xaxis_date()
            most = min(max(int(size_in_points(axes)[0] / _TICK), 3), 8)
            # With more ticks at least, some spans would have no unit: two days have 48 hours.
            locator = SpacedDateLocator(minticks=(most - 1) // 2, maxticks=most)  # type: ignore[no-untyped-call]
            zone = " UTC" if self.meaning == "time (UTC)" else ""
            formatter = dates.ConciseDateFormatter(
                locator,
                formats=list(_TICKS),
                zero_formats=list(_FIRST_TICKS),
                offset_formats=[shared + zone if shared else "" for shared in _SHARED],
            )
            axis.set_major_locator(locator)
            axis.set_major_formatter(formatter)
            # The part of the date that all ticks share: where other axes have their name.
            axis.get_offset_text().set(x=0.0, horizontalalignment="left", color=INK)
        elif self.meaning == "event":
            axis.set_major_locator(ticker.MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
            axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.0f}"))
            axes.set_xlabel("event", loc="left")
        axes.margins(x=0.01)


def horizontal(positions: Positions | None, length: int, like: str) -> Horizontal:
    """Return where the events stand; 1, 2, 3, ... without positions.

    Times of day without a zone are drawn as they are, others in UTC.

    Raises
    ------
    ValueError
        If there are more or fewer positions than events.
    """
    if positions is None:
        return Horizontal(np.arange(1.0, length + 1), "event")
    raw = _without_zone(positions)
    check_shape(raw.array, "positions", length, like)
    if raw.meaning != "number":
        from matplotlib.dates import date2num

        return Horizontal(_finite(np.asarray(date2num(raw.array), dtype=np.float64)), raw.meaning)
    places = _finite(raw.array.astype(np.float64))
    whole = bool(np.all((places == np.floor(places)) | np.isnan(places)))
    return Horizontal(places, "event" if whole else "number")


class _Raw(NamedTuple):
    array: npt.NDArray[Any]
    meaning: str


def _without_zone(positions: Any) -> _Raw:
    zone = getattr(getattr(positions, "dtype", None), "tz", None)  # pandas has it in the type
    array = np.asarray(positions)
    if array.dtype.kind == "M":
        return _Raw(array, "time" if zone is None else "time (UTC)")
    first = next((each for each in array.flat if isinstance(each, date)), None)
    if array.dtype != object or first is None:
        return _Raw(array, "number")
    aware = isinstance(first, datetime) and first.tzinfo is not None
    moments = [_naive(each) for each in array.flat]
    times = np.array(moments, dtype="datetime64[us]").reshape(array.shape)
    return _Raw(times, "time (UTC)" if aware else "time")


def _naive(moment: Any) -> Any:
    if not isinstance(moment, date) or moment != moment:
        return np.datetime64("NaT", "us")
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment.astimezone(UTC).replace(tzinfo=None)
    return moment


def _finite(places: Floats) -> Floats:
    return np.where(np.isfinite(places), places, np.nan)
