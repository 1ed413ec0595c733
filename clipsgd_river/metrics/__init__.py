"""What River lacks for measuring estimates and alerts on streams."""

from clipsgd_river.metrics.alert_rate import AlertRate
from clipsgd_river.metrics.average_precision import AveragePrecision
from clipsgd_river.metrics.detection_delay import DetectionDelay
from clipsgd_river.metrics.nab import NAB
from clipsgd_river.metrics.precision_recall import F1, Precision, Recall
from clipsgd_river.metrics.recovery_time import RecoveryTime
from clipsgd_river.metrics.regret import Regret
from clipsgd_river.metrics.vus_pr import VUSPR

__all__ = [
    "F1",
    "NAB",
    "VUSPR",
    "AlertRate",
    "AveragePrecision",
    "DetectionDelay",
    "Precision",
    "Recall",
    "RecoveryTime",
    "Regret",
]
