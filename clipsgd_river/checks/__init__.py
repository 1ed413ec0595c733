"""The promises of a detector as checks that anyone can run on a detector of their own.

`check_detector` runs those that apply, found by what the detector can do; `yield_checks` gives
them one by one, for a test framework. Each check takes a detector, works on clones of it, and
raises an `AssertionError` that names the detector, the promise and the evidence.
`river_check_estimator` and `sklearn_expected_failed_checks` make the suites of both libraries run
on one class with both faces, and without the network.

Examples
--------
>>> from river import anomaly
>>> from clipsgd_river import checks
>>> checks.check_scoring_has_no_side_effect(anomaly.HalfSpaceTrees(seed=1))
>>> checks.check_far_events_score_above_near_ones(anomaly.OneClassSVM())  # doctest: +ELLIPSIS
Traceback (most recent call last):
    ...
AssertionError: OneClassSVM breaks check_far_events_score_above_near_ones (an event far \
off in any feature scores above a typical one.): feature ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clipsgd_river.checks import (
    batches,
    columns,
    copies,
    explanations,
    features,
    robustness,
    scoring,
    sklearn_face,
    state_files,
    suites,
    values,
)
from clipsgd_river.checks._promise import Check, applies
from clipsgd_river.checks.batches import *  # noqa: F403
from clipsgd_river.checks.columns import *  # noqa: F403
from clipsgd_river.checks.copies import *  # noqa: F403
from clipsgd_river.checks.explanations import *  # noqa: F403
from clipsgd_river.checks.features import *  # noqa: F403
from clipsgd_river.checks.robustness import *  # noqa: F403
from clipsgd_river.checks.scoring import *  # noqa: F403
from clipsgd_river.checks.sklearn_face import *  # noqa: F403
from clipsgd_river.checks.state_files import *  # noqa: F403
from clipsgd_river.checks.suites import *  # noqa: F403
from clipsgd_river.checks.values import *  # noqa: F403

__all__ = ["check_detector", "yield_checks"]
__all__ += scoring.__all__
__all__ += values.__all__
__all__ += features.__all__
__all__ += batches.__all__
__all__ += sklearn_face.__all__
__all__ += copies.__all__
__all__ += state_files.__all__
__all__ += explanations.__all__
__all__ += robustness.__all__
__all__ += columns.__all__
__all__ += suites.__all__

# In the order a reader wants failures: what a score is comes before what a saved one is.
_MODULES = (
    scoring,
    values,
    features,
    batches,
    sklearn_face,
    copies,
    state_files,
    explanations,
    robustness,
    columns,
)


def yield_checks(detector: Any) -> Iterator[Check]:
    """Yield the checks that apply to a detector.

    Parameters
    ----------
    detector
        An instance; which methods it has, and whether it is supervised, decides.

    Examples
    --------
    >>> from river import anomaly
    >>> names = [check.__name__ for check in yield_checks(anomaly.HalfSpaceTrees())]
    >>> "check_pickle" in names, "check_save_and_load" in names
    (True, False)
    """
    for module in _MODULES:
        for name in module.__all__:
            check: Check = getattr(module, name)
            if applies(check, detector):
                yield check


def check_detector(detector: Any, expected_failed: Mapping[str, str] | None = None) -> list[str]:
    """Run every check that applies to a detector.

    Some sixty checks on streams of a few hundred events: a second or two for a compiled detector.

    Parameters
    ----------
    detector
        An instance; it is cloned for every check and stays as it is.
    expected_failed
        Name of a check -> why the detector is not meant to pass it. Such a check is run too: that
        it passes after all is an error, so that reasons do not outlive their cause.

    Returns
    -------
    list
        The names of the checks that ran.

    Raises
    ------
    AssertionError
        If a promise is broken, all of them in one message; or if a check that was expected to
        fail passed.
    ValueError
        If `expected_failed` names a check that does not apply.

    Examples
    --------
    >>> from clipsgd_river.anomaly import ClippedZScore
    >>> names = check_detector(ClippedZScore())
    >>> "check_learn_many_equals_learn_one" in names
    True
    """
    expected = dict(expected_failed or {})
    suite = {check.__name__: check for check in yield_checks(detector)}
    if unknown := expected.keys() - suite.keys():
        raise ValueError(
            f"no such checks for {type(detector).__name__}: {sorted(unknown)}; there are "
            f"{sorted(suite)}"
        )
    failures = []
    for name, check in suite.items():
        try:
            check(detector)
        except AssertionError as error:
            if name not in expected:
                failures.append(str(error))
        else:
            if name in expected:
                failures.append(
                    f"{name} was expected to fail ({expected[name]}) but passes: drop the entry"
                )
    if failures:
        raise AssertionError("\n".join(failures))
    return list(suite)
