"""The methods and this machine, described so that a client can draw a form; settings, checked against them."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import math
import platform
import re
from collections.abc import Mapping
from typing import Any

import pydantic

import svbrdf_core as sv

Json = dict[str, Any]
MOST = 1_000_000
"""No number among the settings may be larger: nobody waits for so many steps."""


def describe() -> Json:
    """Return versions, devices and methods."""
    return {
        "versions": _versions(),
        "devices": _devices(),
        "methods": [_method(name) for name in sv.method_names()],
        "maps": sorted(sv.MAPS),
        "endings": sorted(sv.IMAGE_ENDINGS),
    }


def settings_of(method: str, given: Mapping[str, Any]) -> object | None:
    """Return the settings of a method; None if none are given.

    Raises:
        InputError: an unknown method, an unknown name, or a value that is none.
    """
    found = sv.find_method(method)
    if not given:
        return None
    _check(given, found.settings, ())
    try:
        made = pydantic.TypeAdapter[object](found.settings).validate_python(dict(given), strict=False)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "settings"
        raise sv.InputError(f"{where} of the method {method} cannot be used: {first['msg']}.") from error
    _check(dataclasses.asdict(made), found.settings, ())  # type: ignore[call-overload] # numbers may have come as texts
    return made


def _check(given: Mapping[str, Any], kind: Any, where: tuple[str, ...]) -> None:
    """Raise InputError for names that a settings class lacks and for numbers that are out of all bounds."""
    known = {field.name: field for field in dataclasses.fields(kind)}
    for name, value in given.items():
        said = ".".join((*where, name))[:80]
        if name not in known:
            raise sv.InputError(f"There is no setting {said!r}; choose from {', '.join(known) or 'none'}.")
        if isinstance(value, float) and not math.isfinite(value):
            raise sv.InputError(f"{said} must be a finite number.")
        if isinstance(value, int | float) and abs(value) > MOST:
            raise sv.InputError(f"{said} is out of bounds; give at most {MOST}.")
        default = known[name].default_factory
        if isinstance(value, Mapping) and default is not dataclasses.MISSING:
            _check(value, type(default()), (*where, name))


def _method(name: str) -> Json:
    method = sv.find_method(name)
    schema: Json = pydantic.TypeAdapter[object](method.settings).json_schema()
    schema.pop("description", None)
    _explain(schema, method.settings)
    return {
        "name": method.name,
        "title": method.title,
        "missing": method.missing(),
        **dataclasses.asdict(method.traits()),
        "schema": schema,
        "defaults": dataclasses.asdict(method.settings()),
        "presets": {key: dataclasses.asdict(value) for key, value in method.presets.items()},
    }


def _explain(schema: Json, kind: Any) -> None:
    """Give each property the words that the class's docstring has for it."""
    words = _words(kind.__doc__ or "")
    for name, found in schema.get("properties", {}).items():
        if name in words:
            found["description"] = words[name]
    for nested in dataclasses.fields(kind):
        default = nested.default_factory
        if default is not dataclasses.MISSING and dataclasses.is_dataclass(inner := default()):
            _explain(schema.get("$defs", {}).get(type(inner).__name__, {}), type(inner))


def _words(text: str) -> dict[str, str]:
    """Return what the ``Attributes:`` of a docstring say."""
    _, _, after = text.partition("Attributes:")
    found = re.findall(r"^ {4,8}([\w, ]+):(.+(?:\n {9,}.+)*)", after, re.MULTILINE)
    return {name.strip(): " ".join(said.split()) for names, said in found for name in names.split(",")}


def _versions() -> Json:
    found: Json = {"python": platform.python_version()}
    for name in ("svbrdf-inpaint", "numpy", "numba", "torch"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def _devices() -> list[Json]:
    """Return the devices, the best first, with bytes of memory where they can tell."""
    found: list[Json] = [
        {"name": "cpu", "title": platform.processor() or platform.machine(), "memory": None, "free": None}
    ]
    try:
        import torch
    except ImportError:
        return found
    if torch.backends.mps.is_available():
        found.insert(0, {"name": "mps", "title": "Apple", "memory": None, "free": None})
    for number in reversed(range(torch.cuda.device_count())):
        free, total = torch.cuda.mem_get_info(number)
        title = torch.cuda.get_device_name(number)
        found.insert(0, {"name": f"cuda:{number}", "title": title, "memory": total, "free": free})
    return found
