"""Promises about columns as they come, most of which repeat one value, and about hard starts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from clipsgd_river.checks import _columns
from clipsgd_river.checks._promise import (
    Event,
    call,
    fresh,
    learn,
    promise,
    require,
    require_scores,
    score_and_learn,
    trained,
)
from clipsgd_river.checks._streams import (
    LOCATION,
    SCALE,
    Rows,
    events,
    ordinary_event,
    ordinary_rows,
    warm_rows,
)

__all__ = [
    "check_a_count_never_seen_stands_out",
    "check_anomalies_beside_a_flag_stand_out",
    "check_columns_that_repeat_are_scored",
    "check_round_off_is_no_change",
    "check_scores_settle_after_a_hard_start",
]

# Numbers, and what they are when computed in another way.
_ROUNDED = ((0.3, 0.1 + 0.2), (435.0, 4.35 * 100.0), (-1.1e6, -1.1 * 1e6 * (1.0 + 2.0**-52)))
# A typical score; and how far from it one may be that an easier start would have given, too.
_TYPICAL, _OFF = 0.5, 0.25


@promise("learn_one", "score_one", supervised=True)
def check_columns_that_repeat_are_scored(detector: Any) -> None:
    """Check that flags, counts, mostly zero, rounded and constant columns have scores in range."""
    n = len(warm_rows(detector))
    most = getattr(detector, "max_features", None)
    kinds = _columns.ALL[:most] if isinstance(most, int) else _columns.ALL
    columns = [kind.draw(np.random.default_rng(0), n) for kind in kinds]
    _require_answers(detector, np.column_stack(columns), f"{len(kinds)} columns that repeat")
    for kind, values in zip(kinds, columns, strict=True):
        # From before a column that starts late does so.
        _require_answers(detector, values[n // 5 : n // 2, None], f"a column, {kind.name}, alone")


def _require_answers(detector: Any, rows: Rows, what: str) -> None:
    """Raise unless scores and distances of events, and of other values, are in range."""
    subject = fresh(detector)
    scores, distances = [], []
    measured = hasattr(subject, "distance_one")
    for x in events(rows):
        for asked in (x, dict.fromkeys(x, 7.5)):
            scores.append(call(subject, "score_one", asked))
            if measured:
                distances.append(call(subject, "distance_one", asked))
        call(subject, "learn_one", x)
    require_scores(scores, what)
    finite = all(math.isfinite(distance) and distance >= 0 for distance in distances)
    require(
        finite,
        f"{what}: of the distances the least is {min(distances, default=0.0)!r} and "
        f"the largest {max(distances, default=0.0)!r}",
    )


@promise("learn_one", "score_one")
def check_a_count_never_seen_stands_out(detector: Any) -> None:
    """Check that 200, among counts that were 0 or at times 1, scores above both."""
    ordinary = warm_rows(detector)
    counts = _columns.flag(0.05)(np.random.default_rng(0), len(ordinary)).tolist()
    beside = [{**x, 4: count} for x, count in zip(events(ordinary), counts, strict=True)]
    for stream, usual in (([{4: count} for count in counts], {}), (beside, ordinary_event())):
        subject = trained(detector, stream)
        none, one, many = (subject.score_one({**usual, 4: count}) for count in (0.0, 1.0, 200.0))
        where = "beside other features" if usual else "alone"
        require(
            many > one and many > none,
            f"errors {where}, 1 in 5 % of events and otherwise 0: 0 scores {none!r}, 1 {one!r}, "
            f"200 {many!r}",
        )


@promise("learn_one", "score_one")
def check_anomalies_beside_a_flag_stand_out(detector: Any) -> None:
    """Check that a value six deviations off scores above a flag that is set in a tenth."""
    # Beside few features: many would outweigh the flag, whatever becomes of its scale.
    ordinary = np.vstack([warm_rows(detector), ordinary_rows(800, seed=9)])[:, :2]
    flags = _columns.flag(0.1)(np.random.default_rng(0), len(ordinary))
    subject = trained(detector, events(np.column_stack([ordinary, flags])))
    usual = {0: float(LOCATION[0]), 1: float(LOCATION[1]), 2: 0.0}
    flagged = subject.score_one({**usual, 2: 1.0})
    for feature in range(2):
        for deviations in (-6.0, 6.0):
            off = float(LOCATION[feature] + deviations * SCALE[feature])
            score = subject.score_one({**usual, feature: off})
            require(
                score > flagged,
                f"beside a flag set in a tenth of events, feature {feature} at {deviations:+} "
                f"standard deviations scores {score!r}, the typical event with the flag set "
                f"{flagged!r}",
            )


@promise("learn_one", "score_one")
def check_round_off_is_no_change(detector: Any) -> None:
    """Check that a constant that comes rounded otherwise is the constant."""
    ordinary = events(warm_rows(detector))
    for value, rounded in _ROUNDED:
        subject = trained(detector, [{**x, 4: value} for x in ordinary])
        for learned in ("was never seen", "was seen once"):
            usual = subject.score_one({**ordinary_event(), 4: value})
            same = subject.score_one({**ordinary_event(), 4: rounded})
            require(
                abs(same - usual) <= 1e-3,
                f"the constant {value!r} scores {usual!r}, {rounded!r}, which {learned}, {same!r}",
            )
            subject.learn_one({**ordinary[0], 4: rounded})


@promise("learn_one", "score_one")
def check_scores_settle_after_a_hard_start(detector: Any) -> None:
    """Check that a hundred events after a hard start, scores are typical, or as without it."""
    quiet, ordinary = ordinary_event(), warm_rows(detector, seed=6)
    silence = [*events(ordinary), *[dict.fromkeys(quiet, 0.0)] * 300]
    starts: dict[str, tuple[list[Event], dict[str, Any]]] = {
        "30 equal events": ([quiet] * 30, {}),
        "300 equal events": ([quiet] * 300, {}),
        "a first event far off": ([ordinary_event(1e6)], {}),
        "a silence of 300 events": (silence, {}),
        "events of a third of the spread": (events(_narrow(ordinary)), {}),
    }
    if hasattr(detector, "warm_up"):
        starts["no event, warm_up being 1,"] = ([], {"warm_up": 1})
    for name, (before, params) in starts.items():
        score = _settled(detector, before, **params)
        easy = _settled(detector, events(ordinary_rows(len(before), seed=5)))
        least, most = min(easy, _TYPICAL) - _OFF, max(easy, _TYPICAL) + _OFF
        require(
            least <= score <= most,
            f"after {name} and 100 ordinary events, the next hundred score {score!r} (median), "
            f"after as many ordinary events {easy!r}",
        )


def _settled(detector: Any, before: list[Event], **params: Any) -> float:
    """Median score of the second hundred ordinary events that follow some others.

    Over three streams: a hundred events say little of what is typical.
    """
    scores = []
    for seed in (10, 20, 30):
        first, second = (events(ordinary_rows(100, seed=seed + part)) for part in range(2))
        subject = learn(trained(detector, before, **params), first)
        scores += score_and_learn(subject, second)
    return float(np.median(scores))


def _narrow(rows: Rows) -> Rows:
    """Return rows with a third of their spread."""
    narrow: Rows = LOCATION + (rows - LOCATION) / 3.0
    return narrow
