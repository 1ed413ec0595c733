"""What a state file says beside the numbers, and how a detector or a model comes back from it."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from clipsgd_river._settings import is_scheduler
from clipsgd_river._state import file_format

if TYPE_CHECKING:
    from clipsgd_river._state.saveable import Saveable

    Detector = TypeVar("Detector", bound=Saveable)

# Raised when the numbers of a state change their meaning.
STATE_VERSION = 6


def header_of(detector: Saveable, names: list[Any]) -> bytes:
    """Header of the state file; made again only when features or columns were added."""
    columns = getattr(detector, "n_features_in_", None)
    extra = detector._extra_fields()
    shape = (names, columns, extra)
    known_shape, known = detector.__dict__.get("_header", (None, b""))
    if shape == known_shape:
        return bytes(known)
    settings = detector._kernel.settings
    for name, value in settings.items():
        if is_scheduler(value):
            raise ValueError(
                f"a state file cannot keep {name}={value!r}, an object of River; use 'auto', "
                "another rule's name or a number, or pickle the whole"
            )
        if name == "holidays" and not isinstance(value, list | None):
            raise ValueError(
                f"a state file cannot keep {name} of type {type(value).__name__}; give a set of "
                "dates, or pickle the whole"
            )
    fields = {
        "detector": type(detector).__name__,
        "state_version": STATE_VERSION,
        "parameters": settings,
        "features": [file_format.encode_name(name) for name in names],
        "columns": columns,
        "column_names": [
            file_format.encode_name(name) for name in getattr(detector, "feature_names_in_", [])
        ],
        **extra,
    }
    header = file_format.make_header(fields)
    detector.__dict__["_header"] = (shape, header)
    return header


def kind_of(wanted: type[Detector], fields: dict[str, Any]) -> type[Detector]:
    """Class that a header names: ``wanted`` or one that inherits from it.

    Raises
    ------
    ValueError
        If the header is of another class or version.
    """
    version = fields.get("state_version")
    if version != STATE_VERSION:
        raise ValueError(
            f"the state has version {version!r}, and this release reads {STATE_VERSION}: learn "
            "anew, or use the release that wrote it"
        )
    kind = next((k for k in _family(wanted) if k.__name__ == fields.get("detector")), None)
    if kind is None:
        raise ValueError(
            f"the state is of a {fields.get('detector')!r}, not of a {wanted.__name__}: call "
            "from_bytes or load of that class"
        )
    return kind


def restored(kind: type[Detector], fields: dict[str, Any], numbers: array[float]) -> Detector:
    """Object of a class over one kernel with this state.

    Raises
    ------
    ValueError
        If header and numbers do not fit the class.
    """
    try:
        detector: Any = kind(**fields["parameters"])
        if not isinstance(fields["features"], list):
            raise TypeError("features are not a list")
        names = [file_format.decode_name(name) for name in fields["features"]]
        detector._kernel.restore(names, numbers)
        columns, column_names = fields["columns"], fields["column_names"]
        if column_names and not isinstance(column_names, list):
            raise TypeError("column names are not a list")
        column_names = [file_format.decode_name(name) for name in column_names or []]
    except (KeyError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise ValueError(f"the state's header does not fit a {kind.__name__}: {error}") from error
    detector._take_extra_fields(fields)
    if isinstance(columns, int) and columns >= 0:
        detector.n_features_in_ = columns
    if column_names:
        # An iterator: of a list NumPy would take names that are tuples apart.
        detector.feature_names_in_ = np.fromiter(iter(column_names), dtype=object)
    restored_detector: Detector = detector
    return restored_detector


def _family(kind: type[Detector]) -> list[type[Detector]]:
    members = [kind]
    for child in kind.__subclasses__():
        members += _family(child)
    return members
