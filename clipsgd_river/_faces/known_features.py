"""Rows by the names that a detector or a model has learned."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from clipsgd_river._tables.known import require_known, require_names

Rows = TypeVar("Rows")


class KnowsFeatures:
    """Methods of what answers by the names of features: none of them known is no answer."""

    @property
    def _known_features(self) -> Collection[Any] | None:
        """Names of the features learned so far; ``None`` where it cannot say."""
        return None

    def _to_learn(self, rows: Rows) -> Rows:
        """Rows to be learned; ``ValueError`` if they lack the names that known features have."""
        require_names(self, rows.names, self._known_features)  # type: ignore[attr-defined]
        return rows

    def _to_answer(self, rows: Rows) -> Rows:
        """Rows that are asked about; ``ValueError`` if none of their columns was ever learned."""
        require_known(self, rows.names, self._known_features)  # type: ignore[attr-defined]
        return rows


def known_features(detector: Any) -> Collection[Any] | None:
    """Names that any detector has learned; ``None`` if it cannot say."""
    known: Collection[Any] | None = getattr(detector, "_known_features", None)
    return known
