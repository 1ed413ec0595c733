"""What River lacks for judging estimates and alerts on streams."""

from clipsgd_river.metrics.regret import Regret

__all__ = ["Regret"]
