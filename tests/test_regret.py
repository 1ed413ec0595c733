"""The regret: a mean of distances, as a River metric."""

from __future__ import annotations

import numpy as np
import pytest
from river import metrics

from clipsgd_river.metrics import Regret


def test_regret_is_the_mean_distance_over_the_steps() -> None:
    regret = Regret()
    assert regret.get() == 0.0
    regret.update(np.array([3.0, 0.0]), np.array([0.0, 4.0]))
    regret.update({"a": 1.0}, {"a": 1.0, "b": 1.0})
    regret.update(2.0, -1.0)
    assert regret.get() == pytest.approx((5.0 + 1.0 + 3.0) / 3.0)


def test_a_reverted_step_leaves_no_trace() -> None:
    regret = Regret()
    regret.update(1.0, 0.0)
    regret.update(9.0, 0.0, w=2.0)
    regret.revert(9.0, 0.0, w=2.0)
    assert regret.get() == 1.0


def test_it_is_a_metric_of_river() -> None:
    regret, other = Regret(), Regret()
    regret.update(1.0, 0.0)
    other.update(2.0, 0.0)
    assert regret.is_better_than(other)
    assert repr(regret) == "Regret: 1."
    assert isinstance(regret, metrics.base.Metric)
    assert regret.clone().get() == 0.0


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="one shape"):
        Regret().update([1.0, 2.0], 1.0)
