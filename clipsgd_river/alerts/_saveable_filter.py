"""State files of alert filters, which hold that of the detector."""

from __future__ import annotations

from typing import Any

from clipsgd_river._state.wrapper import SaveableWrapper


class SaveableFilter(SaveableWrapper):
    """Methods of a filter whose one part is ``anomaly_detector``; goes before its other bases."""

    anomaly_detector: Any

    def _parts(self) -> dict[Any, Any]:
        return {"anomaly_detector": self.anomaly_detector}

    def _take_parts(self, parts: dict[Any, Any]) -> None:
        # The constructor was given it.
        if list(parts.values()) != [self.anomaly_detector]:
            raise ValueError(f"the state has the parts {list(parts)} where a detector belongs")
