"""What a key is judged by until its own history suffices: the population of all keys."""

from __future__ import annotations

import sys
from array import array
from typing import Any, NamedTuple

from clipsgd_river._faces.known_features import known_features
from clipsgd_river._kernels.anomaly.population import PopulationKernel
from clipsgd_river._pipelines import last_step, takes_times, transformed
from clipsgd_river._state.wrapper import joined, split
from clipsgd_river.anomaly._model_objects import new_model, score_learn
from clipsgd_river.anomaly.base import ClippedDetector

# Events of a key up to which a detector that standardises numbers does not count, and the multiple
# of them from which the population does not.
LEAST_EVENTS = 20
SETTLED = 2.5
HIGHEST_SCORE = 1.0 - 2.0**-53
LARGEST = 1e307


class Judgement(NamedTuple):
    """How the population judges an event.

    The event as its detector gets it, what odds of scores are multiplied by, and the share of the
    population in the score of the key.
    """

    event: Any
    factor: float
    share: float


class Population:
    """Judges keys of few events by a detector of the same kind that has learned from all of them.

    A detector of numbers of this package gets, of an event, how far each feature is from what is
    expected of a key, by the population and the few events that are known of the key, as
    `PopulationKernel` says; any other detector gets the event as it is.

    Parameters
    ----------
    detector
        That of the keys, as in `KeyedDetector`.
    """

    def __init__(self, detector: Any) -> None:
        ending = last_step(detector)
        self.detector = new_model(detector)
        self.standardises = (
            isinstance(detector, ClippedDetector)
            and not getattr(detector, "takes_categories", False)
            and not takes_times(detector)
        )
        warm_up = getattr(ending, "warm_up", LEAST_EVENTS)
        self.begin = max(LEAST_EVENTS, warm_up if isinstance(warm_up, int) else 0)
        self.end = SETTLED * self.begin
        most = getattr(ending, "max_features", 10_000)
        self.numbers = PopulationKernel({"max_features": most if isinstance(most, int) else 10_000})
        # Numbers of each key of which few events are known, the count of its events first.
        self.young: dict[Any, array[float]] = {}

    def begun(self) -> array[float]:
        """Numbers of a key that begins."""
        return array("d", [0.0])

    def share(self, events: float) -> float:
        """Share of the population in the score of a key that has had so many events."""
        if self.standardises:
            return min((self.end - events) / (self.end - self.begin), 1.0)
        return 1.0 - events / self.end

    def score(self, numbers: array[float], event: Any, own: float) -> float:
        """Score of an event by the population and the score of the key's detector."""
        judged = self.judgement(numbers, event)
        if judged is None:
            return own
        return _joined(self.detector.score_one(judged.event), own, judged)

    def score_learn(self, key: Any, numbers: array[float], event: Any, own: float) -> float:
        """Score an event of a key that has had it; then the population, too, learns it."""
        events = numbers[0]
        seen = event
        ready = self.is_ready
        if self.standardises:
            seen, numbers = self.numbers.deviate_learn_one(event, numbers)
        else:
            numbers[0] += 1.0
        if numbers[0] >= self.end:
            self.young.pop(key, None)
        else:
            self.young[key] = numbers
        if not seen:
            return own
        try:
            score = score_learn(self.detector, seen)
        except ValueError:
            # The features of all keys together are too many for one detector.
            return own
        if not ready:
            return own
        factor = self.numbers.match(events, _odds(score), True)
        return _joined(score, own, Judgement(seen, factor, self.share(events)))

    def judgement(self, numbers: array[float], event: Any) -> Judgement | None:
        """How the population judges an event now; ``None`` if it cannot."""
        if not self.is_ready:
            return None
        seen = self.numbers.deviations_one(event, numbers) if self.standardises else event
        if not seen:
            return None
        score = self.detector.score_one(seen)
        factor = self.numbers.match(numbers[0], _odds(score), False)
        return Judgement(seen, factor, self.share(numbers[0]))

    def bands(
        self, numbers: array[float], event: Any, judged: Judgement
    ) -> dict[Any, tuple[float, float, float]]:
        """Normal band of each feature for a key of which few events are known."""
        detector, seen = transformed(self.detector, judged.event)
        bands: dict[Any, tuple[float, float, float]] = detector.expect_one(seen)
        if not self.standardises:
            return bands
        units = self.numbers.bands_one(event, numbers)
        found = {}
        for name, (centre, unit) in units.items():
            low, middle, high = bands[name]
            found[name] = (centre + unit * low, centre + unit * middle, centre + unit * high)
        return found

    @property
    def is_ready(self) -> bool:
        """Whether the population has learned enough to judge by."""
        ending = last_step(self.detector)
        if self.standardises and not known_features(ending):
            return False
        return bool(getattr(ending, "ready", True))

    def state_of(self, key: Any) -> bytes:
        """What is known of a key beside its detector, to be kept where that is; may be nothing."""
        numbers = self.young.get(key)
        return b"" if numbers is None else _little_endian(numbers).tobytes()

    def read(self, data: bytes) -> array[float] | None:
        """Numbers of a key from what `state_of` gave; ``None`` for nothing.

        Raises
        ------
        ValueError
            If they are damaged.
        """
        if not data:
            return None
        if len(data) % 8:
            raise ValueError("the numbers of the key were cut")
        numbers = checked(_little_endian(array("d", data)))
        return numbers[: 1 + 3 * self.numbers.features.size]

    def forget(self, key: Any) -> None:
        """Forget a key, which has no detector in memory any longer."""
        self.young.pop(key, None)

    def header(self) -> list[Any]:
        """Names of the features of the population, for a state file."""
        return list(self.numbers.features.names)

    def state(self, keys: list[Any]) -> array[float]:
        """All numbers, those of the keys in their order."""
        _, known = self.numbers.snapshot()
        return joined([known, *(self.young.get(key, array("d")) for key in keys)])

    def restore(self, names: list[Any], numbers: array[float], keys: list[Any]) -> None:
        """Take over what `header` and `state` gave; ``ValueError`` if it is damaged."""
        known, *young = split(numbers)
        if len(young) != len(keys):
            raise ValueError(f"the state has numbers of {len(young)} keys of {len(keys)}")
        self.numbers.restore(names, known)
        most = 1 + 3 * len(names)
        for key, own in zip(keys, young, strict=True):
            if own:
                if len(own) > most:
                    raise ValueError("the state has a key of more features than there are")
                self.young[key] = checked(own)


def checked(numbers: array[float]) -> array[float]:
    """The numbers of a key, if events can have led to them; ``ValueError`` if not."""
    events = numbers[0]
    fits = len(numbers) % 3 == 1 and 0.0 <= events <= LARGEST and events == int(events)
    for count, mean, squares in zip(numbers[1::3], numbers[2::3], numbers[3::3], strict=False):
        fits = fits and abs(count) <= events and count == int(count)
        fits = fits and abs(mean) <= LARGEST and 0.0 <= squares <= LARGEST
    if not fits:
        raise ValueError("the state holds impossible numbers of a key: it is damaged")
    return numbers


def _joined(score: float, own: float, judged: Judgement) -> float:
    """One score of that of the population and that of the key."""
    odds = judged.factor * _odds(score)
    return judged.share * (odds / (1.0 + odds)) + (1.0 - judged.share) * own


def _odds(score: float) -> float:
    """Odds of a score, which may be 1."""
    score = min(max(float(score), 0.0), HIGHEST_SCORE)
    return score / (1.0 - score)


def _little_endian(numbers: array[float]) -> array[float]:
    """The numbers as files have them, or back."""
    if sys.byteorder == "little":
        return numbers
    turned = array("d", numbers)
    turned.byteswap()
    return turned
