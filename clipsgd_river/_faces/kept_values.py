"""State files of what keeps values of categories, which are no numbers."""

from __future__ import annotations

from array import array
from typing import Any, Self

from clipsgd_river import _settings
from clipsgd_river._kernels.preprocessing.as_key import LONGEST
from clipsgd_river._state.file_format import decode_name, encode_name
from clipsgd_river._state.saveable import Saveable


class KeepsValues(Saveable):
    """Methods of a class whose kernel has ``kept`` and ``take_kept``, and a parameter ``given``.

    Goes before `KernelOwner` among the bases.
    """

    def _state(self) -> tuple[bytes, array[float]]:
        state = super()._state()
        # It names all values: not to be kept twice.
        self.__dict__.pop("_header")
        return state

    @classmethod
    def _from_state(cls, fields: dict[str, Any], numbers: array[float]) -> Self:
        parameters = fields.get("parameters")
        try:
            # JSON has no dict with names that are not text.
            given = dict(_settings.pairs(parameters["given"]) or ())  # type: ignore[index]
            fields = {**fields, "parameters": {**parameters, "given": given or None}}  # type: ignore[dict-item]
        except (KeyError, TypeError) as error:
            raise ValueError(f"the state has impossible parameters: {error}") from error
        return super()._from_state(fields, numbers)

    def _extra_fields(self) -> dict[str, Any]:
        return {"values": [[encode_key(key) for key in keys] for keys in self._kernel.kept()]}

    def _take_extra_fields(self, fields: dict[str, Any]) -> None:
        found = fields.get("values")
        if not isinstance(found, list) or not all(isinstance(keys, list) for keys in found):
            raise ValueError("the state has no values: it is damaged")
        self._kernel.take_kept([[decode_key(key) for key in keys] for keys in found])


def encode_key(key: Any) -> Any:
    """Kept value as JSON has it."""
    return {"bytes": key.hex()} if isinstance(key, bytes) else encode_name(key)


def decode_key(value: Any) -> Any:
    """Kept value that `encode_key` encoded; ``ValueError`` if it encodes none."""
    if isinstance(value, dict) and isinstance(value.get("bytes"), str):
        key: Any = bytes.fromhex(value["bytes"])
    else:
        key = decode_name(value)
    is_digest = isinstance(key, tuple) and len(key) == 1 and isinstance(key[0], str)
    if isinstance(key, bool) or (isinstance(key, tuple) and not is_digest):
        raise ValueError(f"the state keeps {key!r:.60} as a value: it is damaged")
    if isinstance(key, str | bytes) and len(key) > LONGEST:
        raise ValueError("the state keeps a value that is too long: it is damaged")
    return key
