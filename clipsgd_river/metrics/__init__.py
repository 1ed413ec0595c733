"""What River lacks for judging estimates and alerts on streams."""

from clipsgd_river.metrics.alert_rate import AlertRate
from clipsgd_river.metrics.average_precision import AveragePrecision
from clipsgd_river.metrics.detection_delay import DetectionDelay
from clipsgd_river.metrics.fbeta import F1
from clipsgd_river.metrics.nab import NAB
from clipsgd_river.metrics.precision import Precision
from clipsgd_river.metrics.recall import Recall
from clipsgd_river.metrics.recovery_time import RecoveryTime
from clipsgd_river.metrics.regret import Regret

__all__ = [
    "F1",
    "NAB",
    "AlertRate",
    "AveragePrecision",
    "DetectionDelay",
    "Precision",
    "Recall",
    "RecoveryTime",
    "Regret",
]
