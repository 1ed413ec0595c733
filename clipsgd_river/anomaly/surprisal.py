"""Bits of every feature: events as they come, numbers and categories alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from river import base

from clipsgd_river import _settings
from clipsgd_river._faces.kept_values import KeepsValues
from clipsgd_river._kernels.anomaly.surprisal import TEXTS, SurprisalDetectorKernel
from clipsgd_river._kernels.core.as_float import as_float
from clipsgd_river._kernels.preprocessing.as_key import as_key
from clipsgd_river._tables.containers import table_of
from clipsgd_river._tables.explained import largest_of
from clipsgd_river._tables.fitted import validated_mixed_rows
from clipsgd_river._tables.mixed_rows import MixedRows, mixed_rows_of
from clipsgd_river._tables.rows import Rows, rows_of
from clipsgd_river._words.seen import seen_by
from clipsgd_river._words.usual import beside
from clipsgd_river.anomaly.base import ClippedDetector
from clipsgd_river.preprocessing._times_seen import in_words

if TYPE_CHECKING:
    from sklearn.utils import Tags

# A memory of fewer events has no tails.
SHORTEST_MEMORY = 100


def memory(value: Any) -> int:
    """Events that everything remembers."""
    events = _settings.count("memory", value)
    if events < SHORTEST_MEMORY:
        raise ValueError(f"memory is at least {SHORTEST_MEMORY} events, not {events}")
    return events


def categories(value: Any) -> list[Any] | None:
    """Names of features that are categories."""
    return _settings.names("categories", value)


class ClippedSurprisal(KeepsValues, ClippedDetector):
    r"""How surprising each feature of an event is, in bits, and all of them together.

    Choose it for events as logs have them: users, ports, flags, counts that are mostly 0, amounts
    with heavy tails, text beside numbers. They need no encoder and no scaling. It looks at one
    feature at a time, given another one where you say so; where anomalies only show in how numbers
    go together, choose `ClippedMahalanobis` or `ClippedEnsemble`. It remembers the last ten
    thousand events: a burst of hundreds stays unusual, and so does a change, until it has lasted
    for about a quarter of that.

    The bits of a value are -log2 of a p-value. For a number they are the larger one of two: those
    of how far out it lies, by quantiles that follow the feature and a generalised Pareto tail
    beyond them; and those of how rarely the value itself comes, where values repeat. For a category
    they are what its surprise exceeds the usual one of its feature by. Of features that ordinarily
    are unusual together, such as bytes and seconds of a transfer, a factor model finds the part c_j
    of the bits b_j that they share, which counts once. The distance is

    .. math:: r = S + 2.5 \sqrt{m \log 2}\; (\max_j (b_j - c_j) - u)^+, \qquad
              S = \sum_j (b_j - c_j) + \max_j c_j,

    with m the running median of S, u what the largest own bits exceed in one event of 64: many
    features that are a little unusual show in the sum, one among hundreds in the largest.

    Parameters
    ----------
    given
        Feature -> the feature that it is conditional on, such as ``{"country": "user"}``, for as
        many features as you like. Both its values are then categories. A country counts as what is
        more surprising: it among all events, or among those of the same user.
    categories
        Names of features whose numbers are categories, such as ports or status codes. Text, bytes
        and tuples are categories by themselves.
    memory
        How many events everything remembers, at least 100.
    warm_up
        Events whose medians give a feature's first quantiles, 1 to 10,000.
    contamination
        Expected share of anomalies, in (0, 0.5]; sets `offset_` and so `predict`, not the scores.
    max_values
        Values kept of each feature of categories, at least 10; those of each context count
        separately, and so do the contexts. Beyond it the rarest go.
    max_features
        Once there are so many, a new one takes the place of a feature unseen for 10,000 events; if
        there is none, it raises a ``ValueError``.

    Notes
    -----
    The first value of a feature decides: a number, bool or ``Decimal`` makes it one of numbers, and
    text that comes later raises a ``TypeError``. ``None``, NaN, ``pandas.NA`` and empty text are
    missing; ``"NA"`` and ``"null"`` are values. A value of a feature in which every value is new is
    no news, nor is any that comes as rarely as is usual there.

    Every step is bounded: one event moves a quantile by a small multiple of the distance to the
    next one, a frequency by 1/memory, a tail by a clipped natural gradient. Quantiles from n events
    count with n / (n + 20) of their bits. A ladder of quantiles starts anew once a quarter of the
    events lies beyond its end.

    O(1) per feature present. State file: 464 bytes a feature of numbers beside its name, 8 warm_up
    more while it starts; 48 bytes in memory, and 24 in a file, per kept value of a category beside
    the value itself. ``docs/bits.md`` has the formulas and sources.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.anomaly import ClippedSurprisal
    >>> rng = random.Random(7)
    >>> model = ClippedSurprisal(given={"country": "user"})
    >>> for _ in range(2000):
    ...     user = rng.choice(["ann", "bob", "eve"])
    ...     model.learn_one({
    ...         "user": user,
    ...         "country": "FR" if user == "bob" else "DE",
    ...         "port": rng.choice([80, 443, 443, 443]),
    ...         "bytes": rng.lognormvariate(8, 1.5),
    ...         "ok": rng.random() < 0.99,
    ...     })
    >>> x = {"user": "bob", "country": "FR", "port": 443, "bytes": 3000.0, "ok": True}
    >>> stolen = {**x, "country": "DE", "bytes": 9e6}
    >>> round(model.score_one(x), 2), round(model.score_one(stolen), 2)
    (0.31, 0.95)
    >>> {name: round(bits, 1) for name, bits in model.explain_one(stolen).items()}
    {'user': 0.0, 'country': 10.9, 'port': 0.0, 'bytes': 36.2, 'ok': 0.0}
    >>> model.describe_one(stolen)["country"]
    ('DE', "never seen with user 'bob' in 657 events")
    """

    _kernel: SurprisalDetectorKernel  # type: ignore[assignment]
    _checks: ClassVar[Any] = {
        "given": _settings.pairs,
        "categories": categories,
        "memory": memory,
        "warm_up": _settings.warm_up,
        "contamination": _settings.contamination,
        "max_values": _settings.max_values,
        "max_features": _settings.max_features,
    }

    #: Whether text is a category rather than an error.
    takes_categories: ClassVar[bool] = True

    def __init__(
        self,
        *,
        given: Mapping[base.typing.FeatureName, base.typing.FeatureName] | None = None,
        categories: Iterable[base.typing.FeatureName] | None = None,
        memory: int = 10_000,
        warm_up: int = 20,
        contamination: float = 0.01,
        max_values: int = 100_000,
        max_features: int = 10_000,
    ) -> None:
        self.given = given
        self.categories = categories
        self.memory = memory
        self.warm_up = warm_up
        self.contamination = contamination
        self.max_values = max_values
        self.max_features = max_features

    def fit(self, X: Any, y: Any = None) -> Self:
        """Forget everything, learn rows in order, and set `offset_`; see `ClippedDetector.fit`."""
        # What features were before does not matter, unless the rows are refused.
        known = self.__dict__.pop("_kernel", None)
        try:
            super().fit(X, y)
        except BaseException:
            if known is not None:
                self.__dict__["_kernel"] = known
            raise
        return self

    def describe_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, tuple[Any, str]]:
        """Each value of an event, and in words what is usual of its feature.

        Of a category it is how often it was seen, of a flag or a count how often its values come,
        of an amount what it usually is. Features never learned and missing values are left out.
        Alerts say the same. Changes nothing.

        Examples
        --------
        >>> import random
        >>> from clipsgd_river.anomaly import ClippedSurprisal
        >>> rng, model = random.Random(0), ClippedSurprisal()
        >>> for _ in range(6000):
        ...     errors = max(rng.choice([0] * 9 + [1]), 2 * (rng.random() < 0.005))
        ...     model.learn_one({"errors": errors, "country": rng.choice(["DE", "FR"])})
        >>> for name, (value, usual) in model.describe_one({"errors": 3, "country": "KP"}).items():
        ...     print(f"{name} was {value!r}; {usual}")
        errors was 3; 0 in 90 % of events, never more than 2 in 6,000 events
        country was 'KP'; never seen in 6,000 events
        """
        bits = self.bits_one(x)
        bands, seen = self.expect_one(), seen_by(self, bits)
        numbers = {
            name: (x[name], beside(as_float(name, x[name], "feature"), bands[name], seen[name]))
            for name in bits
            if name in bands and name not in self._kernel.news
        }
        described = numbers | self.describe_categories_one(x)
        return {name: described[name] for name in x if name in described}

    def describe_categories_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, tuple[Any, str]]:
        """Each category of an event, and how often it was seen, in words.

        Of `describe_one` what the bits of categories, which `encode_one` puts in their place, do
        not show. Changes nothing.
        """
        kernel = self._kernel
        events = kernel.settings["memory"]
        contexts = {name: kernel.given.get(name) for name in x}
        return {
            name: (x[name], in_words(seen, events, contexts[name], x.get(contexts[name])))
            for name, seen in kernel.seen_one(x).items()
        }

    def bits_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, float]:
        """Bits of each present feature: 2**-bits is a p-value of it alone.

        Those that `explain_one` gives sum to the distance, and so what features share counts there
        once, and the largest more often. Changes nothing.

        Examples
        --------
        >>> import random
        >>> from clipsgd_river.anomaly import ClippedSurprisal
        >>> rng, model = random.Random(0), ClippedSurprisal()
        >>> for _ in range(5000):
        ...     model.learn_one({"load": rng.gauss(50, 5), "errors": rng.random() < 0.01})
        >>> found = model.bits_one({"load": 65, "errors": 1})
        >>> {name: round(bits, 1) for name, bits in found.items()}
        {'load': 8.5, 'errors': 6.4}
        """
        bits: dict[base.typing.FeatureName, float] = self._kernel.bits_one(x)
        return bits

    def encode_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, Any]:
        """The event with the bits of its categories in their place; numbers stay as they are.

        What plots and rules on numbers look at. A category of which nothing was learned has 0 bits.
        Changes nothing.
        """
        encoded: dict[base.typing.FeatureName, Any] = self._kernel.encode_one(x)
        return encoded

    @property
    def categories_(self) -> list[base.typing.FeatureName]:
        """Names of the features of categories, in order of first appearance."""
        self._check_learned()
        return [name for name in self._kernel.features.names if name in self._kernel.news]

    @property
    def location_(self) -> NDArray[np.float64]:
        """Median of each feature, in its unit, ordered as `features_`; 0 for one of categories."""
        self._check_learned()
        return np.array(self._kernel.locations())

    @property
    def scale_(self) -> NDArray[np.float64]:
        """Half of the distance between the quantiles .16 and .84 of each feature, in its unit.

        For a Gaussian feature its standard deviation; 0 where one value fills the middle, and for a
        feature of categories; shape (d,).
        """
        self._check_learned()
        return np.array(self._kernel.scales())

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        yield {}

    def _new_kernel(self, settings: dict[str, Any]) -> Any:
        return SurprisalDetectorKernel(settings)

    def _rows(self, X: Any) -> Any:
        if isinstance(X, Rows | MixedRows):
            return X
        table = table_of(X)
        if self._are_numbers(table):
            return rows_of(table)
        return self._checked(mixed_rows_of(table, as_key))

    def _validated(self, X: Any, *, reset: bool) -> Any:
        table = table_of(X)
        if self._are_numbers(table):
            return super()._validated(table, reset=reset)
        return self._checked(validated_mixed_rows(self, table, as_key, reset=reset))

    def _are_numbers(self, table: Any) -> bool:
        """Whether a table holds numbers only, none of which is a category."""
        named = self._kernel.named | self._kernel.news.keys()
        return bool(table.holds_numbers()) and named.isdisjoint(table.names)

    def _checked(self, rows: MixedRows) -> MixedRows:
        """Refuse a column of numbers and text before anything of it is learned."""
        kernel = self._kernel
        for name, column in zip(rows.names, rows.columns, strict=True):
            if name in kernel.named or name in kernel.news:
                continue
            texts = [value for value in column if isinstance(value, TEXTS) and value != ""]
            if texts and (name in kernel.features.positions or _begins_with_number(name, column)):
                kernel.refuse_text(name, texts[0])
        return rows

    def _largest(self, rows: Any, n: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
        if isinstance(rows, MixedRows):
            return largest_of(rows.events(), self.explain_one, n)
        return super()._largest(rows, n)

    def _run(self, rows: Any, *, learn: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if not isinstance(rows, MixedRows):
            return super()._run(rows, learn=learn)
        distances, scores = np.empty(len(rows)), np.empty(len(rows))
        for at, x in enumerate(rows.events()):
            if learn:
                scores[at], distances[at], _, _ = self._kernel.learn_one_within(x, inf, inf, False)
            else:
                distances[at] = self._kernel.distance_one(x)
                scores[at] = self.score_at(distances[at])
        return distances, scores


def _begins_with_number(name: Any, column: list[Any]) -> bool:
    """Whether the first value of a column that is not missing is a number."""
    for value in column:
        if isinstance(value, TEXTS):
            if value != "":
                return False
        elif (number := as_float(name, value, "column")) == number:
            return True
    return False
