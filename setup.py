"""The kernels: an extension module for each .pxd file, where a C compiler is there.

Everything else about the package is in pyproject.toml.
"""

import os
from pathlib import Path

from setuptools import Extension, setup

# No contraction: a fused multiply-add would round differently from Python.
COMPILE = ["-O3", "-g0", "-ffp-contract=off", "-fno-math-errno"]

kernels = [
    Extension(
        ".".join(path.with_suffix("").parts),
        [str(path.with_suffix(".py"))],
        optional=True,
        extra_compile_args=COMPILE,
    )
    for path in sorted(Path("clipsgd_river/_kernels").rglob("*.pxd"))
]

setup(ext_modules=kernels, options={"build_ext": {"parallel": os.cpu_count()}})
