"""State files of what consists of other saveable things: wrappers, ensembles, a model per key.

The file of a wrapper is one container like any other. Its header holds the headers of the parts,
its numbers are one block for the wrapper and one for each part, each led by its length; so files
nest to any depth. A part from elsewhere, an object of River or scikit-learn, has no state without
pickle: `to_bytes` says so. A River pipeline of steps from this package is a `SaveablePipeline`.

A class with fixed parts names them in ``_part_kinds``, keeps the part ``name`` as ``self._name``
(and, where the user gave it, as the parameter ``self.name``), and gives numbers of its own by
``_own_numbers`` and ``_take_own_numbers``. One whose parts come and go, as a model per key,
overrides ``_parts`` and ``_take_parts``.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from river import base, compose

from clipsgd_river._state import file_format
from clipsgd_river._state.header import STATE_VERSION, kind_of
from clipsgd_river._state.saveable import Saveable


class SaveableWrapper(Saveable):
    """Methods of a River object whose state is that of its parts and numbers of its own."""

    #: Name of each part -> the class, or classes, that it must be of.
    _part_kinds: ClassVar[dict[str, Any]] = {}

    def create_state(self) -> None:
        """Create the state of the parts now instead of at the first event."""
        for part in self._parts().values():
            if isinstance(part, Saveable):
                part.create_state()

    def _parts(self) -> dict[Any, Any]:
        """The parts by name; names are what names of features may be."""
        return {name: getattr(self, f"_{name}") for name in self._part_kinds}

    def _take_parts(self, parts: dict[Any, Any]) -> None:
        """Take over parts read from a file; ``ValueError`` if they are others than wanted."""
        if parts.keys() != self._part_kinds.keys():
            raise ValueError(
                f"the state has the parts {list(parts)} where {list(self._part_kinds)} belong"
            )
        for name, part in parts.items():
            if not isinstance(part, self._part_kinds[name]):
                raise ValueError(f"the state has a {type(part).__name__} as {name}")
            setattr(self, f"_{name}", part)

    def _own_numbers(self) -> array[float]:
        """The state beside that of the parts."""
        return array("d")

    def _take_own_numbers(self, numbers: array[float]) -> None:
        """Take over what `_own_numbers` gave; ``ValueError`` if it is impossible."""
        if numbers:
            raise ValueError(f"the state has {len(numbers)} numbers too many: it is damaged")

    def _saved_parameters(self) -> dict[str, Any]:
        """Parameters by name; those that are not parts, as JSON can hold them."""
        return {name: getattr(self, name) for name in self._get_params()}  # type: ignore[attr-defined]  # River's

    @classmethod
    def _read_parameters(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        """Parameters for the constructor from what `_saved_parameters` gave."""
        return parameters

    def _state(self) -> tuple[bytes, array[float]]:
        parts = self._parts()
        whole = type(self).__name__.removeprefix("Saveable")
        heads, blocks = states_of(
            (
                f"the {name} of {whole}",
                SaveablePipeline(part) if isinstance(part, compose.Pipeline) else part,
            )
            for name, part in parts.items()
        )
        return self._header(parts, heads), joined([self._own_numbers(), *blocks])

    def _header(self, parts: dict[Any, Any], heads: list[bytes]) -> bytes:
        """Header of the file; made again only when that of a part, or a field, is another."""
        extra = self._extra_fields()
        shape = (list(parts), heads, extra)
        known_shape, known = self.__dict__.get("_header_made", (None, b""))
        if shape == known_shape:
            return bytes(known)
        names = {id(part): name for name, part in parts.items()}
        params = self._saved_parameters()
        given = {name: names[id(value)] for name, value in params.items() if id(value) in names}
        header = file_format.make_header(
            {
                "detector": type(self).__name__,
                "state_version": STATE_VERSION,
                "parameters": {name: params[name] for name in params if name not in given},
                "given": {name: file_format.encode_name(part) for name, part in given.items()},
                "parts": [
                    [file_format.encode_name(name), file_format.parse_header(head)]
                    for name, head in zip(parts, heads, strict=True)
                ],
                **extra,
            }
        )
        self.__dict__["_header_made"] = (shape, header)
        return header

    @classmethod
    def _from_state(cls, fields: dict[str, Any], numbers: array[float]) -> Self:
        own, *blocks = split(numbers)
        try:
            heads = {file_format.decode_name(name): head for name, head in fields["parts"]}
            if len(heads) != len(blocks) or len(heads) != len(fields["parts"]):
                raise TypeError(f"{len(blocks)} blocks of numbers for {len(heads)} parts")
            parts = {}
            for (name, head), block in zip(heads.items(), blocks, strict=True):
                if not isinstance(head, dict):
                    raise TypeError(f"part {name!r} has no header")
                parts[name] = kind_of(Saveable, head)._from_state(head, block)
            given = {
                parameter: parts[file_format.decode_name(name)]
                for parameter, name in fields["given"].items()
            }
            wrapper = cls(**cls._read_parameters(fields["parameters"]), **given)
        except (
            AttributeError,
            LookupError,
            MemoryError,
            RecursionError,
            TypeError,
            ValueError,
        ) as error:
            raise ValueError(
                f"the state's header does not fit a {cls.__name__}: {error}"
            ) from error
        wrapper._take_parts(parts)
        wrapper._take_extra_fields(fields)
        wrapper._take_own_numbers(own)
        return wrapper


class SaveablePipeline(SaveableWrapper):
    """State files of a River pipeline, alone or as a part of others; `from_bytes` gives it back.

    Parameters
    ----------
    pipeline
        Its steps must be saveable, or pipelines again.
    """

    def __init__(self, pipeline: compose.Pipeline | None = None) -> None:
        self.pipeline = compose.Pipeline() if pipeline is None else pipeline

    def _get_params(self) -> dict[str, Any]:
        return {}

    def _parts(self) -> dict[Any, Any]:
        return dict(self.pipeline.steps)

    def _take_parts(self, parts: dict[Any, Any]) -> None:
        if not all(isinstance(part, base.Estimator) for part in parts.values()):
            raise ValueError(f"the state has steps of a pipeline that are none: {list(parts)}")
        self.pipeline = compose.Pipeline(*parts.items())

    @classmethod
    def _from_state(cls, fields: dict[str, Any], numbers: array[float]) -> Any:
        return super()._from_state(fields, numbers).pipeline


def states_of(parts: Iterable[tuple[str, Any]]) -> tuple[list[bytes], list[array[float]]]:
    """Headers and numbers of parts; ``ValueError`` if one has none, by its name in messages."""
    heads, blocks = [], []
    for name, part in parts:
        if not isinstance(part, Saveable):
            raise ValueError(
                f"a state file cannot keep {name}, a {type(part).__name__}, which is not from "
                "clipsgd_river; pickle the whole"
            )
        head, numbers = part._state()
        heads.append(head)
        blocks.append(numbers)
    return heads, blocks


def joined(blocks: list[array[float]]) -> array[float]:
    numbers = array("d")
    for block in blocks:
        numbers.append(len(block))
        numbers.extend(block)
    return numbers


def split(numbers: array[float]) -> list[array[float]]:
    """Blocks of `joined`, at least one; ``ValueError`` if lengths and numbers do not fit."""
    blocks = []
    position = 0
    while position < len(numbers):
        length = numbers[position]
        start = position + 1
        # Written so that NaN fails; what is left bounds what a forged length can claim.
        if not (0.0 <= length <= len(numbers) - start and length == int(length)):
            raise ValueError(f"the state claims a part of {length} numbers: it is damaged")
        position = start + int(length)
        blocks.append(numbers[start:position])
    if not blocks:
        raise ValueError("the state has no numbers: it was cut")
    return blocks
