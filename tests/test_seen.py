"""What a detector has seen of a feature reaches the alert, its words and its JSON."""

from __future__ import annotations

import json
import pickle
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from river import preprocessing

from clipsgd_river._words.seen import Seen, seen_by
from clipsgd_river.alerts import Alert, AlertBudget
from clipsgd_river.alerts.alert import described
from clipsgd_river.alerts.rules import Direction
from clipsgd_river.anomaly import ClippedZScore

# What tables hold and how numbers are worded is the same with any kernels.
pytestmark = pytest.mark.either_mode


class Watcher:
    """A detector that counts values by itself, and expects what they were on average."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, Counter[float]] = defaultdict(Counter)
        self.n_samples_seen_ = 0

    def learn_one(self, x: dict[str, float]) -> None:
        self.n_samples_seen_ += 1
        for name, value in x.items():
            self.counts[name][value] += 1

    def score_one(self, x: dict[str, float]) -> float:
        found = sum(self.explain_one(x).values())
        return found / (1.0 + found)

    def explain_one(self, x: dict[str, float]) -> dict[str, float]:
        bands = self.expect_one(x)
        return {
            name: max(value - bands[name][2], bands[name][0] - value, 0.0)
            for name, value in x.items()
        }

    def expect_one(self, x: Any = None) -> dict[str, tuple[float, float, float]]:
        found = {}
        for name, counts in self.counts.items():
            values = np.array(list(counts.elements()))
            reach = 2.0 * values.std()
            found[name] = (values.mean() - reach, values.mean(), values.mean() + reach)
        return found

    def values_one(self) -> dict[str, dict[float, float]]:
        return {
            name: {value: n / counts.total() for value, n in sorted(counts.most_common(16))}
            for name, counts in self.counts.items()
            if counts.most_common(1)[0][1] > 0.05 * counts.total()
        }

    def range_one(self) -> dict[str, tuple[float, float]]:
        return {name: (min(counts), max(counts)) for name, counts in self.counts.items()}

    def rest_one(self) -> dict[str, tuple[float, float, float]]:
        found = {}
        for name, values in self.values_one().items():
            mode = max(values, key=lambda value: values[value])
            others = [value for value in self.counts[name].elements() if value != mode]
            if others:
                found[name] = tuple(np.quantile(others, [0.025, 0.5, 0.975]).tolist())
        return found


@pytest.fixture(scope="module")
def watcher() -> Watcher:
    rng = np.random.default_rng(0)
    found = Watcher()
    for _ in range(3000):
        is_transfer = rng.random() < 0.1
        found.learn_one(
            {
                "errors": float(rng.random() < 0.05) * float(rng.integers(1, 4)),
                "admin": float(rng.random() < 0.02),
                "door": 0.0,
                "bytes": float(round(rng.lognormal(9, 1))) if is_transfer else 0.0,
                "heat": round(rng.normal(21, 1) * 2) / 2,
                "load": float(rng.normal(50, 5)),
                "moment": 1.7e9 + float(rng.integers(0, 3000)),
            }
        )
    return found


def words(watcher: Watcher, **x: float) -> str:
    seen = seen_by(watcher, x)
    found = described(x, dict.fromkeys(x, 1.0), watcher.expect_one(), None, seen)
    return str(found[0])


def test_words_fit_each_kind_of_column(watcher: Watcher) -> None:
    assert words(watcher, errors=9.0) == (
        "errors was 9; 0 in 95 % of events, never more than 3 in 3,000 events"
    )
    assert words(watcher, admin=1.0) == "admin was 1; 0 in 98 % of events, 1 in 2 %"
    assert words(watcher, door=1.0) == "door was 1; always 0 in 3,000 events"
    amount = words(watcher, bytes=5e6)
    assert amount.startswith("bytes was 5,000,000; 0 in 90 % of events, otherwise usually 1,")
    assert words(watcher, heat=35.0) == "heat was 35, usually between 19 and 22.5"
    assert words(watcher, load=90.0) == "load was 90, usually between 40 and 60"
    moment = words(watcher, moment=1.7e9 + 99999)
    assert moment.startswith("moment was 1,700,099,999, usually between 1,700,000,000 and 1,700,00")


def test_what_was_seen_is_no_unseen_value(watcher: Watcher) -> None:
    def frequency(**x: float) -> str:
        seen = seen_by(watcher, x)
        found = described(x, dict.fromkeys(x, 1.0), watcher.expect_one(), None, seen)
        return found[0].frequency

    assert frequency(admin=0.0) == "frequent"
    assert frequency(admin=1.0) == "infrequent"
    assert frequency(admin=7.0) == "unseen"
    assert frequency(door=1.0) == "unseen"
    assert frequency(bytes=max(watcher.counts["bytes"])) == "rare"


def test_the_alert_keeps_it(watcher: Watcher) -> None:
    x = {"errors": 3.0}
    seen = seen_by(watcher, x)
    alert = Alert(
        0.9, features=described(x, {"errors": 1.0}, watcher.expect_one(), None, seen), events=3000
    )
    kept = alert.features[0].seen
    assert kept is not None
    assert kept.limits == (0.0, 3.0)
    assert kept.events == 3000
    found = json.loads(alert.to_json())["features"][0]["seen"]
    assert found["lowest"] == 0.0
    assert found["highest"] == 3.0
    assert [value for value, _ in found["shares"]] == [0.0, 1.0, 2.0, 3.0]
    assert sum(share for _, share in found["shares"]) == pytest.approx(1.0)
    assert len(found["rest"]) == 3
    assert pickle.loads(pickle.dumps(alert)) == alert


def test_rules_that_leave_features_out_keep_it() -> None:
    class Told(ClippedZScore):
        def range_one(self) -> dict[str, tuple[float, float]]:
            return {"load": (40.0, 60.0), "errors": (0.0, 0.0)}

    rng = np.random.default_rng(0)
    model = Direction(AlertBudget(Told(), alert_rate=0.01), "above")
    for load in rng.normal(50, 5, 500):
        model.learn_one({"load": float(load), "errors": 0.0})
    alert = model.alert_one({"load": 0.0, "errors": 5.0})
    assert alert is not None
    assert alert.sentence.startswith("errors was 5; always 0 in 500 events; ")


def test_a_detector_that_cannot_tell_leaves_it_out() -> None:
    rng = np.random.default_rng(0)
    model = AlertBudget(preprocessing.StandardScaler() | Silent(), alert_rate=0.01)
    for load in rng.normal(50, 5, 500):
        model.learn_one({"load": float(load)})
    alert = model.alert_one({"load": 500.0})
    assert alert is not None
    assert alert.features[0].seen is None
    assert json.loads(alert.to_json())["features"][0]["seen"] is None
    assert ", usually between -" in alert.sentence


class Silent(ClippedZScore):
    """A detector that says what it expects, and no more."""

    def __getattribute__(self, name: str) -> Any:
        if name in ("range_one", "values_one", "rest_one"):
            raise AttributeError(name)
        return super().__getattribute__(name)


def test_what_is_no_number_is_not_kept() -> None:
    odd = Seen(float("nan"), 10**400, ((2, 0.2), (float("inf"), 0.1), (1, 0.7), (0, 0.0)))
    assert odd.checked() == Seen(None, None, ((1.0, 0.7), (2.0, 0.2)))
    assert not Seen().is_constant
    assert Seen(float("-inf"), float("inf")).limits == (float("-inf"), float("inf"))
