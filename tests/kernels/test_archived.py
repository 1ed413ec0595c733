"""Kernels that are rebuilt from their numbers: snapshots, copies, refusals."""

from __future__ import annotations

import copy
import pickle
from array import array
from typing import Any

import pytest

from clipsgd_river._kernels.alerts.alert_budget import AlertBudgetKernel
from clipsgd_river._kernels.alerts.tail_filter import TailFilterKernel
from clipsgd_river._kernels.anomaly.relative_distances import RelativeDistances
from clipsgd_river._kernels.core.typical_distance import TypicalDistance
from clipsgd_river._kernels.sgd.gradient_clip import GradientClip

DISTRIBUTION = {"tail": 0.02, "bins": 20, "learning_rate": "auto", "warm_up": 20}
KERNELS = [
    (
        lambda: AlertBudgetKernel({"rate": 0.1, "per_second": 0.0, "odds": False, "floor": 1.0}),
        lambda kernel, value: kernel.observe_at(value, 0.0),
    ),
    (
        lambda: TailFilterKernel({"q": 0.01, "warm_up": 20, "distances": DISTRIBUTION}),
        lambda kernel, value: kernel.observe_at(value, 0.0),
    ),
    (lambda: GradientClip({"clip": "auto"}), lambda kernel, value: kernel.share(value)),
    (TypicalDistance, lambda kernel, value: kernel.observe(value)),
    (lambda: RelativeDistances(2, 20), None),
]
IDS = ["AlertBudgetKernel", "TailFilterKernel", "GradientClip", "TypicalDistance", "Relative"]


@pytest.mark.parametrize(("make", "learn"), KERNELS, ids=IDS)
def test_a_copy_has_the_numbers_and_goes_on_alike(make: Any, learn: Any) -> None:
    kernel = make()
    values = [1.0 + (7 * n % 13) / 4 for n in range(60)]
    for value in values if learn else ():
        learn(kernel, value)
    for twin in (copy.deepcopy(kernel), pickle.loads(pickle.dumps(kernel))):
        assert twin.snapshot() == kernel.snapshot()
        assert type(twin) is type(kernel)
        if learn:
            apart = copy.deepcopy(kernel)
            assert learn(twin, 2.5) == learn(apart, 2.5)
            assert twin.snapshot() == apart.snapshot() != kernel.snapshot()


@pytest.mark.parametrize("make", [make for make, _ in KERNELS], ids=IDS)
def test_what_is_no_state_of_it_is_refused(make: Any) -> None:
    names, numbers = make().snapshot()
    assert names == []
    with pytest.raises(ValueError, match="names features where none belong"):
        make().restore(["a"], numbers)
    with pytest.raises(ValueError, match="ends too early"):
        make().restore([], numbers[:-1])
    with pytest.raises(ValueError, match="too many"):
        make().restore([], array("d", [*numbers, 0.0]))
