"""Decoding of JSON to dataclasses, and the sentences for what cannot be one."""

from __future__ import annotations

import dataclasses
import math
import re
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, cast

from svbrdf_core.codec.fields import FieldSpec, bare, dataclass_in, fields_of, members
from svbrdf_core.codec.files import LOCAL, Files, InputFile, OutputFile, at
from svbrdf_core.codec.wording import describe_type, format_value
from svbrdf_core.errors import FieldError, InputError

T = TypeVar("T")
DEEPEST = 16
"""Objects and lists in each other, where any JSON may stand."""
NOTHING: Mapping[str, Any] = {}


def decode(
    kind: type[T],
    data: object,
    where: str = "",
    files: Files = LOCAL,
    *,
    supplied: Mapping[str, Any] = NOTHING,
) -> T:
    """Return the dataclass, or a value of any type that a field of one may have, that JSON stands for.

    Types: dataclasses, ``bool``, ``int``, ``float``, ``str``, ``Path``, `InputFile`, `OutputFile`, ``Literal``,
    enumerations by value, ``tuple``, ``Sequence`` (a tuple), ``Mapping``, unions, and ``object`` for any JSON, in which
    objects that name a file become `InputFile`. A bool is no number; ``1.0`` is an int as in JSON schema. An
    `InputFile` or a member of an enumeration may stand for itself.

    Args:
        kind: the type.
        data: what ``json.loads`` returned.
        where: the path of the field that is decoded, for errors: they read ``hole.grow must be …``.
        files: how files are named.
        supplied: values of fields, by path, that are not read from the data; a field that is ``local`` where ``files``
            are not has its default if it is not supplied.

    Raises:
        FieldError: a field is missing, unknown, of another type or out of bounds; the sentence names it.
    """
    return cast(T, _Decoder(files, supplied).value(kind, data, where, NOTHING))


class _Decoder:
    def __init__(self, files: Files, supplied: Mapping[str, Any]) -> None:
        self._files, self._supplied = files, supplied

    def value(self, hint: Any, data: object, where: str, bounds: Mapping[str, Any]) -> Any:
        hint = bare(hint)
        alternatives = members(hint)
        if len(alternatives) > 1:
            return self._decode_union(hint, alternatives, data, where, bounds)
        if hint is InputFile:
            return data if isinstance(data, InputFile) else self._files.input_from_json(where, data)
        if hint is OutputFile:
            found = self._files.output_from_json(where, data)
            if found is None:
                raise FieldError("{} must be a file.", where)
            return found
        if hint in (object, Any):
            return self._decode_anything(data, where, DEEPEST)
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            return self._dataclass(hint, data, where)
        if hint in (bool, int, float, str, Path, types.NoneType):
            return _scalar(hint, data, where, bounds)
        return self._compound(hint, data, where, bounds)

    def _compound(self, hint: Any, data: object, where: str, bounds: Mapping[str, Any]) -> Any:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Literal:
            return _choice({option: option for option in arguments}, hint, data, where)
        if isinstance(hint, type) and issubclass(hint, Enum):
            return _choice({member.value: member for member in hint}, hint, data, where)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return self._decode_mapping(arguments[1], data, where, hint, bounds)
        if origin is tuple and arguments[1:] != (Ellipsis,):
            return self._decode_fixed_tuple(arguments, data, where, hint)
        if isinstance(origin, type) and issubclass(origin, Sequence):
            items = _list(data, where, hint, bounds)
            return tuple(self.value(arguments[0], one, f"{where}[{n}]", NOTHING) for n, one in enumerate(items))
        raise TypeError(f"the codec does not know the type {hint!r} of {where}")

    def _dataclass(self, kind: type, data: object, where: str) -> Any:
        if not isinstance(data, Mapping):
            raise _refusal(where, kind, data)
        known = {field.name: field for field in fields_of(kind) if not self._is_absent(field, at(where, field.name))}
        for name in data:
            if name not in known:
                choice = f"choose from {', '.join(known)}" if known else "none may be given"
                raise FieldError(f"There is no {{}}; {choice}.", at(where, format_value(name, quoted=False)))
        found = {name: value for name, value in self._read_supplied(kind, where).items() if name not in known}
        for name, field in known.items():
            if name in data or (field.required and dataclass_in(field.hint) is not None):
                found[name] = self.value(field.hint, data.get(name, {}), at(where, name), field.metadata)
            elif field.required:
                must = describe_type(field.hint, field.metadata)
                raise FieldError(f"{{}} is missing; it must be {must}.", at(where, name))
        try:
            return kind(**found)
        except ValueError as error:
            raise FieldError(f"{{}} cannot be used: {error}.", where) from error

    def _is_absent(self, field: FieldSpec, where: str) -> bool:
        """Whether a field is not read from the data."""
        return where in self._supplied or (field.local and not self._files.local)

    def _read_supplied(self, kind: type, where: str) -> dict[str, Any]:
        places = {field.name: at(where, field.name) for field in fields_of(kind)}
        return {name: self._supplied[place] for name, place in places.items() if place in self._supplied}

    def _decode_union(
        self, hint: Any, alternatives: Sequence[Any], data: object, where: str, bounds: Mapping[str, Any]
    ) -> Any:
        if OutputFile in alternatives and types.NoneType in alternatives:
            return self._files.output_from_json(where, data)
        if data is None and types.NoneType in alternatives:
            return None
        others = [member for member in alternatives if member is not types.NoneType]
        chosen = others if len(others) == 1 else [one for one in others if self._suits(one, data)]
        if len(chosen) != 1 or (data is None and len(others) > 1):
            raise _refusal(where, hint, data)
        try:
            return self.value(chosen[0], data, where, bounds)
        except InputError:
            if len(others) == 1 and not self._suits(chosen[0], data):  # it may be null too
                raise _refusal(where, hint, data, bounds) from None
            raise

    def _suits(self, hint: Any, data: object) -> bool:
        """Whether data has the form of a type, so that what is wrong with it is best said in that type's words."""
        if hint is InputFile:
            return isinstance(data, InputFile) or (isinstance(data, Mapping) and self._files.is_input(data))
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            if not isinstance(data, Mapping):
                return False
            return not data or bool({field.name for field in fields_of(hint)} & set(data))
        origin = typing.get_origin(hint)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return isinstance(data, Mapping)
        if isinstance(origin, type) and issubclass(origin, Sequence):
            return _is_list(data)
        try:
            self.value(hint, data, "", NOTHING)
        except InputError:
            return False
        return True

    def _decode_mapping(
        self, hint: Any, data: object, where: str, whole: Any, bounds: Mapping[str, Any]
    ) -> dict[str, Any]:
        if not isinstance(data, Mapping) or not all(isinstance(name, str) for name in data):
            raise _refusal(where, whole, data, bounds)
        _check_length(len(data), whole, data, where, bounds)
        return {name: self.value(hint, item, at(where, name), NOTHING) for name, item in data.items()}

    def _decode_fixed_tuple(self, arguments: Sequence[Any], data: object, where: str, hint: Any) -> tuple[Any, ...]:
        if not _is_list(data) or len(cast(Sequence[object], data)) != len(arguments):
            raise _refusal(where, hint, data)
        pairs = zip(arguments, cast(Sequence[object], data), strict=True)
        return tuple(self.value(one, item, f"{where}[{n}]", NOTHING) for n, (one, item) in enumerate(pairs))

    def _decode_anything(self, data: object, where: str, deep: int) -> Any:
        if isinstance(data, InputFile) or data is None or isinstance(data, bool | int):
            return data
        if isinstance(data, float):
            return _scalar(float, data, where, NOTHING)
        if isinstance(data, str):
            return _scalar(str, data, where, NOTHING)
        if not deep:
            raise FieldError(f"{{}} holds objects or lists in each other more than {DEEPEST} deep.", where[:200])
        if isinstance(data, Mapping) and all(isinstance(name, str) for name in data):
            if self._files.is_input(data):
                return self._files.input_from_json(where, data)
            return {name: self._decode_anything(item, at(where, name), deep - 1) for name, item in data.items()}
        if _is_list(data):
            items = cast(Sequence[object], data)
            return [self._decode_anything(item, f"{where}[{number}]", deep - 1) for number, item in enumerate(items)]
        raise _refusal(where, object, data)


