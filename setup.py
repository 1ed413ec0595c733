"""The kernels: an extension module for each .pxd file, where a C compiler works."""

import os
from pathlib import Path

from setuptools import Extension, errors, setup
from setuptools.command.build_ext import build_ext

# No contraction: a fused multiply-add would round differently from Python.
COMPILE = ["-O3", "-g0", "-ffp-contract=off", "-fno-math-errno"]
DIRECTIVES = {"auto_pickle": False, "binding": False, "emit_code_comments": False}
KERNELS = [p.with_suffix("") for p in sorted(Path("clipsgd_river/_kernels").rglob("*.pxd"))]
ARGUMENTS = {"optional": True, "extra_compile_args": COMPILE, "extra_link_args": ["-Wl,-s"]}


class BuildKernels(build_ext):  # noqa: D101
    def build_extensions(self):  # noqa: D102
        self.mkpath(self.build_temp)
        probe = Path(self.build_temp, "probe.c")
        probe.write_text("#include <Python.h>\n")
        try:  # Translating the kernels to C takes a while: not where it would be for nothing.
            self.compiler.compile([str(probe)], output_dir=self.build_temp)
            super().build_extensions()
        except (errors.CompileError, errors.PlatformError):
            self.warn("no C compiler works, so clipsgd_river will run uncompiled")


options = {"build_ext": {"parallel": os.cpu_count(), "cython_directives": DIRECTIVES}}
extensions = [Extension(".".join(k.parts), [f"{k}.py"], **ARGUMENTS) for k in KERNELS]
setup(ext_modules=extensions, options=options, cmdclass={"build_ext": BuildKernels})
