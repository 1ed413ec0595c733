"""Whose events are: a model for each value of a column, or what each value did lately."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from clipsgd_river.cli.input.columns.look import as_text
from clipsgd_river.cli.input.columns.names import names_whom
from clipsgd_river.cli.input.columns.roles import Column, Role
from clipsgd_river.cli.input.derived.windows import is_amount
from clipsgd_river.cli.input.events import Event
from clipsgd_river.cli.terminal.errors import UsageError
from clipsgd_river.cli.terminal.text import is_missing, listed, shown

#: Columns of which distinct values are counted, and as many that are summed up: a sketch of each
#: value of a key has 128 bytes a window.
MOST_COUNTED: Final = 8
#: Models of keys that are asked what their columns are.
_MOST_ASKED: Final = 100
#: Each value of a column that looks like a key comes so often in the first rows.
_EVENTS_PER_KEY: Final = 5

Value = Callable[[Event, str], Any]


@dataclass(frozen=True)
class Keys:
    """What the options say of keys.

    Parameters
    ----------
    columns
        Whose values are keys, together; empty where there are none.
    windows
        In which it counts what keys do, in front of one model; empty for a model of each key.
    most
        Keys that are kept; None for as many as each class keeps by default.
    time
        Column with the time of an event.
    """

    columns: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    most: int | None = None
    time: str | None = None

    @property
    def name(self) -> str:
        """Whose events are, in words."""
        return " and ".join(map(shown, self.columns))

    @property
    def title(self) -> str:
        """What is said of a detector that there is for each key."""
        return f" for each {self.name}" if self.columns and not self.windows else ""

    def around(self, detector: Any, columns: Collection[Column]) -> Any:
        """Return a detector for each key, or one behind what keys did; as it is without keys.

        Parameters
        ----------
        detector
            A detector, or a pipeline of an encoder and one.
        columns
            Those of the stream; categories among them are counted, amounts summed up.
        """
        if not self.columns:
            return detector
        most: dict[str, Any] = {} if self.most is None else {"max_keys": self.most}
        if not self.windows:
            from clipsgd_river.anomaly import KeyedDetector

            several = list(self.columns)
            return KeyedDetector(detector, several if several[1:] else several[0], **most)
        from clipsgd_river.feature_extraction import KeyActivity

        distinct, sums = counted(columns)
        key = self.columns[0] if len(self.columns) == 1 else self.columns
        return (
            KeyActivity(
                key,
                self.windows,
                distinct=distinct or None,
                sums=sums,
                timestamp=self.time,
                **most,
            )
            | detector
        )

    def inner(self, path: str, model: Any) -> Any:
        """Return what a state file has for each key, or behind what keys did.

        Raises
        ------
        UsageError
            If it was begun with other options.
        """
        before = _told_of(model)
        now = (self.columns, self.windows)
        if before != now:
            raise UsageError(
                f"the state file {path} was begun {_words(*before)}, now it goes on "
                f"{_words(*now)}: ask for the same, or name another file"
            )
        kept = _keeper(model)
        if self.most is not None and kept.max_keys != self.most:
            raise UsageError(
                f"the state file {path} was begun with --max-keys {kept.max_keys}: leave the "
                "option out, or name another file"
            )
        return _inner(model)

    def values(self, event: Event, value: Value) -> dict[str, str | None]:
        """Return the key of an event by its columns, as text; None where a part is missing."""
        return {name: _text(value(event, name)) for name in self.columns}

    def of(self, event: Event, value: Value) -> str | None:
        """Return whom an event is about; None where it does not say."""
        parts = [part for part in self.values(event, value).values() if part is not None]
        return ", ".join(parts) if parts else None

    def told(self, model: Any, columns: Collection[Column]) -> str | None:
        """Say what is counted of keys, and what is not; None for a model of each key."""
        if not self.windows:
            return None
        activity = _keeper(model)
        # Of a pair the others of each member are counted, whatever else is.
        distinct, sums = activity.distinct or [], activity.sums or []
        parts = ["events, seconds since the last one"]
        parts += [f"different values of {listed(distinct)}"] if distinct else []
        parts += [f"sums of {listed(sums)}"] if sums else []
        used = (Role.NUMBER, Role.CATEGORY)
        names = {each.name for each in columns if each.role in used}
        left = sorted(names - {*distinct, *sums})
        rest = f"; not {listed(left)}" if left else ""
        return f"of {self.name} in {', '.join(self.windows)}: {'; '.join(parts)}{rest}"

    def kept(self, model: Any) -> str | None:
        """Say how many keys there are; None where there are none."""
        if not self.columns:
            return None
        keeper = _keeper(model)
        count = keeper.n_keys_
        full = count >= keeper.max_keys
        more = "; those not seen for longest are forgotten, --max-keys keeps more" if full else ""
        return f"keys: {count:,} of {self.name}{more}"


NO_KEYS: Final = Keys()


def counted(columns: Collection[Column]) -> tuple[list[str], list[str]]:
    """Return the columns of which distinct values are counted, and those that are summed up.

    Categories; and counts, flags and what is named as an amount.
    """
    distinct = [each.name for each in columns if each.role is Role.CATEGORY]
    sums = [each.name for each in columns if each.role is Role.NUMBER and is_amount(each)]
    return distinct[:MOST_COUNTED], sums[:MOST_COUNTED]


def counted_by(model: Any) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return the numbers and the categories of which keys are counted; None where none are."""
    activity = _activity(model)
    if activity is None:
        return None
    return frozenset(activity.sums or ()), frozenset(activity.distinct or ())


