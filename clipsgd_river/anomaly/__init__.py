"""Detectors that look at one event at a time."""

from clipsgd_river.anomaly.base import ClippedDetector
from clipsgd_river.anomaly.change_aware import ChangeAwareDetector
from clipsgd_river.anomaly.ensemble import ClippedEnsemble
from clipsgd_river.anomaly.fitness import FITNESS
from clipsgd_river.anomaly.kernel_mean import ClippedKernelMean
from clipsgd_river.anomaly.keyed import KeyedDetector
from clipsgd_river.anomaly.label import LabelDetector
from clipsgd_river.anomaly.mahalanobis import ClippedMahalanobis
from clipsgd_river.anomaly.neighbours import ClippedNeighbours
from clipsgd_river.anomaly.one_class_svm import ClippedOneClassSVM
from clipsgd_river.anomaly.projections import ClippedProjections
from clipsgd_river.anomaly.residual import ResidualDetector
from clipsgd_river.anomaly.subspace import ClippedSubspace
from clipsgd_river.anomaly.surprisal import ClippedSurprisal
from clipsgd_river.anomaly.time_series import ClippedTimeSeries
from clipsgd_river.anomaly.transformation import TransformationDetector
from clipsgd_river.anomaly.z_score import ClippedZScore

__all__ = [
    "FITNESS",
    "ChangeAwareDetector",
    "ClippedDetector",
    "ClippedEnsemble",
    "ClippedKernelMean",
    "ClippedMahalanobis",
    "ClippedNeighbours",
    "ClippedOneClassSVM",
    "ClippedProjections",
    "ClippedSubspace",
    "ClippedSurprisal",
    "ClippedTimeSeries",
    "ClippedZScore",
    "KeyedDetector",
    "LabelDetector",
    "ResidualDetector",
    "TransformationDetector",
]
