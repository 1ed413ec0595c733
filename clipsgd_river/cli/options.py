"""Options that several commands have, and what becomes of their values."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from clipsgd_river.cli.input.columns.cells import Cells, declared
from clipsgd_river.cli.input.columns.roles import NONE
from clipsgd_river.cli.input.columns.spelling import COMMA, POINT
from clipsgd_river.cli.input.columns.units import unit_of
from clipsgd_river.cli.input.labels import LabelRule
from clipsgd_river.cli.recognise import Format

#: Names of memories, for complaints, which shall not wait for the import of detectors.
MEMORIES: Final = ("auto", "short", "long")
_SPELLED_MARKS: Final = {"point": ".", "comma": ",", "blank": " ", "space": " ", NONE: ""}
_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)")

FileArgument = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="CSV, JSON, an access log, syslog, lines of key=value, a log of Zeek or as the W3C "
        "has it (all also .gz), or Parquet; - is standard input.",
    ),
]
FormatOption = Annotated[
    Format | None,
    typer.Option("--format", help="Format of FILE, where name and content do not tell."),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option(metavar="COLS", help="Columns to leave out, separated by commas."),
]
OnlyOption = Annotated[
    list[str] | None, typer.Option(metavar="COLS", help="The only columns to look at.")
]
CategoricalOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLS|auto|none",
        help="Columns of categories, counted by how often each value comes; auto, the default: "
        "text, and numbers named as ports, status codes and identifiers are; none: text is left "
        "out.",
    ),
]
GivenOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COL=COL",
        help="A column of categories given another one, as country=user: counted among the events "
        "of the same user, too.",
    ),
]
KeepOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLS",
        help="Columns to look at although they look like times, counters or identifiers.",
    ),
]
MemoryOption = Annotated[
    str | None,
    typer.Option(
        metavar="auto|short|long|N",
        help="For ClippedEnsemble: how many events a change must last to count as normal. A "
        "number, short (20), auto (200, the default) or long (10,000).",
    ),
]
TimeOption = Annotated[
    str | None,
    typer.Option(
        metavar="COL",
        help="Column with the time of an event, kept from the detector: seconds, or a date and "
        "time.",
    ),
]
TimeFormatOption = Annotated[
    str | None,
    typer.Option(
        metavar="FORMAT",
        help="How times are written, as in %d/%m/%Y %H:%M, where it is not understood.",
    ),
]
ZoneOption = Annotated[
    str | None,
    typer.Option(metavar="ZONE", help="Zone of times without one, as in Europe/Berlin."),
]
DelimiterOption = Annotated[
    str | None,
    typer.Option(metavar="CHAR", help="Between cells: a character, tab, or blank."),
]
NoHeaderOption = Annotated[
    bool, typer.Option("--no-header", help="The CSV has no header: columns are 0, 1, 2, ...")
]
MissingOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WORDS|auto",
        help="Words that stand for no value in any column, separated by commas; auto, the default: "
        "'-', 'n/a', 'none', '?', 'missing' and the like among numbers and times.",
    ),
]
DecimalOption = Annotated[
    str | None, typer.Option(metavar="MARK", help="Decimal mark of numbers: . or a comma.")
]
ThousandsOption = Annotated[
    str | None,
    typer.Option(metavar="MARK", help="Between groups of digits: a character, or none."),
]


def names_in(values: list[str] | None) -> frozenset[str]:
    """Split lists of column names; quotes protect a comma within a name."""
    return frozenset(name.strip() for row in csv.reader(values or []) for name in row)


def contexts_in(values: list[str] | None) -> dict[str, str]:
    """Split pairs of column names, the first of which is given the second."""
    pairs = [name.partition("=") for name in sorted(names_in(values))]
    for name, mark, other in pairs:
        if not (name and mark and other and name != other):
            raise typer.BadParameter(
                f"it takes two columns, as in country=user, not '{name}{mark}{other}'",
                param_hint="--given",
            )
    return {name: other for name, _, other in pairs}


def seconds_in(duration: str | None, option: str) -> float | None:
    """Return the seconds of a duration such as 5m; None where there is none."""
    if duration is None:
        return None
    match = _DURATION.fullmatch(duration.strip().lower())
    unit = None if match is None else unit_of(match[2])
    if match is None or unit is None or unit.family != "time" or not float(match[1]) > 0.0:
        raise typer.BadParameter("it is a time such as 30s, 5m, 1h or 1d", param_hint=option)
    return float(match[1]) * unit.scale


def check_times(time: str | None, form: str | None, zone: str | None) -> None:
    """Refuse a form or a zone of times that is none, or of no use."""
    for option, value in (("--time-format", form), ("--zone", zone)):
        if value is not None and time is None:
            raise typer.BadParameter("it needs --time", param_hint=option)
    try:
        if form is not None:
            datetime.strptime(datetime.now(UTC).strftime(form), form)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--time-format") from None
    try:
        if zone is not None:
            ZoneInfo(zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise typer.BadParameter(
            f"there is no zone '{zone}': names are such as Europe/Berlin and UTC",
            param_hint="--zone",
        ) from None


def cells_of(missing: list[str] | None, decimal: str | None, thousands: str | None) -> Cells:
    """Return how cells are written, as far as options say."""
    decimal = _SPELLED_MARKS.get(decimal or "", decimal)
    if decimal not in (None, POINT, COMMA):
        raise typer.BadParameter("it is . or a comma", param_hint="--decimal")
    thousands = _SPELLED_MARKS.get(thousands or "", thousands)
    if thousands is not None and (len(thousands) > 1 or thousands == decimal):
        raise typer.BadParameter(
            "it is one character, other than the decimal mark, or none", param_hint="--thousands"
        )
    cells = Cells(decimal=decimal, thousands=thousands)
    # An empty word is an empty cell, which is missing in any case.
    return cells if missing is None else declared(names_in(missing), cells)


def categories_of(values: list[str] | None) -> frozenset[str] | None:
    """Return the columns of categories; None where the option is left out."""
    if values is None:
        return None
    names = names_in(values)
    if NONE not in names:
        return names
    if len(names) > 1:
        raise typer.BadParameter("none goes with no other name", param_hint="--categorical")
    return frozenset()


def memory_in(value: str | None) -> int | str | None:
    """Return a memory as `ClippedEnsemble` takes it; None where the option is left out."""
    if value is None or value in MEMORIES:
        return value
    if value.isascii() and value.isdigit() and int(value) > 0:
        return int(value)
    raise typer.BadParameter(
        f"'{value}' is neither a number of events nor one of {', '.join(MEMORIES)}",
        param_hint="--memory",
    )


def labels_in(
    column: str | None, anomalies: list[str] | None, normals: list[str] | None
) -> LabelRule | None:
    """Return which labels mean an anomaly; None where there are no labels."""
    for option, values in (("--anomaly-value", anomalies), ("--normal-value", normals)):
        if values and column is None:
            raise typer.BadParameter("it needs --label", param_hint=option)
    if anomalies and normals:
        raise typer.BadParameter(
            "labels are named by --anomaly-value or by --normal-value: all others are of the other "
            "kind",
            param_hint="--normal-value",
        )
    return None if column is None else LabelRule(column, anomalies or (), normals or ())


def floor_in(value: str) -> float | str | None:
    """Return the floor of a budget as `AlertBudget` takes it."""
    if value in ("auto", NONE):
        return None if value == NONE else value
    try:
        return float(value)
    except ValueError:
        raise typer.BadParameter(
            f"'{value}' is neither auto nor none nor a probability", param_hint="--floor"
        ) from None


def lasting_in(value: str | None) -> tuple[float | None, bool]:
    """Return how long a mute lasts, and whether that is in seconds instead of events."""
    text = (value or "").replace(",", "")
    if text.isascii() and text.isdigit() and int(text) > 0:
        return float(text), False
    return seconds_in(value, "--for"), True
