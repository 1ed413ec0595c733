"""The command ``score``: events in, verdicts out, nothing lost on the way."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from clipsgd_river.cli.delivery.metrics import Figures, MetricsFile
from clipsgd_river.cli.delivery.outbox import Outbox
from clipsgd_river.cli.formats import (
    OutFormat,
    delimiter_of,
    open_sink,
    open_source,
    out_format_of,
    written_as,
)
from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.input.columns.roles import Role, first_time
from clipsgd_river.cli.input.columns.times import Times
from clipsgd_river.cli.input.derived.windows import WindowSource
from clipsgd_river.cli.input.events import Event, Reading, Source
from clipsgd_river.cli.input.json_values.json_source import JsonSource
from clipsgd_river.cli.input.labels import LabelledDistances
from clipsgd_river.cli.input.tables.table_source import TableSource
from clipsgd_river.cli.output.sinks import Sink
from clipsgd_river.cli.report import Report
from clipsgd_river.cli.report.timeline import Timeline
from clipsgd_river.cli.reporter import Reporter
from clipsgd_river.cli.run_figures import run_figures
from clipsgd_river.cli.score_options import ScoreOptions
from clipsgd_river.cli.scoring.alert_watch import AlertWatch
from clipsgd_river.cli.scoring.beginning import Beginning, Wanted
from clipsgd_river.cli.scoring.clock import Clock, TimesRead
from clipsgd_river.cli.scoring.derived import Derivation, derive
from clipsgd_river.cli.scoring.detectors import keeper_of
from clipsgd_river.cli.scoring.keys import hint as hint_of_keys
from clipsgd_river.cli.scoring.moments import Moments
from clipsgd_river.cli.scoring.newest import NewestTime
from clipsgd_river.cli.scoring.ordinary import OrdinaryRows, takes_rows
from clipsgd_river.cli.scoring.state_file import StateFile
from clipsgd_river.cli.scoring.watch import Watch
from clipsgd_river.cli.summary import Tally, summary_lines
from clipsgd_river.cli.terminal.errors import CommandError, DataError, OutputClosed
from clipsgd_river.cli.terminal.interrupts import Interrupted, Interrupts
from clipsgd_river.cli.terminal.text import listed, shown

_SECONDS_BETWEEN_SAVES: Final = 60.0
_FEWER_COLUMNS: Final = "choose columns with --only or --ignore, or another --detector"


def score(options: ScoreOptions) -> int:
    """Run the command and return its exit code; whatever goes wrong is said in one line."""
    live = options.out != STANDARD_STREAM or sys.stdout is None or not sys.stdout.isatty()
    reporter = Reporter(quiet=options.quiet, live=live)
    try:
        options.check()
        with reporter, Interrupts() as interrupts, _state_of(options) as state:
            _Run(options, reporter, interrupts, state).run()
    except CommandError as error:
        reporter.error(str(error))
        return error.exit_code
    except (Interrupted, KeyboardInterrupt):
        pass
    return 0 if interrupts.received is None else 128 + interrupts.received


class _Run:
    """One run: what is opened at its start is brought to a good end, however it ends."""

    def __init__(
        self,
        options: ScoreOptions,
        reporter: Reporter,
        interrupts: Interrupts,
        state: StateFile | None,
    ) -> None:
        self._options = options
        self._reporter = reporter
        self._interrupts = interrupts
        self._written = _out_format(options)
        self._beginning = _beginning(options)
        self._reading = _reading(options, self._beginning, reporter)
        self._watch: Watch
        self._tally = Tally(
            LabelledDistances() if options.selection.labels is not None else None,
            Timeline() if options.plot is not None or options.report is not None else None,
        )
        self._started = self._saved = time.monotonic()
        self._state = state
        self._row = 0
        self._next_checkpoint: float = options.checkpoint_every or math.inf
        self._source: Source | None = None
        self._sink: Sink | None = None
        self._newest = NewestTime()
        self._outbox = None
        if options.alerts.path is not None:
            append = self._beginning.goes_on
            self._outbox = Outbox(
                options.alerts.path, options.delivery, reporter.note, append=append
            )
        self._metrics = None
        if options.metrics is not None:
            self._metrics = MetricsFile(options.metrics, self._figures, reporter.note)

    def run(self) -> None:
        """Judge every event; the end is the same whether the stream ends or breaks off."""
        try:
            if self._metrics is not None:
                self._metrics.start()
            if self._outbox is not None and self._outbox.delivers:
                # What waits there goes out, whatever comes.
                self._outbox.open()
            if self._is_new():
                self._judge()
        finally:
            self._deliver()

    def _is_new(self) -> bool:
        """Whether the file has anything that the state has not learned; say so if it has not."""
        state, file = self._state, shown(self._options.file)
        if state is None or not state.rows_before:
            return True
        rows = f"{state.rows_before:,} rows"
        if state.is_known:
            self._reporter.note(
                f"the state has learned all {rows} of {file} before: nothing is judged or learned "
                "again; --again does so"
            )
            return False
        if self._options.every is None and not self._options.selection.counters:
            self._reporter.note(
                f"the state has learned the first {rows} of {file} before: it goes on after them; "
                "--again begins anew"
            )
        return True

    def _judge(self) -> None:
        """Judge what the source has."""
        options = self._options
        delimiter = delimiter_of(options.file, options.delimiter)
        self._reporter.restart()
        self._source = open_source(
            options.file,
            options.format,
            self._reading,
            (self._interrupts, self._pause),
            (delimiter, options.header),
        )
        try:
            self._source = self._begin(self._source)
            written = self._written or written_as(self._source)
            self._sink = open_sink(
                options.out,
                written,
                self._source,
                options.prefix,
                safe=options.spreadsheet_safe,
            )
            self._judge_all(self._source, self._sink)
        finally:
            self._source.close()

    def _begin(self, source: Source) -> Source:
        """Choose what judges the columns that the source has, say so, and return what is judged."""
        options, spellings = self._options, self._reading.spellings()
        times = self._times()
        derived = derive(source, self._reading, Derivation(times, options.selection, options.every))
        told = () if self._state is None else self._state.told
        self._watch, understood = self._beginning.watch(derived.reading, told)
        self._watch.units = derived.reading.units()
        self._reading.may_encode = derived.reading.may_encode
        source = derived.source
        value = source.value
        if times is not None and options.selection.time is not None:
            value = Moments(options.selection.time, times, value)
        if isinstance(self._watch, AlertWatch):
            self._watch.value = value
            if self._outbox is not None:
                self._watch.tell = self._outbox.write
            if options.alerts.time is not None:
                self._watch.times = TimesRead(options.alerts.time, self._reporter.note)
        for word in self._beginning.words(self._reading):
            self._reporter.note(word)
        self._beginning.check_rules(source.columns, derived.reading, self._reporter.note)
        self._tell_of_changes(source)
        if self._watch.takes_times:
            self._watch.clock = self._clock(times, source.value)
        column = None if self._watch.clock is None else self._watch.clock.column
        times = times or Times(options.time_format, options.zone)
        dated = options.selection.time or column or first_time(self._reading.columns.values())
        self._newest.read_by(dated, times, source.value)
        self._reading.say_of_times(column)
        self._reporter.say(understood.without(column).line())
        if column is not None:
            told = f"the times of '{shown(column)}' tell the detector when events were"
            self._reporter.say(told)
        read = "; ".join(filter(None, [source.told, spellings]))
        if read:
            self._reporter.say(f"read: {read}")
        counts = options.keys.told(self._watch.model, self._reading.columns.values())
        for hint in (counts, understood.hint(), self._key_hint()):
            if hint is not None:
                self._reporter.say(hint)
        self._prepare_pictures(source, value)
        return source

    def _key_hint(self) -> str | None:
        """Return a word on whom events seem to be about, where no option says it."""
        options, reading = self._options, self._reading
        is_told = options.keys.columns or options.given or options.every is not None
        return None if is_told else hint_of_keys(reading.columns.values(), reading.first_values)

    def _tell_of_changes(self, source: Source) -> None:
        """Say which columns the state file knows and the stream has not, and the other way."""
        reading = self._reading
        known = reading.known_numbers | reading.known_categories
        present = {each.name for each in reading.columns.values() if each.role is not Role.LEFT_OUT}
        if not known or self._options.every is not None or self._options.selection.counters:
            return
        # Keys of JSON may come later.
        gone = known - set(source.columns or known)
        for names, word in ((gone, "gone"), (present - known, "new")):
            if names:
                self._reporter.note(
                    f"to the state file {self._options.state} {listed(sorted(names))} "
                    f"{'is' if len(names) == 1 else 'are'} {word}: renamed columns start anew"
                )

    def _times(self) -> Times | None:
        """Return what reads the time column, where there is one."""
        options, column = self._options, self._options.selection.time
        if column is None:
            return None
        times = Times(options.time_format, options.zone)
        word = times.look(self._reading.first_times)
        if word:
            self._reporter.note(f"of '{shown(column)}' {word}")
        return times

    def _clock(self, times: Times | None, value: Callable[[Event, str], Any]) -> Clock | None:
        """Return what tells a detector when events were: the time column, or the first there is."""
        options, columns = self._options, self._reading.columns.values()
        column = options.selection.time or first_time(columns)
        if column is None:
            return None
        read = times or Times(options.time_format, options.zone)
        return Clock(column, Moments(column, read, value))

    def _prepare_pictures(self, source: Source, value: Callable[[Event, str], Any]) -> None:
        options, tally = self._options, self._tally
        if tally.timeline is None:
            return
        time_column = options.selection.time
        known = self._watch.clock
        tally.timeline.clock = known if time_column is None else Clock(time_column, value)
        if options.report is not None:
            tally.report = Report(self._watch, tally.timeline, source.fields)

    def _judge_all(self, source: Source, sink: Sink) -> None:
        failure: CommandError | None = None
        complete = False
        try:
            if self._outbox is not None:
                # So that alerts of an earlier run are gone even if there are none.
                self._outbox.open()
            self._loop(source, sink)
            complete = self._interrupts.received is None
        except Interrupted:
            pass
        except OutputClosed:
            pass
        except CommandError as error:
            failure = error
        except BaseException:
            sink.close(complete=False)
            raise
        try:
            sink.close(complete=complete)
        except OutputClosed:
            pass
        except CommandError as error:
            failure = failure or error
        self._finish(failure, complete=complete)

    def _loop(self, source: Source, sink: Sink) -> None:
        take, interrupts = self._take, self._interrupts
        before = self._rows_before()
        if isinstance(source, WindowSource):
            source.on_silence(partial(self._take_windows, source, sink))
        for event in self._events(source, sink):
            if event.row > before:
                take(event, sink)
            if interrupts.received is not None:
                return

    def _take(self, event: Event, sink: Sink) -> None:
        """Judge one event and write it down."""
        tally, reading = self._tally, self._reading
        self._row = event.row
        self._newest.event = event
        try:
            if sink.must_check:
                sink.check(event)
            if tally.report is not None:
                tally.report.look(event)
            verdict = self._watch.judge(event)
        except DataError as error:
            reading.refuse(error)
            return
        except (ValueError, TypeError) as error:
            reading.refuse(DataError(f"row {event.row:,}: {error} ({_FEWER_COLUMNS})"))
            return
        sink.write(event, verdict)
        tally.add(event, verdict)
        if tally.events >= self._next_checkpoint:
            self._checkpoint(sink)

    def _take_windows(self, source: WindowSource, sink: Sink) -> float | None:
        """Judge the windows that are over by the clock; return in how many seconds the next is."""
        for event in source.over():
            self._take(event, sink)
        self._pause()
        return source.seconds_left()

    def _events(self, source: Source, sink: Sink) -> Iterator[Event]:
        """Return the events to be judged one by one; others are judged as they are passed over."""
        if not (
            isinstance(source, TableSource | JsonSource)
            and self._tally.only_counts
            and not self._rows_before()
            and self._options.checkpoint_every is None
            and takes_rows(sink, self._watch)
        ):
            return source.events()
        rows = OrdinaryRows(self._watch, sink, self._interrupts, self._wrote)
        return rows.others(source.parts())

    def _wrote(self, events: int, row: int, latest: Callable[[], Event]) -> None:
        self._tally.events += events
        self._row = row
        self._newest.event = latest

    def _rows_before(self) -> int:
        """Rows that the state has learned before; rows of windows and rates are others."""
        options = self._options
        if self._state is None or options.every is not None or options.selection.counters:
            return 0
        return self._state.rows_before

    def _checkpoint(self, sink: Sink) -> None:
        """Hand on what is done, and save the state that goes with it."""
        sink.flush()
        self._save_state()
        self._next_checkpoint += self._options.checkpoint_every or math.inf

    def _pause(self) -> None:
        """Before waiting for input: hand on what is done, tell how far it is."""
        if self._sink is None or self._source is None:
            return
        self._sink.flush()
        self._reporter.progress("scoring", self._tally.events, self._source.fraction())
        now = time.monotonic()
        if self._options.state is not None and now - self._saved > _SECONDS_BETWEEN_SAVES:
            self._saved = now
            self._save_state()

    def _finish(self, failure: CommandError | None, *, complete: bool) -> None:
        seconds = time.monotonic() - self._started
        reporter, tally = self._reporter, self._tally
        complete = complete and failure is None
        save = partial(self._save_state, complete=complete)
        for keep in (save, self._draw, partial(self._report, seconds, failure)):
            try:
                keep()
            except CommandError as error:
                failure = failure or error
        for line in summary_lines(tally, self._watch, seconds):
            reporter.say(line)
        labels = self._options.selection.labels
        if labels is not None and labels.told():
            (reporter.note if labels.guesses else reporter.say)(labels.told())
        if self._reading.skipped:
            reporter.note(f"{self._reading.skipped:,} bad events were skipped")
        if not complete and self._written is OutFormat.PARQUET:
            reporter.note(f"{self._options.out} was not written: Parquet needs the whole stream")
        if self._interrupts.received is not None:
            state = self._options.state
            kept = f", its state is in {state}" if state else ""
            reporter.note(f"ended by a signal after {tally.events:,} events{kept}")
        if failure is not None:
            raise failure

    def _save_state(self, *, complete: bool = False) -> None:
        if self._state is not None:
            self._tally.remember(self._state.history, self._name)
            keeper, told = keeper_of(self._watch.keeper), self._watch.told
            self._state.save(keeper, self._row, complete=complete, told=told)

    def _deliver(self) -> None:
        """Deliver what is told, as far as that goes, and say how far that was."""
        if self._outbox is not None:
            self._outbox.close(self._interrupts)
            for line, is_grave in self._outbox.lines():
                (self._reporter.note if is_grave else self._reporter.say)(line)
        if self._metrics is not None:
            self._metrics.finish()

    def _figures(self) -> Figures:
        """Say how the run is going; asked from another thread."""
        couriers = () if self._outbox is None else self._outbox.couriers
        figures = run_figures(self._tally, getattr(self, "_watch", None), couriers)
        figures.bad_events = self._reading.skipped
        figures.newest = self._newest.seconds()
        return figures

    def _draw(self) -> None:
        options, tally = self._options, self._tally
        if tally.timeline is not None and options.plot is not None and tally.events:
            name = self._watch.name
            tally.timeline.draw(options.plot, f"{options.file}: {tally.events:,} events, {name}")

    def _report(self, seconds: float, failure: CommandError | None) -> None:
        options, tally = self._options, self._tally
        if tally.report is None or options.report is None:
            return
        notes = []
        if self._interrupts.received is not None:
            notes.append("The run was ended by a signal: this is what was read until then.")
        if failure is not None:
            notes.append(f"The run ended early: {failure}")
        if self._reading.skipped:
            notes.append(f"{self._reading.skipped:,} bad events were skipped.")
        tally.report.write(
            options.report,
            self._name,
            seconds=seconds,
            ranking=None if tally.labelled is None else tally.labelled.ranking(),
            notes=notes,
            alerts_file=options.alerts.path,
            history=None if self._state is None else self._state.history,
        )

    @property
    def _name(self) -> str:
        file = self._options.file
        return "standard input" if file == STANDARD_STREAM else Path(file).name


def _state_of(options: ScoreOptions) -> AbstractContextManager[StateFile | None]:
    """Return the state file, which no other process has meanwhile."""
    if options.state is None:
        return nullcontext()
    return StateFile(options.state, options.file, again=options.again)


def _out_format(options: ScoreOptions) -> OutFormat | None:
    """Return the format of the result as far as options tell."""
    if options.out_format is not None or options.out == STANDARD_STREAM:
        return options.out_format
    return out_format_of(options.out)


def _beginning(options: ScoreOptions) -> Beginning:
    wanted = Wanted(
        options.detector,
        options.contamination,
        options.memory,
        options.categorical,
        options.given,
        options.state,
        options.alerts.with_rules(),
        options.keys,
    )
    return Beginning(wanted)


def _reading(options: ScoreOptions, beginning: Beginning, reporter: Reporter) -> Reading:
    categorical = beginning.categorical | (options.given or {}).keys()
    selection = replace(options.selection, categorical=categorical)
    numbers, categories = beginning.known
    return Reading(
        selection,
        reporter.note,
        options.skip_bad_events,
        cells=options.cells,
        known_numbers=numbers,
        known_categories=categories,
    )
