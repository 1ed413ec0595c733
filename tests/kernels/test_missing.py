"""What counts as a missing label, whatever its type."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clipsgd_river._kernels.core.as_float import is_missing
from clipsgd_river.linear_model import ClippedLogisticRegression

MISSING = [
    None,
    float("nan"),
    np.float64("nan"),
    np.float32("nan"),
    np.float16("nan"),
    Decimal("NaN"),
    pd.NA,
    pd.NaT,
]
LABELS = [0, True, "nan", "", 1.5, np.float32(2.0), Decimal(1), Fraction(1, 2), (1,), float("inf")]


@pytest.mark.parametrize("label", MISSING, ids=lambda label: f"{type(label).__name__} {label}")
def test_a_missing_label_is_no_class(label: Any) -> None:
    assert is_missing(label)
    model = ClippedLogisticRegression()
    model.learn_one({"a": 1.0}, label)
    model.learn_one({"a": 1.0}, "known")
    assert list(model.predict_proba_one({"a": 1.0})) == ["known"]


def test_a_signalling_nan_is_missing_too() -> None:
    assert is_missing(Decimal("sNaN"))


@pytest.mark.parametrize("label", LABELS, ids=repr)
def test_everything_else_is_a_label(label: Any) -> None:
    assert not is_missing(label)
