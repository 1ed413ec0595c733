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
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

PURE_PYTHON = os.environ.get("CLIPSGD_PURE_PYTHON", "0") not in ("", "0")


class KernelLoader(SourceFileLoader):
    """Runs the source of a kernel, with a stand-in for Cython where that is not installed.

    A kernel says ``import cython``, as Cython has to see it in the source, and uncompiled really
    does so. The stand-in is there while a kernel is imported, and then no more: other packages must
    go on finding no Cython.
    """

    def exec_module(self, module: ModuleType) -> None:
        """Run the source."""
        if "cython" in sys.modules or CYTHON_IS_INSTALLED:
            super().exec_module(module)
            return
        sys.modules["cython"] = import_module(f"{__name__}.core._shim")
        try:
            super().exec_module(module)
        finally:
            del sys.modules["cython"]


class KernelFinder(MetaPathFinder):
    """Finds the source of a kernel: where there is no compiled module, or before that."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Spec of the module, for modules of this package only."""
        room, _, name = fullname.removeprefix(f"{__name__}.").partition(".")
        if not fullname.startswith(f"{__name__}.") or not name or name == "_shim":
            return None
        if not PURE_PYTHON:
            spec = PathFinder.find_spec(fullname, path)
            if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
                return spec
        source = Path(__file__).parent / room / f"{name}.py"
        return spec_from_file_location(fullname, source, loader=KernelLoader(fullname, str(source)))


CYTHON_IS_INSTALLED = find_spec("cython") is not None
if PURE_PYTHON or not CYTHON_IS_INSTALLED:
    sys.meta_path.insert(0, KernelFinder())

from clipsgd_river._kernels.core import features  # noqa: E402 (after the finder)

COMPILED: bool = not features.__file__.endswith(".py")

if not COMPILED and not PURE_PYTHON:
    warnings.warn(
        "clipsgd_river runs uncompiled: every result is the same, but 40 to 400 times slower. "
        "Install it again with a C compiler present to build its kernels.",
        RuntimeWarning,
        stacklevel=2,
    )
