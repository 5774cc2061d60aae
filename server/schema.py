"""Pydantic models of dataclasses that `svbrdf_core.codec` describes: the schema of a request's JSON.

Types, bounds, defaults and descriptions are those of the dataclasses' fields, so that a new field is described without
an edit here. Fields that mean something on one machine only are left out, a file that is read is an uploaded one, and
one that is written is a bool.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, JsonValue, Tag, create_model

from svbrdf_core.codec import FieldSpec, HttpFiles, InputFile, OutputFile, dataclass_in, encode, fields_of
from svbrdf_core.codec.fields import bare, members

DIGEST = "^[0-9a-f]{64}$"
BOUNDS = ("ge", "le", "gt", "lt", "min_length", "max_length", "pattern")
"""What pydantic and the codec know of a field under the same name."""

Digest = Annotated[str, Field(pattern=DIGEST, description="SHA-256 of an uploaded file's bytes, in small letters.")]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(pattern="^[^/\\\\\\x00-\\x1f]{1,200}$")]
"""A text in a list or an object: over HTTP none of them is a path."""


class Body(BaseModel):
    """JSON that is sent: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class UploadedFile(Body):
    """A file that was uploaded."""

    file: Digest
    name: ShortText | None = Field(None, description="What it is called; its ending may tell the format.")

    model_config = ConfigDict(json_schema_extra={"format": "file"})


class RootFile(Body):
    """A file in the root that a job's material is in."""

    path: str = Field(max_length=4000, description="With forward slashes, from the root.")


def model_of(
    kind: type,
    name: str = "",
    *,
    base: type[Body] = Body,
    partial: bool = False,
    root_files: bool = False,
    instead: Mapping[str, Any] | None = None,
) -> type[Any]:
    """Return the model of a dataclass.

    Args:
        kind: the dataclass.
        name: of the model; the dataclass's own if empty.
        base: the model that it extends.
        partial: whether every field is optional, as in a change of something that is there.
        root_files: whether a file may lie in a root too.
        instead: type and `Field` of fields that are described otherwise, by name.
    """
    made = _Models(partial, root_files)
    return made.model(kind, (name or kind.__name__) + ("" if name or not partial else "Change"), base, instead or {})


class _Models:
    def __init__(self, partial: bool, root_files: bool) -> None:
        self._partial, self._root_files = partial, root_files
        self._known: dict[type, type[Any]] = {}
        self._whole = _Models(False, root_files) if partial else self  # what is in a list is never changed in part

    def model(self, kind: type, name: str, base: type[Body], instead: Mapping[str, Any]) -> type[Any]:
        defaults, words = _defaults(kind), _attributes(kind.__doc__ or "")
        described: dict[str, Any] = {
            field.name: instead.get(field.name) or self._field(field, defaults, words)
            for field in fields_of(kind)
            if not field.local
        }
        doc = (base if base is not Body else kind).__doc__
        return create_model(name, __base__=base, __doc__=(doc or name).partition("\n\n")[0], **described)

    def _field(self, field: FieldSpec, defaults: Mapping[str, Any], words: Mapping[str, str]) -> tuple[Any, Any]:
        hint = self._hint(field.hint)
        known = {bound: field.metadata[bound] for bound in BOUNDS if bound in field.metadata}
        known["description"] = field.description or words.get(field.name) or None
        if "models" in field.metadata:
            known["json_schema_extra"] = {"models": list(field.metadata["models"])}
        if self._partial:
            return hint, Field(default_factory=lambda: None, **known)
        if dataclass_in(field.hint) is not None:
            return self._describe_nested(field, hint, defaults.get(field.name), known)
        if field.required:
            return hint, Field(**known)
        default = defaults[field.name]
        if OutputFile in members(field.hint):
            return hint, Field(default is not None, **known)
        return hint, Field(encode(default, HttpFiles()), **known)

    def _describe_nested(
        self, field: FieldSpec, hint: Any, default: object, known: Mapping[str, Any]
    ) -> tuple[Any, Any]:
        if not field.required and default is None:
            return hint, Field(None, **known)
        if field.required and any(one.is_required() for one in hint.model_fields.values()):
            return hint, Field(**known)
        given = {} if default is None else encode(default, HttpFiles())
        model = next(one for one in members(hint) if isinstance(one, type) and issubclass(one, Body))
        return hint, Field(default_factory=lambda: model.model_validate(given), **known)

    def _hint(self, hint: Any) -> Any:
        hint = bare(hint)
        alternatives = members(hint)
        if OutputFile in alternatives:
            return bool
        if len(alternatives) > 1:
            return _join([self._hint(one) for one in alternatives])
        if hint is InputFile:
            return UploadedFile | RootFile if self._root_files else UploadedFile
        if hint in (object, Any):
            return JsonValue
        if hint is Path:
            return str
        if isinstance(hint, type) and is_dataclass(hint):
            if hint not in self._known:
                name = hint.__name__ + ("Change" if self._partial else "")
                self._known[hint] = self.model(hint, name, Body, {})
            return self._known[hint]
        return self._compound(hint)

    def _compound(self, hint: Any) -> Any:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if not isinstance(origin, type) or (isinstance(hint, type) and issubclass(hint, Enum)):
            return hint
        if issubclass(origin, Mapping):
            return dict[self._item(arguments[0]), self._item(arguments[1])]  # type: ignore[misc]
        if origin is tuple and arguments[1:] != (Ellipsis,):
            return tuple[tuple(self._item(one) for one in arguments)]  # type: ignore[misc]
        if issubclass(origin, Sequence):
            return list[self._item(arguments[0])]  # type: ignore[misc]
        return hint

    def _item(self, hint: Any) -> Any:
        return Name if hint is str else self._whole._hint(hint)


def _join(hints: Sequence[Any]) -> Any:
    """Return the type of what may be one of several.

    Of several kinds of objects it is the one whose fields were given, so that what is wrong is said of that one alone.
    """
    hints = [one for hint in hints for one in members(hint)]
    kinds = [one for one in hints if isinstance(one, type) and issubclass(one, Body)]
    if len(kinds) < 2:
        return reduce(or_, hints)

    def choose(data: Any) -> str:
        if type(data) in kinds:
            return type(data).__name__
        given = set(data) if isinstance(data, Mapping) else set()
        return max(kinds, key=lambda kind: len(given & set(kind.model_fields))).__name__

    tagged = reduce(or_, [Annotated[kind, Tag(kind.__name__)] for kind in kinds])
    return reduce(or_, [one for one in hints if one not in kinds], Annotated[tagged, Discriminator(choose)])


def _defaults(kind: type) -> dict[str, Any]:
    """Return the defaults of the fields that have one."""
    found: dict[str, Any] = {}
    for field in fields(kind):
        if field.default is not MISSING:
            found[field.name] = field.default
        elif field.default_factory is not MISSING:
            found[field.name] = field.default_factory()
    return found


def _attributes(text: str) -> dict[str, str]:
    """Return what the ``Attributes:`` of a docstring say, for fields without a description."""
    _, _, after = text.partition("Attributes:")
    found = re.findall(r"^ {4,8}([\w, ]+):(.+(?:\n {9,}.+)*)", after, re.MULTILINE)
    return {name.strip(): " ".join(said.split()) for names, said in found for name in names.split(",")}
