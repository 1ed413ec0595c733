"""Categories as bits of surprise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from river import base

from clipsgd_river import _settings
from clipsgd_river._faces.kept_values import KeepsValues
from clipsgd_river._kernels.preprocessing.as_key import as_key
from clipsgd_river._kernels.preprocessing.surprisal import TEXTS, SurprisalKernel
from clipsgd_river._tables.fitted import validated_mixed_rows
from clipsgd_river._tables.known import require_known, require_names
from clipsgd_river._tables.mixed_rows import MixedRows, mixed_rows_of
from clipsgd_river.preprocessing import _surprisal_settings
from clipsgd_river.preprocessing._row_transformer import RowTransformer
from clipsgd_river.preprocessing._times_seen import in_words

if TYPE_CHECKING:
    from sklearn.utils import Tags


class SurprisalEncoder(KeepsValues, RowTransformer):
    """Replaces user names, ports, countries by how surprising they are, in bits.

    Choose it over `river.preprocessing.OneHotEncoder` where values are many or new ones keep
    coming: each feature stays one number, the memory is bounded, and what was never seen is on the
    same scale. ``SurprisalEncoder() | ClippedEnsemble()`` takes events as they are;
    numbers pass through.

    The surprisal of a value is about -log2 of its recent frequency. Where new values are rare, a
    new one is surprising; where all values are new, as with request ids, nothing is. With
    ``given={"country": "user"}`` frequencies are those among the events of the same user; a country
    that is new for the user and rare in general is more surprising than one that is only new for
    the user. ``docs/surprisal.md`` has the formulas, bounds and sources.

    Parameters
    ----------
    features
        Names of features whose numbers are categories, such as ports or status codes. Text, bytes
        and tuples are categories in any feature.
    given
        Feature -> the feature that it is conditional on. The keys are categories as if they stood
        in ``features``; the other feature may hold numbers or categories.
    learning_rate
        Step eta, in (0, 1], rounded to one over a whole number: frequencies remember 1/eta events,
        for conditional ones of the same context.
    max_values
        Values kept per feature, at least 10; those of each context count separately, and so do the
        contexts. Beyond it the rarest go.
    max_features
        More categorical features than this raise a ``ValueError``.

    Notes
    -----
    A value counts from the next one of its feature on, so that in a pipeline the detector learns
    what it scored. `learn_many` and `fit` learn all rows before any is transformed.

    Equal numbers are one value: 80, 80.0 and ``numpy.int64(80)``. ``None``, NaN and missing keys
    stay missing and teach nothing; a missing context means that of all events.

    O(1) per category; at most 48 bytes per kept value beside the value itself.

    Examples
    --------
    >>> from clipsgd_river.preprocessing import SurprisalEncoder
    >>> encoder = SurprisalEncoder(given={"country": "user"})
    >>> for i in range(1000):
    ...     user = ("alice", "bob", "carol")[i % 3]
    ...     country = "FR" if user == "bob" else "DE"
    ...     encoder.learn_one({"user": user, "country": country, "bytes": 100.0 + i % 7})
    >>> def surprisal(user, country):
    ...     x = encoder.transform_one({"user": user, "country": country, "bytes": 101.0})
    ...     return {name: round(value, 1) for name, value in x.items()}
    >>> surprisal("bob", "FR")
    {'user': 1.6, 'country': 0.0, 'bytes': 101.0}
    >>> surprisal("bob", "KP")
    {'user': 1.6, 'country': 20.3, 'bytes': 101.0}
    >>> surprisal("mallory", "KP")
    {'user': 11.0, 'country': 11.0, 'bytes': 101.0}
    """

    _kernel: SurprisalKernel
    _kernel_class: ClassVar[type[SurprisalKernel]] = SurprisalKernel
    _checks: ClassVar[Any] = {
        "features": _surprisal_settings.names,
        "given": _settings.pairs,
        "learning_rate": _surprisal_settings.learning_rate,
        "max_values": _settings.max_values,
        "max_features": _settings.max_features,
    }

    def __init__(
        self,
        features: Iterable[base.typing.FeatureName] | None = None,
        *,
        given: Mapping[base.typing.FeatureName, base.typing.FeatureName] | None = None,
        learning_rate: float = 1e-4,
        max_values: int = 100_000,
        max_features: int = 10_000,
    ) -> None:
        self.features = features
        self.given = given
        self.learning_rate = learning_rate
        self.max_values = max_values
        self.max_features = max_features

    def learn_one(self, x: dict[base.typing.FeatureName, Any]) -> None:
        """Take one step of the frequencies of each category.

        Parameters
        ----------
        x
            Feature name -> number or category. Missing features teach nothing, new ones start.

        Raises
        ------
        TypeError, ValueError
            If a value is neither, or a new categorical feature would exceed ``max_features``.
            Nothing of the event is then learned.
        """
        self._kernel.learn_one(x)

    def transform_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, Any]:
        """Event with the surprisals of its categories, in bits; the same keys. Changes nothing.

        A feature of which nothing was learned has 0 bits.

        Raises
        ------
        TypeError
            If a value is neither a number nor a category.
        """
        encoded: dict[base.typing.FeatureName, Any] = self._kernel.transform_one(x)
        return encoded

    def describe_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, tuple[Any, str]]:
        """How often each category of an event was seen: its value, and that in words.

        Alerts of a pipeline say it. Changes nothing.
        """
        kernel = self._kernel
        memory = kernel.memory
        given = dict(kernel.settings["given"] or ())
        return {
            name: (x[name], in_words(seen, memory, given.get(name), x.get(given.get(name))))
            for name, seen in kernel.seen_one(x).items()
        }

    @property
    def features_(self) -> list[base.typing.FeatureName]:
        """Names of the features that had categories, in order of first appearance."""
        self._check_learned()
        return list(self._kernel.columns)

    @property
    def n_values_(self) -> list[int]:
        """Rows kept of each feature, ordered as `features_`: values, contexts, values in these."""
        self._check_learned()
        return [column.table.size - 1 for column in self._kernel.columns.values()]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {}
        yield {"features": ["a", 0], "given": {"b": "a", 1: 0}, "learning_rate": 0.05}

    @property
    def events_until_ready(self) -> int:
        """Surprisals are defined from the first event on."""
        return 0

    def _rows(self, X: Any) -> MixedRows:
        return mixed_rows_of(X, as_key)

    def _validated(self, X: Any, *, reset: bool) -> MixedRows:
        return validated_mixed_rows(self, X, as_key, reset=reset)

    def _to_learn(self, rows: Any) -> Any:
        if self._holds_categories(rows):
            require_names(self, rows.names, self._kernel.columns)
        return rows

    def _to_answer(self, rows: Any) -> Any:
        if self._holds_categories(rows):
            require_known(self, rows.names, self._kernel.columns)
        return rows

    def _holds_categories(self, rows: Any) -> bool:
        """Whether there are categories in a table: numbers pass, whatever they are called."""
        settings = self._kernel.settings
        named = {*(settings["features"] or ()), *dict(settings["given"] or ())}
        return any(
            name in named or any(isinstance(value, TEXTS) for value in column)
            for name, column in zip(rows.names, rows.lists(), strict=True)
        )

    def _learn(self, rows: MixedRows) -> None:
        for event in rows.events():
            self._kernel.learn_one(event)

    def _transformed(self, rows: MixedRows) -> NDArray[np.float64]:
        return rows.map(self._kernel.transform_one)
