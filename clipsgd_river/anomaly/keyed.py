"""A model for each value of a key: what is usual of each account, host or sensor by itself."""

from __future__ import annotations

import copy
from array import array
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar, Self

from river import base, compose

from clipsgd_river import _settings
from clipsgd_river._faces.rows_as_events import RowsAsEvents
from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._kernels.preprocessing.as_key import as_key
from clipsgd_river._pipelines import available_if_has, last_step, takes_times, transformed
from clipsgd_river._state import file_format
from clipsgd_river._state.saveable import Saveable
from clipsgd_river._state.wrapper import SaveablePipeline, SaveableWrapper, joined, split
from clipsgd_river._tables.containers import table_of
from clipsgd_river._tables.mixed_rows import MixedRows, mixed_rows_of
from clipsgd_river._tables.rows import Rows, rows_of
from clipsgd_river.anomaly._groups import Groups
from clipsgd_river.anomaly._model_objects import ModelObjects, new_model
from clipsgd_river.anomaly._models_by_key import ModelsByKey
from clipsgd_river.anomaly._peers import Peers
from clipsgd_river.anomaly._population import Population
from clipsgd_river.anomaly._spilled_states import SpilledStates
from clipsgd_river.anomaly.z_score import ClippedZScore


class KeyedDetector(RowsAsEvents, SaveableWrapper, base.AnomalyDetector):
    r"""A detector for each value of a key, such as a user: each is judged by its own past.

    Choose it where what is usual differs between accounts, hosts or sensors: 500 downloads an hour
    are nothing for one user and a theft for another. Where all behave alike, one detector for all
    learns sooner: each key here starts from nothing, and its first events score 0.

    The model of a key starts with its first event. It gets the event without the key, and says what
    an object of its own for that key alone would say, bit for bit.

    Parameters
    ----------
    detector
        What each key gets a copy of, without what it learned: a detector or a River pipeline that
        ends in one. ``None``: ``ClippedZScore()``.
    key
        The feature that is the key, or a list of features that are the key together. Text, numbers
        and bytes are keys; equal numbers are one key. Events whose key is missing, ``None`` or NaN
        share a model.
    max_keys
        Models that are kept, at least 1. One more, and the one unused for longest is evicted.
    ttl
        Events of the whole stream after which a key that was in none of them is forgotten;
        ``None``: never.
    prior
        Whether a key of few events is judged as one of the population, too: by a detector of the
        same kind that has learned from the first events of all keys. It alone judges the first 20
        events of a key, or the ``warm_up`` of the detector if that is more; with every further one
        the key's own model counts more, and alone from 2.5 times as many on. See the notes.
    group
        The feature that is the peer group of an event, such as a department; ``None``: there is
        none. Each group has a model, too, and the score of an event is the smaller one of that of
        its key and that of its group, once the group has had 50 events. An event without a group
        has its own score.

    Raises
    ------
    TypeError
        If the detector is none, or a key is something that can be no key, such as a list.
    ValueError
        If ``max_keys`` or ``ttl`` is not a positive count, or ``key`` an empty list.

    See Also
    --------
    clipsgd_river.anomaly.ClippedSurprisal : Takes the key as a category, in one model for all.

    Notes
    -----
    Costs per event are those of the detector, and O(1) for the key; a copy of the event is made
    without it. With ``group`` each event is learned twice, and so it is with ``prior`` while its
    key is young. Memory is that of a detector for each key, up to ``max_keys`` of them: at 10
    features about 17 KB of resident memory each for `ClippedZScore`. A state file holds the models,
    but not the states that were spilled: give `spill_to` the same mapping after loading.

    *The prior.* Of each feature the population has a centre, the scale tau of the keys' means and
    the scale s0 of events around the mean of their key: medians over the last 64 keys that have
    reached 20 events (before there are 20 such keys, five events or two; before that, none is
    judged by it). With kappa = s0^2 / tau^2, and n, m, s of the events of a key so far,

    .. math:: \mu = \frac{\kappa m_0 + n m}{\kappa + n}, \quad
              \sigma^2 = \frac{10 s_0^2 + n s^2}{10 + n}, \quad
              z = \frac{x - \mu}{\sigma \sqrt{1 + 1 / (\kappa + n)}},

    sigma = s0 while n < 3, and the population's detector judges the deviations z. An event moves m
    and s by three of these scales at most. So it is for detectors of numbers of this package; any
    other detector or pipeline of the population gets the events as they are, and the share of the
    key's own model rises evenly from its first to its 50th event. While a key is young,
    `explain_one`, `expect_one` and `distance_one` answer by both in proportion, and where a
    detector has words of its own for what is usual, the one with the larger share does. With
    ``group`` the one answers whose score is smaller.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.anomaly import ClippedZScore, KeyedDetector
    >>> rng = random.Random(0)
    >>> model = KeyedDetector(ClippedZScore(), key="user")
    >>> for _ in range(500):
    ...     model.learn_one({"user": "ann", "downloads": rng.gauss(10, 2)})
    ...     model.learn_one({"user": "bob", "downloads": rng.gauss(500, 50)})
    >>> [model.score_one({"user": user, "downloads": 500}) > 0.9 for user in ("ann", "bob")]
    [True, False]
    """

    _part_kinds: ClassVar[dict[str, Any]] = {"detector": base.Base}

    def __init__(
        self,
        detector: Any = None,
        key: Any = "key",
        *,
        max_keys: int = 10_000,
        ttl: int | None = None,
        prior: bool = False,
        group: Any = None,
    ) -> None:
        self.detector = detector
        self.key = key
        self.max_keys = max_keys
        self.ttl = ttl
        self.prior = prior
        self.group = group
        _settings.flag("prior", prior)
        try:
            hash(group)
        except TypeError:
            raise TypeError(f"group is the name of a feature, not {group!r}") from None
        self._detector = ClippedZScore() if detector is None else detector
        ending = last_step(self._detector)
        if not (callable(getattr(ending, "score_one", None)) and hasattr(ending, "clone")):
            raise TypeError(
                f"KeyedDetector goes around a River detector or pipeline, not a "
                f"{type(ending).__name__}; wrap a scikit-learn estimator in "
                "compat.SKL2RiverAnomalyDetector"
            )
        if getattr(ending, "_supervised", False):
            raise TypeError(
                f"a {type(ending).__name__} learns from targets, which KeyedDetector does not pass "
                "on; take a detector that learns from events alone"
            )
        self._keys = list(key) if isinstance(key, list) else [key]
        if not self._keys:
            raise ValueError("key names at least one feature, not an empty list")
        if group is not None and group in self._keys:
            raise ValueError(f"group is another feature than the key {group!r}")
        self._no_part = frozenset([*self._keys, *([] if group is None else [group])])
        self._start()
        self.create_state()

    def _start(self) -> None:
        """Begin without models."""
        self._models = self._new_models()
        self._peers: Peers | None = None
        if self.prior or self.group is not None:
            self._peers = Peers(
                self._models,
                Population(self._detector) if self.prior else None,
                None if self.group is None else Groups(self._new_models()),
            )

    @property
    def n_keys_(self) -> int:
        """Keys that have a model in memory."""
        return len(self._models)

    def spill_to(self, states: Any) -> None:
        """Keep the states of evicted keys in a mapping, and bring them back when a key returns.

        A state stays in the mapping when its key comes back, until it is written over: after a
        crash it is the last one known. A key that was forgotten after ``ttl`` events starts anew.

        Parameters
        ----------
        states
            A mutable mapping from bytes to bytes: a dict, `shelve.Shelf` or one over a data base.
            It belongs to this object alone, and is no part of its copies and state files.
            ``None``: what is evicted is lost.

        Raises
        ------
        ValueError
            If the detector has no state file, as one from elsewhere has none.
        """
        groups = None if self._peers is None else self._peers.groups
        if states is None:
            self._models.spilled = None
            if groups is not None:
                groups.models.spilled = None
            return
        model = new_model(self._detector)
        kind: Any = SaveablePipeline if isinstance(model, compose.Pipeline) else type(model)
        if not issubclass(kind, Saveable):
            raise ValueError(
                f"a {kind.__name__} has no state file, so that its states cannot be spilled"
            )
        # Says now what it would say at the first eviction.
        _saveable(model).to_bytes()
        how = (lambda model: _saveable(model).to_bytes()), kind.from_bytes
        self._models.spilled = SpilledStates(states, *how)
        if groups is not None:
            groups.models.spilled = SpilledStates(states, *how, b"group ")

    def learn_one(self, x: dict[base.typing.FeatureName, Any]) -> None:
        """Let the model of the event's key learn it; raises as the detector does."""
        key, event = self._split(x)
        if self._peers is None:
            self._models.learn(key, event)
        else:
            self._peers.score_learn(key, self._group_of(x), event)

    def score_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Score by the model of the event's key, 0.0 where it has none yet. Changes nothing."""
        key, event = self._split(x)
        if self._peers is None:
            return self._models.score(key, event)
        return self._peers.score(key, self._group_of(x), event)

    def score_learn_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Score an event, then learn it; the same as `score_one` followed by `learn_one`."""
        key, event = self._split(x)
        if self._peers is None:
            return self._models.score_learn(key, event)
        return self._peers.score_learn(key, self._group_of(x), event)

    @available_if_has("distance_one", "_detector")
    def distance_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Distance behind the score. Changes nothing."""
        distance: float = self._ask("distance_one", x)
        return distance

    @available_if_has("explain_one", "_detector")
    def explain_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, float]:
        """What each feature contributes to the distance, by the model of the key."""
        found: dict[base.typing.FeatureName, float] = self._ask("explain_one", x)
        return found

    @available_if_has("expect_one", "_detector")
    def expect_one(
        self, x: dict[base.typing.FeatureName, Any] | None = None
    ) -> dict[base.typing.FeatureName, tuple[float, float, float]]:
        """Normal band of each feature, (low, expected, high), by the model of the event's key.

        Without an event, of the events that have no key.
        """
        found: dict[base.typing.FeatureName, tuple[float, float, float]]
        found = last_step(self._models.model(self._missing)).expect_one() if x is None else {}
        return self._ask("expect_one", x) if x is not None else found

    @available_if_has("describe_one", "_detector")
    def describe_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, tuple[Any, str]]:
        """Each value of an event, and in words what is usual of it for this key."""
        found: dict[base.typing.FeatureName, tuple[Any, str]] = self._ask("describe_one", x)
        return found

    @property
    def additive_contributions(self) -> bool | None:
        """Whether contributions sum to the distance; ``None`` if the detector does not say so."""
        return getattr(last_step(self._detector), "additive_contributions", None) or None

    @property
    def takes_times(self) -> bool:
        """Whether an alert filter before it must leave the time in the event."""
        return takes_times(self._detector)

    def model_one(self, x: dict[base.typing.FeatureName, Any]) -> tuple[Any, Any]:
        """The model of the event's key, and the event as it gets it: to ask, not to teach."""
        key, event = self._split(x)
        if self._peers is None:
            return self._models.model(key), event
        return self._peers.model(key, self._group_of(x), event), event

    def clone(
        self, new_params: dict[str, Any] | None = None, include_attributes: bool = False
    ) -> Self:
        """Detector with the same parameters; with attributes, with what was learned too."""
        if include_attributes and not new_params:
            return copy.deepcopy(self)
        found: Self = super().clone(new_params)
        return found

    def _ask(self, method: str, x: Any) -> Any:
        """What the model of an event's key says of the event."""
        model, event = transformed(*self.model_one(x))
        return getattr(model, method)(event)

    def _split(self, x: Any) -> tuple[Any, Any]:
        """Key of an event, and the event without it."""
        if not isinstance(x, Mapping):
            # The detector says what is wrong.
            return self._missing, x
        parts = [_key_of(name, x.get(name)) for name in self._keys]
        left_out = self._no_part
        event = {name: value for name, value in x.items() if name not in left_out}
        return (parts[0] if len(parts) == 1 else tuple(parts)), event

    def _group_of(self, x: Any) -> Any:
        """Peer group of an event."""
        if self.group is None or not isinstance(x, Mapping):
            return None
        return _key_of(self.group, x.get(self.group))

    def _new_models(self) -> ModelsByKey:
        """What keeps the models, none yet."""
        return ModelObjects(
            self._detector,
            _settings.count("max_keys", self.max_keys),
            None if self.ttl is None else _settings.count("ttl", self.ttl),
        )

    @property
    def _missing(self) -> Any:
        """Key of events that have none."""
        return None if len(self._keys) == 1 else (None,) * len(self._keys)

    @property
    def _known_features(self) -> Collection[Any] | None:
        return self._models.known_features()

    def _read(self, X: Any) -> Rows | MixedRows:
        return self._rows(X)

    def _rows(self, X: Any) -> Rows | MixedRows:
        if isinstance(X, Rows):
            return X
        table = table_of(X)
        if table.holds_numbers():
            return rows_of(table)
        rows = mixed_rows_of(table)
        takes_text = isinstance(self._detector, compose.Pipeline) or getattr(
            self._detector, "takes_categories", False
        )
        for name, column in zip(rows.names, rows.columns, strict=True):
            if name in self._no_part or takes_text:
                check: Any = as_key
            else:
                check = as_float
            for value in column:
                check(name, value)
        return rows

    def _parts(self) -> dict[Any, Any]:
        found = {"detector": self._detector} | {
            ("key", key): model for key, model in self._models.items()
        }
        return found if self._peers is None else found | self._peers.parts()

    def _take_parts(self, parts: dict[Any, Any]) -> None:
        if "detector" not in parts:
            raise ValueError("the state has no detector to copy for new keys: it is damaged")
        self._detector = parts.pop("detector")
        self._start()
        kind = type(self._detector)
        found: dict[str, dict[Any, Any]] = {"key": {}, "group": {}}
        groups = None if self._peers is None else self._peers.groups
        if self._peers is not None and self._peers.population is not None:
            population = parts.pop("population", None)
            if type(population) is not kind:
                raise ValueError("the state has no population: it is damaged")
            self._peers.population.detector = population
        for name, model in parts.items():
            fits = isinstance(name, tuple) and len(name) == 2 and name[0] in found
            if not fits or type(model) is not kind or (name[0] == "group" and groups is None):
                raise ValueError(f"the state has a {type(model).__name__} as {name}: it is damaged")
            found[name[0]][name[1]] = model
        most = max(map(len, found.values()))
        if most > self.max_keys:
            raise ValueError(f"the state has {most} keys, more than max_keys: it is damaged")
        self._models.restore(found["key"])
        if groups is not None:
            groups.models.restore(found["group"])

    def _extra_fields(self) -> dict[str, Any]:
        if self._peers is None or self._peers.population is None:
            return {}
        names = self._peers.population.header()
        return {"population": [file_format.encode_name(name) for name in names]}

    def _take_extra_fields(self, fields: dict[str, Any]) -> None:
        self._population_names = [
            file_format.decode_name(name) for name in fields.get("population", [])
        ]

    def _own_numbers(self) -> array[float]:
        own = self._models.dates()
        if self._peers is None:
            return own
        return joined([own, *self._peers.state()])

    def _take_own_numbers(self, numbers: array[float]) -> None:
        if self._peers is None:
            self._models.take_dates(numbers)
            return
        own, *peers = split(numbers)
        self._models.take_dates(own)
        self._peers.restore(self.__dict__.pop("_population_names"), peers)

    def _saved_parameters(self) -> dict[str, Any]:
        saved = super()._saved_parameters()
        saved["key"] = [file_format.encode_name(name) for name in self._keys]
        saved["group"] = file_format.encode_name(self.group)
        saved["several"] = isinstance(self.key, list)
        return saved

    @classmethod
    def _read_parameters(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        # Files of before there was a prior have none.
        read = {"prior": False, "group": None, **parameters}
        keys = [file_format.decode_name(name) for name in read["key"]]
        read["key"] = keys if read.pop("several") else keys[0]
        read["group"] = file_format.decode_name(read["group"])
        return read

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {"detector": ClippedZScore()}


def _key_of(name: Any, content: Any) -> Any:
    """Value of a key as state files can name it."""
    key = as_key(name, content)
    return ("bytes", key.hex()) if isinstance(key, bytes) else key


def _saveable(model: Any) -> Any:
    return SaveablePipeline(model) if isinstance(model, compose.Pipeline) else model
