"""River's and scikit-learn's own check suites, made to run offline and on both faces at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

__all__ = ["bundled_stream", "river_check_estimator", "sklearn_expected_failed_checks"]


@contextlib.contextmanager
def bundled_stream(rows: int = 2000) -> Iterator[None]:
    """Let River's detector checks run on a stream that is part of River.

    River checks anomaly detectors on `river.datasets.CreditCard`, which is downloaded. While the
    context lasts, the first rows of `river.datasets.Shuttle` stand in for it; nine features, about
    8 % anomalies. Not for several threads: the name is replaced for the whole process.

    Parameters
    ----------
    rows
        The most rows any check sees, from 100 to 49,097.

    Examples
    --------
    >>> from river import anomaly, checks
    >>> with bundled_stream(rows=200):
    ...     suite = list(checks.yield_checks(anomaly.HalfSpaceTrees()))
    >>> any(check.__name__ == "check_roc_auc" for check in suite)
    True
    """
    from river import datasets

    if not 100 <= rows <= 49_097:
        raise ValueError(f"rows must be from 100 to 49,097, not {rows}")
    shuttle = list(datasets.Shuttle().take(rows))

    class BundledStream:
        def take(self, k: int) -> list[tuple[dict[str, Any], Any]]:
            return [(dict(x), y) for x, y in shuttle[:k]]

    with mock.patch.object(datasets, "CreditCard", BundledStream):
        yield


def river_check_estimator(detector: Any, rows: int = 2000) -> None:
    """Run `river.checks.check_estimator` without the network.

    Parameters
    ----------
    detector
        A River detector; it is cloned for every check.
    rows
        The most rows any check sees, from 100 to 49,097.

    Raises
    ------
    AssertionError
        If River finds fault with the detector.

    Examples
    --------
    >>> from river import anomaly
    >>> river_check_estimator(anomaly.HalfSpaceTrees(seed=1), rows=200)
    """
    from river import checks

    with bundled_stream(rows):
        checks.check_estimator(detector)


def sklearn_expected_failed_checks() -> dict[str, str]:
    """Return the checks of scikit-learn that no class with both faces can pass, with the reason.

    For the argument `expected_failed_checks` of `sklearn.utils.estimator_checks.check_estimator`.

    Examples
    --------
    >>> list(sklearn_expected_failed_checks())
    ['check_estimator_tags_renamed']
    """
    return {
        "check_estimator_tags_renamed": (
            "it refuses any class with _more_tags, scikit-learn's old hook, which "
            "river.base.Estimator defines for tags of its own"
        )
    }
