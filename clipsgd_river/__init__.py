"""Real-time anomaly detection under drift by clipped SGD, for River and scikit-learn.

Subpackages load on first use; none needs an extra to be imported.
"""

import importlib
import importlib.metadata
from types import ModuleType
from typing import TYPE_CHECKING

from clipsgd_river._kernels import COMPILED

if TYPE_CHECKING:
    from clipsgd_river import (
        alerts,
        anomaly,
        checks,
        compat,
        datasets,
        drift,
        feature_extraction,
        linear_model,
        metrics,
        optim,
        plot,
        preprocessing,
        proba,
        stats,
        time_series,
    )

__version__ = "0.1.0"

__all__ = [
    "COMPILED",
    "__version__",
    "alerts",
    "anomaly",
    "checks",
    "compat",
    "datasets",
    "drift",
    "feature_extraction",
    "linear_model",
    "metrics",
    "optim",
    "plot",
    "preprocessing",
    "proba",
    "show_versions",
    "stats",
    "time_series",
]

_SUBPACKAGES = frozenset(__all__) - {"COMPILED", "__version__", "show_versions"}


def __getattr__(name: str) -> ModuleType:
    if name in _SUBPACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def show_versions() -> None:
    """Print the versions a bug report needs.

    Examples
    --------
    >>> import clipsgd_river
    >>> clipsgd_river.show_versions()  # doctest: +ELLIPSIS
    clipsgd-river: ...
    compiled: ...
    """
    import platform

    names = ["river", "scikit-learn", "numpy", "scipy", "narwhals"]
    extras = ["typer", "rich", "jinja2", "pyarrow", "pandas", "polars", "matplotlib"]
    lines = [f"clipsgd-river: {__version__}", f"compiled: {COMPILED}"]
    for name in names + extras:
        try:
            lines.append(f"{name}: {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            if name in names:
                lines.append(f"{name}: missing")
    lines.append(f"python: {platform.python_version()} on {platform.platform()}")
    print("\n".join(lines))  # noqa: T201 (printing is what it is for)
