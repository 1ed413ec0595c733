"""What uncompiled kernels need of the ``cython`` module, for machines that do not have it.

Types appear only in annotations, which Python never evaluates here, so a handful of names is
enough. The package of the kernels puts it in place.
"""

from contextlib import nullcontext
from typing import Any

compiled = False
nogil = gil = nullcontext()
Py_ssize_t = longlong = int = int  # noqa: A001  # the names are those of C


def cast(kind: type[Any], value: Any) -> Any:
    """Convert as a C cast does; an object stays what it is."""
    return value if isinstance(value, kind) else kind(value)
