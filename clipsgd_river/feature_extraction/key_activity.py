"""What a key did lately: events, distinct values, sums, within windows that end now."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from math import inf, isfinite, nan
from time import time
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from river import base
from sklearn.base import BaseEstimator, TransformerMixin

from clipsgd_river import _settings
from clipsgd_river._faces.kept_values import decode_key, encode_key
from clipsgd_river._faces.kernel_owner import KernelOwner
from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river._kernels.feature_extraction.activity import ActivityKernel
from clipsgd_river._kernels.preprocessing.as_key import as_key
from clipsgd_river._tables.fitted import validated_mixed_rows
from clipsgd_river._tables.mixed_rows import MixedRows
from clipsgd_river.alerts import _event_time
from clipsgd_river.feature_extraction import _settings as own

if TYPE_CHECKING:
    from array import array

    from sklearn.utils import Tags

Name = base.typing.FeatureName


class KeyActivity(
    KernelOwner,
    TransformerMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
    base.Transformer,
):
    r"""What the key of an event did lately, as features of the event.

    A port scan, tried passwords, a flood and data that leave in small pieces consist of events of
    which each is ordinary: how many there are of one account, host or address is not. Put it in
    front of a detector, as in ``KeyActivity("user", sums=["failed"]) | ClippedEnsemble()``; for
    the other features of the event beside, add it to them, as in ``KeyActivity("user") +
    Discard("user", "time")`` with River's ``compose.Discard``.

    Parameters
    ----------
    key
        The feature whose values are counted apart: an account, a host, an address. A tuple of
        names is a pair, or more, such as ``("source", "destination")``: what passed between two,
        and what each of both did. A list names several kinds of keys. An event that lacks a key
        has no features of it.
    windows
        Times that end now, as ``"30s"``, ``"1m"``, ``"1h"``, ``"1d"``, ``"1w"``, seconds, or a
        ``timedelta``; at most 16.
    count
        Whether to count events, and the seconds since the one before.
    distinct
        Features of which different values are counted, such as ports. ``None``: none, but of each
        member of a pair the others.
    sums
        Features that are summed up, such as bytes and failures; missing ones add 0.
    timestamp
        The feature that is the time of an event: a date and time, or seconds, or from 1e11 on
        milli-, micro- or nanoseconds since 1970. ``None``: the time at which the event arrives.
    log
        Whether features are log2(1 + value), with the sign of the value: what detectors want of
        counts, which differ by orders of magnitude. Alerts say the values themselves.
    once_per_window
        Whether a key teaches at most once in the length of the shortest window; see the notes.
    max_keys
        Keys kept of each kind, at most 100 million; beyond, those that were not seen longest are
        forgotten. What `distinct` counts needs 128 bytes a window and feature, the rest 8 bytes for
        each of 5 + 3 sums + distinct numbers a window, beside the key itself.
    seed
        Of the hashes of distinct values: those who do not know it cannot make values that count as
        one.

    Notes
    -----
    **Counts.** A window has two buckets of a key's events: one begun at b, not yet w ago, and that
    of the time w before. With n and n' events in them there are, at t,

    .. math:: n + n' (1 - (t - b) / w)

    within the window: exact while the former bucket is empty and where its events came evenly,
    never wrong by more than n'. Sums alike. Distinct values are counted by HyperLogLog sketches of
    64 registers [1]_: to some percent up to ten, with a standard error of 13 % from a hundred on.

    **Time.** One clock for all keys goes by the stamps of events, as far as they agree: a lone
    wrong stamp does not move it, late events count as of now, and a silence counts once three
    events agree on it. An event whose time is ``None``, NaN or infinite counts as of now.

    **What teaches.** A flood of equal events must not teach a detector that floods are normal. So,
    of the event that it was given last by `learn_one`, `transform_one` gives what that *teaches*
    if it is asked next, which is what a pipeline does: where the bucket of the shortest window was
    over when the key came again, what one event of that bucket saw of all windows, taken at random;
    otherwise nothing. Features that an event lacks teach detectors nothing. So each key teaches at
    most once in the length of the shortest window, whatever it does, and what it is like while it
    is active. Asked about any other event, or again, `transform_one` gives what this event sees.

    Cost O(windows (64 distinct + sums)) per event and kind of key.

    References
    ----------
    .. [1] Flajolet, P., Fusy, E., Gandouet, O., Meunier, F. (2007). HyperLogLog: the analysis of a
       near-optimal cardinality estimation algorithm. With the estimator of Ertl, O. (2017). New
       cardinality estimation algorithms for HyperLogLog sketches.

    Examples
    --------
    >>> from clipsgd_river.feature_extraction import KeyActivity
    >>> activity = KeyActivity(
    ...     "user", windows=["1m", "1h"], distinct=["port"], timestamp="time", log=False
    ... )
    >>> for second in range(30):
    ...     activity.learn_one({"time": 100 + second, "user": "eve", "port": second})
    >>> seen = activity.transform_one({"time": 130, "user": "eve", "port": 30})
    >>> {name: round(value) for name, value in seen.items()}
    {'events of user in 1m': 31, 'distinct port of user in 1m': 28, ... 'seconds since user': 1}

    In front of a detector, a flood stands out although it is most of the stream:

    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> model = KeyActivity("user", windows="1m", timestamp="time") | ClippedZScore()
    >>> for second in range(10_000):
    ...     model.learn_one({"time": second, "user": f"user {second * second % 97}"})
    >>> for hit in range(20_000):
    ...     model.learn_one({"time": 10_000 + hit / 500, "user": "eve"})
    >>> usual, flood = ({"time": 10_040, "user": user} for user in ("user 4", "eve"))
    >>> model.score_one(usual) < 0.7 < 0.95 < model.score_one(flood)
    True
    """

    _kernel: ActivityKernel
    _kernel_class: ClassVar[type[ActivityKernel]] = ActivityKernel
    _checks: ClassVar[Any] = {
        "key": own.key,
        "windows": own.windows,
        "count": own.flag("count"),
        "distinct": own.distinct,
        "sums": own.sums,
        "timestamp": own.timestamp,
        "log": own.flag("log"),
        "once_per_window": own.flag("once_per_window"),
        "max_keys": own.max_keys,
        "seed": _settings.seed,
    }

    def __init__(
        self,
        key: Name | tuple[Name, ...] | list[Any],
        windows: str | float | timedelta | Sequence[str | float | timedelta] = ("1m", "1h", "1d"),
        *,
        count: bool = True,
        distinct: Iterable[Name] | None = None,
        sums: Iterable[Name] | None = None,
        timestamp: Name | None = None,
        log: bool = True,
        once_per_window: bool = True,
        max_keys: int = 100_000,
        seed: int = 0,
    ) -> None:
        self.key = key
        self.windows = windows
        self.count = count
        self.distinct = distinct
        self.sums = sums
        self.timestamp = timestamp
        self.log = log
        self.once_per_window = once_per_window
        self.max_keys = max_keys
        self.seed = seed

    def _new_kernel(self, settings: dict[str, Any]) -> ActivityKernel:
        seconds = [own.seconds(window) for window in settings["windows"]]
        return ActivityKernel(settings, own.groups(settings), seconds)

    @property
    def takes_times(self) -> bool:
        """Whether an alert filter before it must leave the time in the event."""
        return self.timestamp is not None

    def learn_one(self, x: dict[Name, Any]) -> None:
        """Count an event.

        Parameters
        ----------
        x
            Feature name -> value.

        Raises
        ------
        TypeError, ValueError
            If a key or a value that is counted is neither a number nor a category, one that is
            summed up no number, or the event has no time. Nothing is then counted.
        """
        self._kernel.learn_one(x, self._stamp(x))

    def transform_one(self, x: dict[Name, Any]) -> dict[Name, float]:
        """What the keys of an event did lately, this event included; its other features are left.

        Right after `learn_one` of the very same dict, and once, what that teaches: see the notes.
        Counts nothing; raises as `learn_one`.
        """
        found: dict[Name, float] = self._kernel.transform_one(x, self._stamp(x))
        return found

    def describe_one(
        self, x: dict[Name, Any]
    ) -> dict[Name, tuple[Any, str, Callable[[float], float]]]:
        """Each feature of an event as it is, whose it is, and what makes that of its logarithm.

        Alerts of a pipeline say it beside what is usual. Counts nothing.
        """
        if not self.log:
            return {}
        found = self._kernel.describe_one(x, self._stamp(x))
        return {name: (value, whose, own.amount_of) for name, (value, whose) in found.items()}

    @property
    def n_keys_(self) -> int:
        """Keys kept, of all kinds together."""
        self._check_learned()
        return sum(map(len, self._kernel.kept()))

    def fit(self, X: Any, y: Any = None) -> Self:
        """Forget everything and count rows in order.

        Parameters
        ----------
        X
            A pandas, polars or pyarrow frame with named columns, a list of events, or an array of
            shape (n, d), whose columns are the features 0..d-1; in the order of their times.
        y
            Ignored.
        """
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> NDArray[np.float64]:
        """Forget everything and count rows in order; what each of them sees, as `transform`."""
        rows = self._validated(X, reset=True)
        self._forget()
        return self._counted(self._kernel, rows)

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Go on counting, row by row.

        Parameters
        ----------
        X, y
            As in `fit`.
        """
        table, first = self._next_table(X)
        self._counted(self._kernel, self._validated(table, reset=first))
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """What each row sees, as if they came now, one after the other. Counts nothing itself.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out), or what ``set_output`` asks for; NaN where a
        row lacks a key, and for the seconds since a key that is new.

        Raises
        ------
        NotFittedError
            If nothing has been counted.
        """
        self._check_learned()
        rows = self._validated(X, reset=False)
        return self._counted(copy.deepcopy(self._kernel), rows)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Names of the features, in the order of their columns."""
        return np.array(self._names(), dtype=object)

    def _names(self) -> list[str]:
        return [name for group in self._kernel.groups for name in group.names if name is not None]

    def _counted(self, kernel: ActivityKernel, rows: MixedRows) -> NDArray[np.float64]:
        """Features of rows, each counted after it was looked at."""
        names = self._names()
        found = np.full((len(rows), len(names)), nan)
        for row, x in zip(found, rows.events(), strict=True):
            stamp = self._stamp(x, missing=True)
            seen = kernel.transform_one(x, stamp)
            kernel.learn_one(x, stamp)
            row[:] = [seen.get(name, nan) for name in names]
        return found

    def _stamp(self, x: Any, *, missing: bool = False) -> float:
        """Time of an event in seconds; NaN if it is missing."""
        name = self.timestamp
        if name is None:
            return time()
        try:
            moment = x[name]
        except (KeyError, TypeError, IndexError):
            if not hasattr(x, "items") or missing:
                # What is no event at all is refused where its values are read.
                return nan
            raise ValueError(
                f"the event has no {name!r}, which the parameter timestamp names: give every event "
                "its time, None where it is not known"
            ) from None
        if type(moment) is float:
            if -_event_time.FARTHEST <= moment <= _event_time.FARTHEST:
                return moment
            if not isfinite(moment):
                return nan
        return nan if is_missing(moment) else _event_time.seconds_of(name, moment)

    def _validated(self, X: Any, *, reset: bool) -> MixedRows:
        rows = validated_mixed_rows(self, X, self._check_value, reset=reset)
        return self._with_columns(rows)

    def _with_columns(self, rows: MixedRows) -> MixedRows:
        """Rows that have the columns which are counted; ``ValueError`` if one is missing."""
        wanted = {self._kernel.settings["timestamp"]} - {None}
        for group in self._kernel.groups:
            wanted |= {*group.columns, *group.distinct, *group.sums}
        missing = sorted(wanted - set(rows.names), key=str)
        if missing:
            raise ValueError(
                f"the rows have no column {missing[0]!r}, which {type(self).__name__} counts by: "
                f"the columns are {', '.join(map(repr, rows.names[:20]))}"
            )
        return rows

    def _check_value(self, name: Any, value: Any) -> None:
        """Refuse what no event may hold in a column; times are times in one of them."""
        if name == self.timestamp:
            if not is_missing(value) and value not in (inf, -inf):
                _event_time.seconds_of(name, value)
        elif name in self._counted_columns:
            as_key(name, value)

    @property
    def _counted_columns(self) -> set[Any]:
        found: set[Any] = set()
        for group in self._kernel.groups:
            found |= {*group.columns, *group.distinct, *group.sums}
        return found

    @property
    def _known_features(self) -> None:
        return None

    @property
    def events_until_ready(self) -> int:
        """It counts from the first event on."""
        return 0

    def _state(self) -> tuple[bytes, array[float]]:
        state = super()._state()
        # It names all keys: not to be kept twice.
        self.__dict__.pop("_header")
        return state

    def _extra_fields(self) -> dict[str, Any]:
        groups = zip(self._kernel.groups, self._kernel.kept(), strict=True)
        return {
            "keys": [
                list(map(encode_key, keys))
                if len(group.columns) == 1
                else [list(map(encode_key, key)) for key in keys]
                for group, keys in groups
            ]
        }

    @classmethod
    def _from_state(cls, fields: dict[str, Any], numbers: array[float]) -> Self:
        try:
            parameters = fields["parameters"]
            key = own.as_given(own.key(parameters["key"]))
            windows = tuple(own.windows(parameters["windows"]))
            fields = {**fields, "parameters": {**parameters, "key": key, "windows": windows}}
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the state has impossible parameters: {error}") from error
        return super()._from_state(fields, numbers)

    def _take_extra_fields(self, fields: dict[str, Any]) -> None:
        found, groups = fields.get("keys"), self._kernel.groups
        if not isinstance(found, list) or not all(isinstance(keys, list) for keys in found):
            raise ValueError("the state has no keys: it is damaged")
        if len(found) != len(groups):
            raise ValueError("the state's keys do not fit its kinds of keys: it is damaged")
        self._kernel.take_kept(
            [
                [_decoded(key, len(group.columns)) for key in keys]
                for keys, group in zip(found, groups, strict=True)
            ]
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"key": 0, "timestamp": 0}
        yield {
            "key": [0, (0, 1)],
            "windows": ("10s", "1m"),
            "distinct": [1],
            "sums": [2],
            "timestamp": 0,
            "log": False,
        }

    def _unit_test_skips(self) -> set[str]:
        # Without a timestamp the time is that of the machine, which passes between two calls.
        return {"check_shuffle_features_no_impact"}


def _decoded(key: Any, width: int) -> Any:
    if width == 1:
        return decode_key(key)
    if not isinstance(key, list) or len(key) != width:
        raise ValueError(f"the state keeps {key!r:.60} as a key: it is damaged")
    return tuple(map(decode_key, key))
