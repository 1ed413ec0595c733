"""Hot loops: compiled by Cython where a compiler was there, plain Python otherwise.

One source serves both: each module is a ``.py`` file with the code and, beside it, a ``.pxd`` file
with the C types of its classes, which Python never reads. Kernels do not import River,
scikit-learn or data frames, and do not validate.

The environment variable ``CLIPSGD_PURE_PYTHON``, set to anything but ``0`` before the first
import, runs the sources even where compiled modules are installed.
"""

import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

PURE_PYTHON = os.environ.get("CLIPSGD_PURE_PYTHON", "0") not in ("", "0")


class SourceFinder(MetaPathFinder):
    """Finds the source of a kernel module before its compiled form."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Spec of the source file, for modules of this package only."""
        package, *names = fullname.removeprefix(__name__ + ".").split(".")
        if not fullname.startswith(__name__ + ".") or not names:
            return None
        return spec_from_file_location(
            fullname, Path(__file__).parent.joinpath(package, *names).with_suffix(".py")
        )


def import_without_cython() -> None:
    """Import every kernel that is not compiled, with `core._shim` as its ``cython``.

    A kernel says ``import cython``, as Cython has to see it in the source, and uncompiled really
    does so. Where Cython is not installed the stand-in is there while kernels are imported, and
    then no more: other packages must go on finding no Cython.
    """
    sys.modules["cython"] = import_module(f"{__name__}.core._shim")
    try:
        for path in sorted(Path(__file__).parent.rglob("[!_]*.py")):
            kernel = ".".join((__name__, *path.relative_to(path.parents[1]).with_suffix("").parts))
            spec = find_spec(kernel)
            if spec is not None and spec.origin is not None and spec.origin.endswith(".py"):
                import_module(kernel)
    finally:
        del sys.modules["cython"]


if PURE_PYTHON:
    sys.meta_path.insert(0, SourceFinder())
if find_spec("cython") is None:
    import_without_cython()

from clipsgd_river._kernels.core import features  # noqa: E402 (after the finder and the stand-in)

COMPILED: bool = not features.__file__.endswith(".py")

if not COMPILED and not PURE_PYTHON:
    warnings.warn(
        "clipsgd_river runs uncompiled: every result is the same, but 40 to 400 times slower. "
        "Install it again with a C compiler present to build its kernels.",
        RuntimeWarning,
        stacklevel=2,
    )