def _scalar(hint: Any, data: object, where: str, bounds: Mapping[str, Any]) -> Any:
    if hint in (str, Path):
        return _text(hint, data, where, bounds)
    if hint in (int, float):
        return _number(hint, data, where, bounds)
    if (hint is bool and isinstance(data, bool)) or (hint is types.NoneType and data is None):
        return data
    raise _refusal(where, hint, data, bounds)


def _text(hint: Any, data: object, where: str, bounds: Mapping[str, Any]) -> Any:
    if isinstance(data, Path) and hint is Path:
        return data
    if not isinstance(data, str) or "\0" in data:
        raise _refusal(where, hint, data, bounds)
    _check_length(len(data), hint, data, where, bounds)
    if "pattern" in bounds and not re.search(bounds["pattern"], data):
        raise _refusal(where, hint, data, bounds)
    return hint(data)


def _number(hint: Any, data: object, where: str, bounds: Mapping[str, Any]) -> Any:
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise _refusal(where, hint, data, bounds)
    if isinstance(data, float) and (not math.isfinite(data) or (hint is int and not data.is_integer())):
        raise _refusal(where, hint, data, bounds)
    low, high = bounds.get("ge", -math.inf), bounds.get("le", math.inf)
    above, below = bounds.get("gt", -math.inf), bounds.get("lt", math.inf)
    if not (low <= data <= high and above < data < below):
        raise _refusal(where, hint, data, bounds)
    try:
        return hint(data)
    except OverflowError:
        raise _refusal(where, hint, data, bounds) from None


def _choice(options: Mapping[Any, Any], hint: Any, data: object, where: str) -> Any:
    data = data.value if isinstance(data, Enum) else data
    for value, found in options.items():
        if type(value) is type(data) and value == data:
            return found
    raise _refusal(where, hint, data)


def _list(data: object, where: str, hint: Any, bounds: Mapping[str, Any]) -> Sequence[object]:
    if not _is_list(data):
        raise _refusal(where, hint, data, bounds)
    items = cast(Sequence[object], data)
    _check_length(len(items), hint, data, where, bounds)
    return items


def _is_list(data: object) -> bool:
    return isinstance(data, Sequence) and not isinstance(data, str | bytes)


def _check_length(length: int, hint: Any, data: object, where: str, bounds: Mapping[str, Any]) -> None:
    if not bounds.get("min_length", 0) <= length <= bounds.get("max_length", math.inf):
        raise _refusal(where, hint, data, bounds)


def _refusal(where: str, hint: Any, data: object, bounds: Mapping[str, Any] = NOTHING) -> FieldError:
    return FieldError(f"{{}} must be {describe_type(hint, bounds)}, not {format_value(data)}.", where)
