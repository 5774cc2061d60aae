"""Encoding of dataclasses to JSON."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from svbrdf_core.codec.fields import fields_of, members
from svbrdf_core.codec.files import LOCAL, Files, InputFile, LocalFiles, OutputFile, at
from svbrdf_core.codec.plain import Json


def encode(value: object, files: Files = LOCAL, where: str = "") -> Json:
    """Return a dataclass, or a value that a field of one may have, as JSON that `decode` makes the same of.

    Args:
        value: the dataclass.
        files: how files are named; fields that are ``local`` are left out if those of ``files`` are not.
        where: the field's path, for ``files``.
    """
    if isinstance(value, InputFile):
        return files.input_to_json(where, value)
    if isinstance(value, OutputFile):
        return files.output_to_json(where, value)
    if isinstance(value, Enum):
        return encode(value.value, files, where)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields_to_json(value, files, where)
    if isinstance(value, Mapping):
        return {str(name): encode(item, files, at(where, str(name))) for name, item in value.items()}
    if isinstance(value, Path):
        # Absolute, since another process may have another current folder; elsewhere a path is one in an upload.
        return os.path.abspath(value) if files.local else value.as_posix()  # noqa: PTH100
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Sequence):
        return [encode(item, files, f"{where}[{number}]") for number, item in enumerate(value)]
    raise TypeError(f"{where or 'the value'} is a {type(value).__name__}, which JSON does not know")


def _fields_to_json(value: Any, files: Files, where: str) -> Json:
    found: dict[str, Json] = {}
    for field in fields_of(type(value)):
        if field.local and not files.local:
            continue
        item, place = getattr(value, field.name), at(where, field.name)
        if item is None and OutputFile in members(field.hint):
            found[field.name] = files.output_to_json(place, None)
        else:
            found[field.name] = encode(item, files, place)
    return found


def changed_fields(value: object) -> dict[str, object]:
    """Return the fields of a dataclass that are not as by default, by name; ``{}`` for None.

    Of a dataclass in it, the fields that are not as in that class. All is JSON but files, which stay `InputFile`.
    """
    if value is None:
        return {}
    usual = type(value)()
    found: dict[str, object] = {}
    for field in fields_of(type(value)):
        item = getattr(value, field.name)
        if item != getattr(usual, field.name):
            found[field.name] = changed_fields(item) if _is_settings(item) else encode(item, _KEPT)
    return found


class _KeptFiles(LocalFiles):
    def input_to_json(self, where: str, file: InputFile) -> Any:
        return file


_KEPT = _KeptFiles()


def _is_settings(item: object) -> bool:
    return dataclasses.is_dataclass(item) and not isinstance(item, type | InputFile | OutputFile)
