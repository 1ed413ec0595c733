"""Alert filters that a state file kept, and the rules that hold from now on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from clipsgd_river.cli.terminal.text import listed

#: Parameters of a filter that options set, and that may change while its history stays.
CHANGEABLE: Final = {
    "AlertBudget": (
        *("alert_rate", "alerts_per", "time", "floor"),
        *("resolved_after", "never_mute"),
    ),
    "TailFilter": ("q", "resolved_after", "never_mute"),
}
_WINDOWS: Final = "SpecialEvents"


def base_of(alert_filter: Any) -> Any:
    """Return the filter around a detector that is within any rules."""
    while hasattr(alert_filter, "anomaly_filter"):
        alert_filter = alert_filter.anomaly_filter
    return alert_filter


def rules_of(alert_filter: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return the rules around a filter, the outermost first, with their parameters."""
    found = []
    while hasattr(alert_filter, "anomaly_filter"):
        names = sorted(alert_filter._get_params().keys() - {"anomaly_filter"})
        parameters = {name: getattr(alert_filter, name) for name in names}
        found.append((type(alert_filter).__name__, parameters))
        alert_filter = alert_filter.anomaly_filter
    return found


def changed_rules(kept: Any, found: Any) -> str | None:
    """Return what is to be said of rules that are others than those of the state file."""
    before, now = rules_of(kept), rules_of(found)
    if before == now:
        return None
    windows = [*getattr(kept, "_profiles", ())]
    gone = [name for name in windows if name not in getattr(found, "_profiles", ())]
    lost = f"; what was usual in {listed(gone)} is forgotten" if gone else ""
    if not now:
        return f"the state was saved with rules, and without --rules none of them holds now{lost}"
    return f"the rules are others than those the state was saved with: they hold from here on{lost}"


def goes_on(kept: Any, wanted: Any, rewrap: Callable[[Any], Any]) -> Any:
    """Return what a state file kept, with the parameters and the rules that are asked for.

    Profiles of windows go on where the windows are still known; what is known of others is gone.

    Parameters
    ----------
    kept, wanted
        Filters, with rules around them or not, the latter as the options make it.
    rewrap
        Puts the rules that are asked for around a filter.
    """
    base, new = base_of(kept), base_of(wanted)
    names = CHANGEABLE[type(new).__name__]
    found = rewrap(base.changed(**{name: getattr(new, name) for name in names}))
    if type(found).__name__ == type(kept).__name__ == _WINDOWS:
        _take_profiles(found, kept, rewrap)
    return found


def _take_profiles(found: Any, kept: Any, rewrap: Callable[[Any], Any]) -> None:
    """Let the profiles of windows that are still known go on."""
    known = set(found.calendar.events)
    for name, profile in kept._profiles.items():
        if name in known:
            base = base_of(profile)
            base = base.changed(never_mute=base_of(found).never_mute)
            # Without the windows, around which there are none.
            found._profiles[name] = rewrap(base).anomaly_filter
            found._seen[name] = kept._seen[name]
