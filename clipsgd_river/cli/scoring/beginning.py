"""What judges a stream when a run begins: what a state file kept, or something new."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clipsgd_river.cli.input.columns.kinds import Kind
from clipsgd_river.cli.input.columns.roles import AUTO, Role
from clipsgd_river.cli.input.events import Reading
from clipsgd_river.cli.scoring.alert_watch import AlertOptions, AlertWatch
from clipsgd_river.cli.scoring.default_detector import STAND_IN, Understood, default_detector
from clipsgd_river.cli.scoring.detectors import (
    check_contexts,
    check_memory,
    detector_classes,
    encoder_and_detector,
    features_of,
    load_detector,
    load_filter,
    make_detector,
    takes_categories,
)
from clipsgd_river.cli.scoring.keys import NO_KEYS, Keys, template_of
from clipsgd_river.cli.scoring.watch import Watch
from clipsgd_river.cli.terminal.errors import DataError


@dataclass(frozen=True)
class Wanted:
    """What the options say of detector and alerts.

    `categorical` is None where the option was left out.
    """

    detector: str | None
    contamination: float | None
    memory: int | str | None
    categorical: frozenset[str] | None
    given: dict[str, str] | None
    state: str | None
    alerts: AlertOptions
    keys: Keys = NO_KEYS


class Beginning:
    """Take up the state file before the stream is opened, make the watch after it was looked at.

    Raises
    ------
    DataError, UsageError
        If the state file or the options are unusable.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._kept: Any = None
        #: What is to be said of rules that are others than those of the state file.
        self._changed_rules: str | None = None
        state, name = wanted.state, wanted.detector
        goes_on = state is not None and Path(state).exists()
        # Whether all of it can be made is known before anything is read.
        made = make_detector(name or STAND_IN, memory=wanted.memory)
        if wanted.alerts.wanted:
            made = wanted.alerts.wrap(made)
        if state is not None and goes_on and wanted.alerts.wanted:
            self._kept, self._changed_rules = load_filter(
                state,
                name,
                made,
                wanted.categorical,
                wanted.alerts.put_rules_around,
                wanted.keys,
            )
        elif state is not None and goes_on:
            self._kept = load_detector(state, name, wanted.contamination, wanted.categorical)
        if self._kept is not None and wanted.given is not None:
            check_contexts(str(state), template_of(self._model), wanted.given)
        if self._kept is not None and wanted.memory is not None:
            check_memory(str(state), template_of(self._model), wanted.memory)

    @property
    def goes_on(self) -> bool:
        """Whether a state file was taken up."""
        return self._kept is not None

    @property
    def categorical(self) -> frozenset[str]:
        """Columns of categories, as they are wanted or as the state file was begun."""
        if self._wanted.categorical is not None:
            return self._wanted.categorical
        if not self.goes_on or self._wanted.keys.windows:
            return frozenset({AUTO})
        encoder, detector = encoder_and_detector(template_of(self._model))
        takes = encoder is not None or takes_categories(detector)
        return frozenset({AUTO}) if takes else frozenset()

    def words(self, reading: Reading) -> Iterator[str]:
        """Yield what is to be said of the state file and of rules."""
        rules = self._wanted.alerts.rules
        if rules is not None and rules.is_empty:
            yield f"there are no rules in {rules.file.name}"
        if self._changed_rules is not None:
            yield self._changed_rules
        text = (Kind.TEXT, Kind.CODE)
        columns = reading.columns.values()
        if self._wanted.categorical is not None or AUTO in self.categorical:
            return
        if any(each.look.kind in text and each.role is Role.LEFT_OUT for each in columns):
            yield (
                f"the state file {self._wanted.state} was begun without columns of text: to count "
                "their values, begin another"
            )

    def check_rules(
        self,
        names: Sequence[str] | None,
        reading: Reading,
        note: Callable[[str], object],
    ) -> None:
        """Refuse rules on columns that there are not; ``names`` is ``None`` where more may come."""
        rules = self._wanted.alerts.rules
        if rules is not None:
            rules.check_columns(reading.columns, names, note)

    @property
    def known(self) -> tuple[frozenset[str], frozenset[str]]:
        """Names of the numbers and of the categories in the state file."""
        return features_of(self._model) if self.goes_on else (frozenset(), frozenset())

    def watch(self, reading: Reading, told: Any = ()) -> tuple[Watch, Understood]:
        """Return what judges the columns on which was decided, and what was understood of them.

        Parameters
        ----------
        reading
            What was decided on columns.
        told
            What an earlier run has told of incidents that are open.
        """
        wanted = self._wanted
        found = self._kept
        columns = reading.columns.values()
        if found is None:
            found = wanted.keys.around(self._made(reading), columns)
            if wanted.alerts.wanted:
                found = wanted.alerts.wrap(found)
        if wanted.alerts.wanted:
            try:
                watch: Watch = AlertWatch(found, wanted.alerts, told, wanted.keys)
            except ValueError as error:
                raise DataError(f"{wanted.state}: {error}: begin another state file") from None
        else:
            watch = Watch(found)
        encoder, detector = encoder_and_detector(template_of(watch.model))
        reading.may_encode = encoder is not None or takes_categories(detector)
        behind = "" if encoder is None else type(encoder).__name__
        return watch, Understood(watch.name, behind, columns)

    def _made(self, reading: Reading) -> Any:
        """Return a new detector, or one behind an encoder, for the columns on which was decided."""
        wanted = self._wanted
        if wanted.keys.windows:
            # It gets counts and sums alone.
            return make_detector(wanted.detector or STAND_IN, memory=wanted.memory)
        columns = reading.columns.values()
        name = wanted.detector or default_detector(
            columns,
            detector_classes(),
            reading.selection.time,
            by_key=bool(wanted.keys.columns),
        )
        # Where none asked for it, there is no encoder for nothing, but for what is open.
        encodes = wanted.categorical or reading.has(Role.CATEGORY) or reading.has(Role.OPEN)
        return make_detector(
            name,
            wanted.contamination,
            reading.selection.categorical if encodes else frozenset(),
            wanted.given,
            wanted.memory,
        )

    @property
    def _model(self) -> Any:
        return self._kept.anomaly_detector if self._wanted.alerts.wanted else self._kept
