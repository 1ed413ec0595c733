"""Detectors that each break a promise; the decorator names the checks that must catch them."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

import numpy as np

from clipsgd_river.anomaly import ClippedZScore

CAUGHT_BY: dict[str, list[type[Any]]] = {}


def caught_by(*names: str) -> Callable[[type[Any]], type[Any]]:
    """Register a broken detector for the checks that must catch it."""

    def register(cls: type[Any]) -> type[Any]:
        for name in names:
            CAUGHT_BY.setdefault(name, []).append(cls)
        return cls

    return register


class Misreading(ClippedZScore):
    """Reads another event than it is given: `reading` says which."""

    def reading(self, x: dict[Any, Any]) -> dict[Any, Any]:
        return x

    def learn_one(self, x: dict[Any, Any]) -> None:
        super().learn_one(self.reading(x))

    def score_one(self, x: dict[Any, Any]) -> float:
        return super().score_one(self.reading(x))

    def distance_one(self, x: dict[Any, Any]) -> float:
        return super().distance_one(self.reading(x))

    def score_learn_one(self, x: dict[Any, Any]) -> float:
        return super().score_learn_one(self.reading(x))


@caught_by("check_scores_in_range")
class ScoreOfOne(ClippedZScore):
    def score_one(self, x: dict[Any, Any]) -> float:
        return min(1.0, 1.5 * super().score_one(x))


@caught_by("check_score_is_zero_before_learning")
class SuspiciousFromTheStart(ClippedZScore):
    def score_one(self, x: dict[Any, Any]) -> float:
        return super().score_one(x) or 0.5


@caught_by("check_scoring_has_no_side_effect")
class LearnsWhenExplaining(ClippedZScore):
    def explain_one(self, x: dict[Any, Any]) -> dict[Any, float]:
        self.learn_one(x)
        return super().explain_one(x)


@caught_by("check_scoring_rows_has_no_side_effect")
class LearnsWhenPredicting(ClippedZScore):
    def predict(self, X: Any) -> Any:
        labels = super().predict(X)
        self.partial_fit(X)
        return labels


@caught_by("check_events_are_neither_changed_nor_kept")
class TakesFromTheEvent(ClippedZScore):
    def learn_one(self, x: dict[Any, Any]) -> None:
        super().learn_one(x)
        x.pop(0, None)


@caught_by("check_events_are_neither_changed_nor_kept")
class KeepsTheEvent(ClippedZScore):
    def score_one(self, x: dict[Any, Any]) -> float:
        self.last = x
        return super().score_one(x)


@caught_by("check_score_learn_one_scores_then_learns")
class LearnsThenScores(ClippedZScore):
    def score_learn_one(self, x: dict[Any, Any]) -> float:
        self.learn_one(x)
        return self.score_one(x)


@caught_by("check_far_events_score_above_near_ones")
class UpsideDown(ClippedZScore):
    def score_one(self, x: dict[Any, Any]) -> float:
        return (1 - super().score_one(x)) / 2


@caught_by("check_scores_rise_with_distances")
class DistanceUpsideDown(ClippedZScore):
    def distance_one(self, x: dict[Any, Any]) -> float:
        return 1 / (1 + super().distance_one(x))


@caught_by("check_ready_tells_when_the_warm_up_is_over")
class AlwaysReady(ClippedZScore):
    @property
    def ready(self) -> bool:
        return True


@caught_by("check_partial_fit_equals_learn_one")
class FitsBackwards(ClippedZScore):
    def partial_fit(self, X: Any, y: Any = None) -> Any:
        return super().partial_fit(X[::-1], y)


@caught_by("check_chunks_change_nothing")
class ScoresTheBatchFirst(ClippedZScore):
    def score_learn_many(self, X: Any) -> Any:
        scores = self.score_many(X)
        self.learn_many(X)
        return scores


@caught_by("check_no_rows_change_nothing")
class LearnsFromNoRows(ClippedZScore):
    def learn_many(self, X: Any) -> None:
        super().learn_many(X if len(X) else np.ones((1, X.shape[1])))


@caught_by("check_layout_of_rows_changes_nothing")
class ReadsMemoryInOrder(ClippedZScore):
    def score_learn_many(self, X: Any) -> Any:
        return super().score_learn_many(np.ravel(X, order="K").reshape(np.shape(X)))


@caught_by("check_frames_are_their_rows")
class ForgetsColumnNames(ClippedZScore):
    def learn_many(self, X: Any) -> None:
        super().learn_many(np.asarray(X, dtype=float))


@caught_by("check_faces_agree")
class SamplesUpsideDown(ClippedZScore):
    def score_samples(self, X: Any) -> Any:
        return -super().score_samples(X)


@caught_by("check_far_rows_are_outliers")
class PredictsUpsideDown(ClippedZScore):
    def predict(self, X: Any) -> Any:
        return -super().predict(X)


@caught_by("check_contamination_after_fit", "check_contamination_after_partial_fit")
class NeverAlerts(ClippedZScore):
    def predict(self, X: Any) -> Any:
        return np.ones(len(X), dtype=int)


@caught_by("check_fit_forgets_and_partial_fit_goes_on")
class FitRemembers(ClippedZScore):
    def fit(self, X: Any, y: Any = None) -> Any:
        return self.partial_fit(X, y)


@caught_by("check_copies_of_a_fitted_detector_predict_alike")
class LosesItsThreshold(ClippedZScore):
    def decision_function(self, X: Any) -> Any:
        return super().decision_function(X) + (0.1 if getattr(self, "loaded", False) else 0.0)

    @classmethod
    def from_bytes(cls, data: bytes) -> Any:
        other = super().from_bytes(data)
        other.loaded = True
        return other


@caught_by("check_unfitted_and_misfitting_rows_are_refused")
class GuessesTheWidth(ClippedZScore):
    def score_samples(self, X: Any) -> Any:
        return -np.asarray([self.distance_one(dict(enumerate(row))) for row in X.tolist()])


@caught_by("check_pickle", "check_joblib")
class PicklesItsParametersOnly(ClippedZScore):
    def __reduce__(self) -> Any:
        return type(self), ()


@caught_by("check_deepcopy")
class CopyIsItself(ClippedZScore):
    def __deepcopy__(self, memo: Any) -> Any:
        return self


@caught_by("check_river_clone")
class CloneRemembers(ClippedZScore):
    def clone(self, new_params: Any = None, include_attributes: bool = False) -> Any:
        # A class of this kind has no fresh clone; the check makes its first detector by one.
        if not getattr(self, "trained", False):
            return super().clone(new_params, include_attributes)
        return copy.deepcopy(self)

    def learn_one(self, x: dict[Any, Any]) -> None:
        super().learn_one(x)
        self.trained = True


@caught_by("check_river_clone_with_attributes")
class CloneForgetsAttributes(ClippedZScore):
    def clone(
        self,
        new_params: Any = None,
        include_attributes: bool = False,
    ) -> Any:
        return super().clone(new_params, include_attributes=False)


@caught_by("check_sklearn_clone")
class SklearnCloneIsItself(ClippedZScore):
    def __sklearn_clone__(self) -> Any:
        return self


@caught_by("check_to_bytes", "check_names_of_features_are_kept")
class ComesBackEmpty(ClippedZScore):
    @classmethod
    def from_bytes(cls, data: bytes) -> Any:
        super().from_bytes(data)
        return cls()


@caught_by("check_save_and_load")
class LoadsParametersOnly(ClippedZScore):
    @classmethod
    def load(cls, path: Any) -> Any:
        return super().load(path).clone()


@caught_by("check_damaged_states_are_refused", "check_forged_states_are_refused")
class MakesDoWithDamage(ClippedZScore):
    @classmethod
    def from_bytes(cls, data: bytes) -> Any:
        try:
            return super().from_bytes(data)
        except ValueError:
            return cls()


@caught_by("check_contributions_belong_to_features")
class ExplainsATotal(ClippedZScore):
    def explain_one(self, x: dict[Any, Any]) -> dict[Any, float]:
        return {**super().explain_one(x), "total": self.distance_one(x)}


@caught_by("check_contributions_sum_to_the_distance")
class ExplainsTwice(ClippedZScore):
    def explain_one(self, x: dict[Any, Any]) -> dict[Any, float]:
        return {feature: 2 * part for feature, part in super().explain_one(x).items()}


@caught_by("check_contributions_are_drops_of_the_distance")
class ExplainsTwiceJointly(ClippedZScore):
    additive_contributions: ClassVar[bool] = False

    def explain_one(self, x: dict[Any, Any]) -> dict[Any, float]:
        return {feature: 2 * part for feature, part in super().explain_one(x).items()}


@caught_by("check_the_unusual_feature_contributes_most")
class BlamesTheInnocent(ClippedZScore):
    def explain_one(self, x: dict[Any, Any]) -> dict[Any, float]:
        return {feature: -part for feature, part in super().explain_one(x).items()}


@caught_by("check_expectations_are_ordered_and_usual")
class ExpectsHighBeforeLow(ClippedZScore):
    def expect_one(self, x: Any = None) -> Any:
        return {f: (high, middle, low) for f, (low, middle, high) in super().expect_one(x).items()}


@caught_by("check_the_expected_event_is_no_distance_away")
class ExpectsTheHighest(ClippedZScore):
    def expect_one(self, x: Any = None) -> Any:
        return {f: (low, high, high) for f, (low, _, high) in super().expect_one(x).items()}


@caught_by("check_the_location_is_what_is_expected")
class SortsItsLocations(ClippedZScore):
    @property
    def location_(self) -> Any:
        return np.sort(super().location_)


@caught_by("check_constant_stream")
class NeverSurprised(ClippedZScore):
    def score_one(self, x: dict[Any, Any]) -> float:
        super().score_one(x)
        return 0.0


@caught_by("check_constant_feature_among_others")
class IgnoresTheConstant(Misreading):
    def reading(self, x: dict[Any, Any]) -> dict[Any, Any]:
        return {feature: value for feature, value in x.items() if feature != 4}


@caught_by("check_one_feature")
class NeedsTwoFeatures(ClippedZScore):
    def score_one(self, x: dict[Any, Any]) -> float:
        return super().score_one(x) if len(x) > 1 else 0.0


@caught_by("check_a_thousand_features")
class LostInManyFeatures(ClippedZScore):
    def score_one(self, x: dict[Any, Any]) -> float:
        return super().score_one(x) if len(x) < 500 else float("nan")


@caught_by("check_first_event_an_outlier")
class BelievesTheFirstEvent(ClippedZScore):
    def learn_one(self, x: dict[Any, Any]) -> None:
        if not self.ready:
            self.first = getattr(self, "first", dict(x))
        super().learn_one(self.first)


@caught_by("check_level_shift_is_followed")
class LearnsOnlyWhatItKnows(ClippedZScore):
    def learn_one(self, x: dict[Any, Any]) -> None:
        if self.score_one(x) < 0.7 or not self.ready:
            super().learn_one(x)


@caught_by("check_units_change_nothing")
class MindsTheUnit(ClippedZScore):
    scale_invariant: ClassVar[bool] = True

    def distance_one(self, x: dict[Any, Any]) -> float:
        return super().distance_one(x) + 1e-3 * abs(float(x.get(0) or 0.0))


@caught_by("check_missing_values_are_alike")
class TakesNoneForZero(Misreading):
    def reading(self, x: dict[Any, Any]) -> dict[Any, Any]:
        return {feature: 0.0 if value is None else value for feature, value in x.items()}


@caught_by("check_missing_values_teach_nothing")
class TakesAbsentForZero(ClippedZScore):
    def learn_one(self, x: dict[Any, Any]) -> None:
        super().learn_one({**dict.fromkeys(self.expect_one(), 0.0), **x})


@caught_by("check_absent_features_are_still_watched")
class TakesAbsentForFar(ClippedZScore):
    def learn_one(self, x: dict[Any, Any]) -> None:
        super().learn_one({3: 3000.0, **x})


@caught_by("check_missing_values_contribute_nothing")
class PunishesGaps(ClippedZScore):
    def distance_one(self, x: dict[Any, Any]) -> float:
        gaps = sum(x.get(feature) is None for feature in self.expect_one())
        return super().distance_one(x) + gaps


@caught_by("check_empty_event")
class TakesEmptyForFar(ClippedZScore):
    def learn_one(self, x: dict[Any, Any]) -> None:
        super().learn_one(x or dict.fromkeys(range(4), 1e4))


@caught_by("check_new_features_start_when_they_come")
class KnowsFourFeatures(Misreading):
    def reading(self, x: dict[Any, Any]) -> dict[Any, Any]:
        return dict(list(x.items())[:4])


@caught_by("check_scoring_starts_no_feature")
class StartsFeaturesWhenScoring(ClippedZScore):
    def score_one(self, x: dict[Any, Any]) -> float:
        unknown = {feature: x[feature] for feature in x.keys() - self.expect_one().keys()}
        if unknown and self.expect_one():
            self.learn_one(unknown)
        return super().score_one(x)


@caught_by("check_max_features")
class DropsWhatIsTooMuch(Misreading):
    def reading(self, x: dict[Any, Any]) -> dict[Any, Any]:
        return dict(list(x.items())[: self.max_features])


@caught_by("check_other_types_are_refused")
class ReadsNumbersFromText(Misreading):
    def reading(self, x: dict[Any, Any]) -> dict[Any, Any]:
        return {f: 1.5 if isinstance(v, str) else v for f, v in x.items()}


@caught_by("check_other_types_are_refused")
class BlamesNobody(ClippedZScore):
    def score_one(self, x: dict[Any, Any]) -> float:
        try:
            return super().score_one(x)
        except TypeError:
            raise TypeError("not a number") from None


@caught_by("check_scores_in_range")
class IntegerScores(ClippedZScore):
    def score_one(self, x: dict[Any, Any]) -> float:
        return round(super().score_one(x) / 2)


@caught_by("check_scoring_has_no_side_effect")
class LearnsWhenScoring(ClippedZScore):
    def score_one(self, x: dict[Any, Any]) -> float:
        score = super().score_one(x)
        super().learn_one(x)
        return score


@caught_by("check_order_of_keys_changes_nothing", "check_order_of_arrival_changes_next_to_nothing")
class GoesByPosition(Misreading):
    def reading(self, x: dict[Any, Any]) -> dict[Any, Any]:
        return dict(enumerate(x.values()))


@caught_by("check_extremes_count_as_the_largest_finite_value")
class CutsInfinityShort(Misreading):
    def reading(self, x: dict[Any, Any]) -> dict[Any, Any]:
        return {f: 1e6 if v == math.inf else v for f, v in x.items()}


@caught_by("check_numbers_of_all_types_are_alike")
class DislikesDecimals(Misreading):
    def reading(self, x: dict[Any, Any]) -> dict[Any, Any]:
        return {f: None if isinstance(v, Decimal) else v for f, v in x.items()}


@caught_by("check_other_types_are_refused")
class LearnsHalfOfABadEvent(ClippedZScore):
    def learn_one(self, x: dict[Any, Any]) -> None:
        for feature, value in x.items():
            super().learn_one({feature: value})


@caught_by("check_extremes_leave_everything_finite")
class EstimatesInfinity(ClippedZScore):
    def learn_one(self, x: dict[Any, Any]) -> None:
        super().learn_one(x)
        if math.inf in x.values():
            self.largest_ = math.inf


@caught_by("check_gross_outliers_move_little")
class LearnsFiftyfold(ClippedZScore):
    def learn_one(self, x: dict[Any, Any]) -> None:
        # Each time a little farther off: a value that returns would be set aside as a repeated one.
        for k in range(50 if self.ready and self.score_one(x) > 0.9 else 1):
            super().learn_one({feature: value * (1.0 + k / 64) for feature, value in x.items()})
