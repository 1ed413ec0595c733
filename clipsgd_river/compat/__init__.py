"""Anomaly detectors of River for scikit-learn, and of scikit-learn for River.

What `river.compat` does for classifiers and regressors; it knows no anomaly detectors.
"""

from clipsgd_river.compat.river_to_sklearn import River2SKLOutlierDetector, convert_river_to_sklearn
from clipsgd_river.compat.sklearn_to_river import SKL2RiverAnomalyDetector, convert_sklearn_to_river

__all__ = [
    "River2SKLOutlierDetector",
    "SKL2RiverAnomalyDetector",
    "convert_river_to_sklearn",
    "convert_sklearn_to_river",
]
