"""Words for types, bounds and values in the codec's sentences."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from svbrdf_core.codec.fields import bare, fields_of, members
from svbrdf_core.codec.files import InputFile, OutputFile

WORDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    Path: "a path",
    types.NoneType: "null",
    InputFile: 'a file ({"file": …})',
    OutputFile: "a file to write",
    object: "JSON",
    Any: "JSON",
}
LONGEST = 60
"""Characters of a value that a sentence shows."""


def describe_type(hint: Any, bounds: Mapping[str, Any]) -> str:
    """Return what a value of a type must be: ``a number of at least 0 and at most 10000``."""
    alternatives = [member for member in members(hint) if member is not types.NoneType]
    words = [_describe_one(member, bounds) for member in alternatives]
    if len(alternatives) < len(members(hint)):
        words.append("null")
    return " or ".join(words)


def format_value(value: object, *, quoted: bool = True) -> str:
    """Return a value as JSON, cut short."""
    if not quoted and isinstance(value, str):
        text = value
    else:
        try:
            text = json.dumps(value, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError):
            text = type(value).__name__
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _describe_one(hint: Any, bounds: Mapping[str, Any]) -> str:
    hint = bare(hint)
    origin = typing.get_origin(hint)
    if hint in WORDS:
        return WORDS[hint] + _of(hint, bounds)
    if origin is typing.Literal:
        return _one_of(typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _one_of([member.value for member in hint])
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return "an object" + (f" with {', '.join(f.name for f in fields_of(hint))}" if fields_of(hint) else "")
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "an object" + _length(bounds, "names")
    if origin is tuple and typing.get_args(hint)[1:] != (Ellipsis,):
        return f"a list of {len(typing.get_args(hint))}"
    return "a list" + _length(bounds, "items")


def _one_of(values: Sequence[object]) -> str:
    return "one of " + ", ".join(format_value(value, quoted=False) for value in values)


def _of(hint: Any, bounds: Mapping[str, Any]) -> str:
    if hint in (str, Path):
        words = _length(bounds, "characters")
        if "choices" in bounds:
            return f"{words}: one of {', '.join(bounds['choices'])}"
        return words + (f" of the form {bounds['pattern']}" if "pattern" in bounds else "")
    if hint not in (int, float):
        return ""
    said = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    parts = [f"{words} {bounds[name]}" for name, words in said.items() if name in bounds]
    return f" of {' and '.join(parts)}" if parts else ""


def _length(bounds: Mapping[str, Any], what: str) -> str:
    said = {"min_length": "at least", "max_length": "at most"}
    parts = [f"{words} {bounds[name]}" for name, words in said.items() if name in bounds]
    return f" of {' and '.join(parts)} {what}" if parts else ""
