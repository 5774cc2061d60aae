"""Descriptions of dataclass fields: the single source of bounds, schemas, command line options and docs tables."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from svbrdf_core.codec.files import InputFile, OutputFile

MISSING = dataclasses.MISSING


def option(
    default: Any = MISSING,
    description: str = "",
    *,
    factory: Callable[[], Any] | None = None,
    local: bool = False,
    **described: Any,
) -> Any:
    """Return a dataclass field with a default and a description.

    Args:
        default: the value when none is given; a field without ``default`` and ``factory`` is required.
        description: what it is, in a sentence that help texts, schemas and docs share.
        factory: makes the default, if it is mutable.
        local: whether the field means something on one machine only, and is left out where files are not local paths.
        described: more metadata. Known to the codec, and under the same names to pydantic: ``ge``, ``le``, ``gt``,
            ``lt`` of numbers, ``min_length``, ``max_length`` of texts and lists, ``pattern`` of texts (a regular
            expression that is searched for). Known to the command line: ``flags``, ``metavar``, ``panel``,
            ``none_flag`` (with ``none_description``), ``choices``, ``shortcut``, and of files ``members`` (their names
            where a folder is given with that) and ``beside`` (the shortcut of the setting whose folder they may be in).
            Of a file that is a model, ``models`` has the kinds that are taken (`svbrdf_core.methods.model_files`).
    """
    metadata = {"description": description, **({"local": True} if local else {}), **described}
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata=metadata)
    if default is MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True)
class FieldSpec:
    """One field of a dataclass.

    Attributes:
        name: of the field.
        hint: its type, resolved.
        metadata: see `option`.
        required: whether it has no default.
        local: whether it means something on one machine only.
    """

    name: str
    hint: Any
    metadata: Mapping[str, Any]
    required: bool

    @property
    def local(self) -> bool:
        """Whether it is left out where files are not local paths."""
        return bool(self.metadata.get("local", False))

    @property
    def description(self) -> str:
        """What it is, in a sentence."""
        return str(self.metadata.get("description", ""))


def fields_of(kind: type) -> tuple[FieldSpec, ...]:
    """Return the fields of a dataclass that its constructor takes, in their order."""
    return _fields_of(cast(Hashable, kind))


@cache
def _fields_of(kind: Any) -> tuple[FieldSpec, ...]:
    hints = typing.get_type_hints(kind)
    return tuple(
        FieldSpec(
            field.name,
            hints[field.name],
            field.metadata,
            field.default is MISSING and field.default_factory is MISSING,
        )
        for field in dataclasses.fields(kind)
        if field.init
    )


def members(hint: Any) -> tuple[Any, ...]:
    """Return the types that a union is made of, ``None`` as `NoneType`; of another type, itself."""
    hint = bare(hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(inner for member in typing.get_args(hint) for inner in members(member))
    return (hint,)


def bare(hint: Any) -> Any:
    """Return a type without what ``Annotated`` says about it."""
    return bare(typing.get_args(hint)[0]) if typing.get_origin(hint) is typing.Annotated else hint


def dataclass_in(hint: Any) -> type | None:
    """Return the dataclass that a type is, or is if it is not None; None for other types, of which files are one."""
    found = [member for member in members(hint) if member is not types.NoneType]
    if len(found) > 1 or not isinstance(found[0], type) or found[0] in (InputFile, OutputFile):
        return None
    return found[0] if dataclasses.is_dataclass(found[0]) else None
