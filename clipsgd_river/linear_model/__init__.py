"""Linear models that learn one event at a time, whatever a few events say."""

from clipsgd_river.linear_model.base import ClippedLinearModel
from clipsgd_river.linear_model.logistic_regression import ClippedLogisticRegression
from clipsgd_river.linear_model.regression import ClippedLinearRegression

__all__ = ["ClippedLinearModel", "ClippedLinearRegression", "ClippedLogisticRegression"]
