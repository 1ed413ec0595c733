"""Alert filters: which events are worth a person's time, at a rate or a risk that is kept."""

from clipsgd_river.alerts.alert import Alert
from clipsgd_river.alerts.alert_budget import AlertBudget
from clipsgd_river.alerts.incident import Incident
from clipsgd_river.alerts.mute import Mute
from clipsgd_river.alerts.tail_filter import TailFilter
from clipsgd_river.alerts.verdict import Verdict

__all__ = ["Alert", "AlertBudget", "Incident", "Mute", "TailFilter", "Verdict"]
