"""Decoding of what people type: one value, by the type of the field that it is for."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from svbrdf_core.codec.fields import FieldSpec, bare, dataclass_in, fields_of, members
from svbrdf_core.codec.files import InputFile, at
from svbrdf_core.errors import FieldError, InputError

YES, NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
NONE = ("none", "null", "")


def setting_from_text(kind: type, text: str, where: str = "") -> Mapping[str, object]:
    """Return what ``NAME=VALUE`` says about a dataclass, as data that `decode` takes; names in others have dots.

    Args:
        kind: the dataclass.
        text: ``levels=5``, ``patch.mirrors=true``, ``model=file.safetensors``.
        where: the path of the dataclass, for errors.

    Raises:
        InputError: the form is another, there is no such field, or it has settings of its own.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError(f'"{text}" is not of the form NAME=VALUE.')
    return _nest_setting(kind, name.strip().split("."), value.strip(), where)


def _nest_setting(kind: type, names: Sequence[str], value: str, where: str) -> dict[str, object]:
    field = _field(kind, names[0], where)
    place, inner = at(where, names[0]), dataclass_in(field.hint)
    if len(names) == 1:
        if inner is not None:
            few = ", ".join(f"{place}.{one.name}" for one in fields_of(inner))
            raise FieldError(f"{{}} has settings of its own; give one of them: {few}.", place)
        return {names[0]: value_from_text(field.hint, value, place)}
    if inner is None:
        raise FieldError(f"There is no {{}}; {place} has no settings of its own.", at(where, ".".join(names)))
    return {names[0]: _nest_setting(inner, names[1:], value, place)}


def _field(kind: type, name: str, where: str) -> FieldSpec:
    found = {field.name: field for field in fields_of(kind)}
    if name not in found:
        choice = f"choose from {', '.join(at(where, one) for one in found)}" if found else "none may be given"
        raise FieldError(f"There is no {{}}; {choice}.", at(where, name))
    return found[name]


def value_from_text(hint: Any, text: str, where: str) -> object:
    """Return the data of one value of a type; what has no way to be typed is read as JSON.

    Of a union the first type that the text can be counts. A text that can be none of the types is returned as it is,
    for `decode` to refuse.
    """
    alternatives = [bare(member) for member in members(hint)]
    if types.NoneType in alternatives and text.lower() in NONE:
        return None
    for kind in alternatives:
        if kind is not types.NoneType:
            found = _of_one(kind, text, where)
            if found is not _NONE:
                return found
    return text


_NONE = object()


def _of_one(kind: Any, text: str, where: str) -> object:
    """Return the data of a value of a type that is no union; `_NONE` for what it cannot be."""
    if kind is InputFile:
        return InputFile(Path(text))
    if kind in (str, Path):
        return text
    if kind is bool:
        return True if text.lower() in YES else False if text.lower() in NO else _NONE
    if kind in (int, float):
        return _number(kind, text)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _match_literal([member.value for member in kind], text)
    if typing.get_origin(kind) is typing.Literal:
        return _match_literal(typing.get_args(kind), text)
    origin = typing.get_origin(kind)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        item = typing.get_args(kind)[0]
        return [value_from_text(item, part.strip(), where) for part in text.split(",") if part.strip()]
    return _as_json(text)


def _number(kind: Any, text: str) -> object:
    try:
        return kind(text)
    except ValueError:
        return _NONE


def _match_literal(values: Sequence[Any], text: str) -> object:
    return next((value for value in values if str(value) == text), _NONE)


def _as_json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