def models_of(model: Any) -> list[Any]:
    """Return the models of some keys, of a model that has one for each, or the model alone."""
    keyed = _keyed(model)
    if keyed is None:
        return [model]
    return [each for _, each in islice(keyed._models.items(), _MOST_ASKED)] or [keyed.detector]


def template_of(model: Any) -> Any:
    """Return the detector that each key has a copy of, or the detector itself."""
    keyed = _keyed(model)
    return model if keyed is None else keyed._detector


def hint(columns: Collection[Column], first: Mapping[str, Sequence[Any]]) -> str | None:
    """Return a word on a column that looks like a key; None where there is none.

    One of categories that is named after whom events are about, and whose values come again.
    """
    for column in columns:
        if column.role is not Role.CATEGORY or not names_whom(column.name):
            continue
        values = [text for each in first.get(column.name, ()) if (text := _text(each)) is not None]
        different = len(set(values))
        if different > 1 and len(values) >= _EVENTS_PER_KEY * different:
            name = shown(column.name)
            return (
                f"'{name}' looks like whom events are about: --by {name} judges each by its own "
                f"past, --by {name} --activity 1m,1h by what it did lately"
            )
    return None


def _text(value: Any) -> str | None:
    """The value of a key as text, alike in all formats."""
    if value is None or value != value:
        return None
    text = as_text(value).strip()
    return None if not text or is_missing(text) else text


def _keyed(model: Any) -> Any:
    from clipsgd_river.anomaly import KeyedDetector

    return model if isinstance(model, KeyedDetector) else None


def _activity(model: Any) -> Any:
    from clipsgd_river.feature_extraction import KeyActivity

    steps = list(getattr(model, "steps", {}).values())
    return steps[0] if steps and isinstance(steps[0], KeyActivity) else None


def _keeper(model: Any) -> Any:
    """What keeps the keys."""
    keyed = _keyed(model)
    return _activity(model) if keyed is None else keyed


def _inner(model: Any) -> Any:
    activity = _activity(model)
    if activity is not None:
        return list(model.steps.values())[-1]
    return template_of(model)


def _told_of(model: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns of the key, and windows, that a model was made with."""
    keeper = _keeper(model)
    if keeper is None:
        return (), ()
    key = keeper.key
    columns = tuple(key) if isinstance(key, list | tuple) else (key,)
    return columns, tuple(keeper.windows) if _keyed(model) is None else ()


def _words(columns: tuple[str, ...], windows: tuple[str, ...]) -> str:
    if not columns:
        return "without --by"
    activity = f" --activity {','.join(windows)}" if windows else ""
    return f"with --by {','.join(columns)}{activity}"
