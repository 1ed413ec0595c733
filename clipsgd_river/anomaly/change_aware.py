"""A detector whose memory ends where a change-point detector finds a change."""

from __future__ import annotations

from array import array
from collections.abc import Collection
from typing import Any, ClassVar

from river import base

from clipsgd_river._faces.known_features import known_features
from clipsgd_river._faces.rows_as_events import RowsAsEvents
from clipsgd_river._pipelines import available_if_has, in_numbers
from clipsgd_river._state.wrapper import SaveableWrapper
from clipsgd_river._tables.rows import rows_of
from clipsgd_river.anomaly.mahalanobis import ClippedMahalanobis
from clipsgd_river.drift import ClippedOCPD

# Events that a drift detector which cannot tell when the change was is taken to have needed.
USUAL_DELAY = 50


class ChangeAwareDetector(RowsAsEvents, SaveableWrapper, base.AnomalyDetector):
    """A detector that, at the alarm of a drift detector, shortens its memory to what came since.

    Choose it where behaviour changes abruptly and rarely and the detector is to remember long: a
    small or falling ``learning_rate``, ``"doubling"`` above all. Between changes it then averages
    over thousands of events, and after one it learns the new level as fast as a fresh detector,
    without being one: nothing is reset, and what did not change stays known.
    (``learning_rate="auto"`` sees most changes by itself.)

    Each learned event goes to the drift detector too; where the detector takes categories, such as
    `ClippedSurprisal`, their bits go in their place. At an alarm, location and scale of the
    detector count no more than the n events since the estimated change: their next step is 1 / n at
    least.

    Parameters
    ----------
    detector
        A detector with ``shorten_memory``, as `ClippedZScore`, `ClippedMahalanobis` and
        `ClippedSurprisal` have it;
        ``None``: ``ClippedMahalanobis(learning_rate="doubling")``. It is used as it is.
    drift_detector
        What finds changes; ``None``: ``ClippedOCPD()``. It is used as it is. One without
        ``change_point`` is taken to be 50 events late.
    watch
        What it is fed: ``"features"``, the events themselves, so that an alarm does not depend on
        what the detector has learned; that takes a drift detector for events with features.
        ``"distance"``, the detector's distance of each event before it is learned: one number,
        which changes with scales and correlations too, and again once the detector has followed;
        any River drift detector takes it. ``None``: the features for `ClippedOCPD`, the distance
        for any other, as River's own take numbers.

    Raises
    ------
    TypeError
        If the detector has no ``shorten_memory``.
    ValueError
        If ``watch`` is something else, or ``"features"`` with a drift detector of River.

    Notes
    -----
    Costs and state are those of both parts.

    Examples
    --------
    >>> import random
    >>> from clipsgd_river.anomaly import ChangeAwareDetector, ClippedZScore
    >>> rng = random.Random(0)
    >>> plain = ClippedZScore(learning_rate="doubling")
    >>> aware = ChangeAwareDetector(ClippedZScore(learning_rate="doubling"))
    >>> for t in range(5300):
    ...     event = {"load": rng.gauss(50 if t < 5000 else 62, 3)}
    ...     plain.learn_one(event)
    ...     aware.learn_one(event)
    >>> [round(model.expect_one()["load"][1]) for model in (plain, aware)]
    [58, 61]
    """

    _part_kinds: ClassVar[dict[str, Any]] = {
        "detector": base.AnomalyDetector,
        "drift_detector": base.DriftDetector,
    }

    def __init__(
        self, detector: Any = None, drift_detector: Any = None, *, watch: str | None = None
    ) -> None:
        self.detector = detector
        self.drift_detector = drift_detector
        self.watch = watch
        if detector is None:
            detector = ClippedMahalanobis(learning_rate="doubling")
        if not callable(getattr(detector, "shorten_memory", None)):
            raise TypeError(
                f"a {type(detector).__name__} has no shorten_memory; take ClippedZScore, "
                "ClippedMahalanobis or another detector that has"
            )
        if watch not in (None, "features", "distance"):
            raise ValueError(f"watch is 'features', 'distance' or None, not {watch!r}")
        self._detector = detector
        self._drift_detector = ClippedOCPD() if drift_detector is None else drift_detector
        kind = type(self._drift_detector)
        if watch == "features" and kind.__module__.startswith("river."):
            raise ValueError(f"a {kind.__name__} takes numbers, not events: use watch='distance'")
        self._watches_features = watch == "features" or (
            watch is None and isinstance(self._drift_detector, ClippedOCPD)
        )
        self._events = 0
        # State exists from now on, so that a first score leaves everything as it is.
        self.create_state()

    def learn_one(self, x: dict[base.typing.FeatureName, Any]) -> None:
        """Learn an event, and shorten the memory if it completes the evidence of a change."""
        # Read first, so that what is refused is refused before anything is learned.
        numbers = self._watches_features
        fed = in_numbers(self._detector, x) if numbers else self._detector.distance_one(x)
        self._detector.learn_one(x)
        self._drift_detector.update(fed)
        self._events += 1
        if self._drift_detector.drift_detected:
            change = getattr(self._drift_detector, "change_point", None)
            since = USUAL_DELAY if change is None else self._events - change
            self._detector.shorten_memory(max(since, 1))

    def score_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Score of the detector. Changes nothing."""
        score: float = self._detector.score_one(x)
        return score

    def distance_one(self, x: dict[base.typing.FeatureName, Any]) -> float:
        """Distance behind the score. Changes nothing."""
        distance: float = self._detector.distance_one(x)
        return distance

    def explain_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, float]:
        """What each feature contributes to the distance, by the detector. Changes nothing."""
        contributions: dict[base.typing.FeatureName, float] = self._detector.explain_one(x)
        return contributions

    def expect_one(
        self, x: dict[base.typing.FeatureName, Any] | None = None
    ) -> dict[base.typing.FeatureName, tuple[float, float, float]]:
        """Normal band of each feature, by the detector: (low, expected, high)."""
        band: dict[base.typing.FeatureName, tuple[float, float, float]]
        band = self._detector.expect_one(x)
        return band

    @property
    def takes_categories(self) -> bool:
        """Whether text is a category rather than an error, as the detector says."""
        return bool(getattr(self._detector, "takes_categories", False))

    @available_if_has("encode_one", "_detector")
    def encode_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, Any]:
        """The event with the bits of its categories in their place, by the detector."""
        encoded: dict[base.typing.FeatureName, Any] = self._detector.encode_one(x)
        return encoded

    @available_if_has("bits_one", "_detector")
    def bits_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, float]:
        """Bits of each present feature, by the detector."""
        bits: dict[base.typing.FeatureName, float] = self._detector.bits_one(x)
        return bits

    @available_if_has("describe_one", "_detector")
    def describe_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, tuple[Any, str]]:
        """Each value of an event, and in words what is usual of its feature, by the detector."""
        said: dict[base.typing.FeatureName, tuple[Any, str]] = self._detector.describe_one(x)
        return said

    @available_if_has("describe_categories_one", "_detector")
    def describe_categories_one(
        self, x: dict[base.typing.FeatureName, Any]
    ) -> dict[base.typing.FeatureName, tuple[Any, str]]:
        """Each category of an event, and how often it was seen, by the detector."""
        said: dict[base.typing.FeatureName, tuple[Any, str]]
        said = self._detector.describe_categories_one(x)
        return said

    @available_if_has("range_one", "_detector")
    def range_one(self) -> dict[base.typing.FeatureName, tuple[float, float]]:
        """Lowest and highest value of each feature, by the detector."""
        found: dict[base.typing.FeatureName, tuple[float, float]] = self._detector.range_one()
        return found

    @available_if_has("counts_one", "_detector")
    def counts_one(self) -> dict[base.typing.FeatureName, int]:
        """In how many events each feature was, by the detector."""
        found: dict[base.typing.FeatureName, int] = self._detector.counts_one()
        return found

    @available_if_has("values_one", "_detector")
    def values_one(self) -> dict[base.typing.FeatureName, dict[float, float]]:
        """Most frequent values of features that repeat, and their shares, by the detector."""
        found: dict[base.typing.FeatureName, dict[float, float]] = self._detector.values_one()
        return found

    @available_if_has("rest_one", "_detector")
    def rest_one(self) -> dict[base.typing.FeatureName, tuple[float, float, float]]:
        """Normal band of the other values of features that repeat, by the detector."""
        found: dict[base.typing.FeatureName, tuple[float, float, float]] = self._detector.rest_one()
        return found

    @property
    def _known_features(self) -> Collection[Any] | None:
        return known_features(self._detector)

    def _read(self, X: Any) -> Any:
        read: Any = getattr(self._detector, "_rows", rows_of)
        return read(X)

    def _own_numbers(self) -> array[float]:
        return array("d", [self._events])

    def _take_own_numbers(self, numbers: array[float]) -> None:
        if len(numbers) != 1 or not 0.0 <= numbers[0] <= 2.0**53 or numbers[0] != int(numbers[0]):
            raise ValueError("the state holds no count of events: it is damaged")
        self._events = int(numbers[0])
