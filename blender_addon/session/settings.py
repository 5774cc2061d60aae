"""The settings of a method: editable in a material as the service describes them, and read back from it.

A setting of a method within a method has the path of its field for a name, such as ``diffusion.model``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import bpy

from ..client import UserError
from ..job import InputFile
from .state import state

KINDS = {"boolean": "flag", "integer": "integer", "number": "number", "string": "text"}
NONE = {"flag": False, "integer": 0, "number": 0.0, "text": "", "path": ""}
"""What stands for a setting without a value, by its kind."""
Json = dict[str, Any]


def sync_settings(ours: Any) -> None:
    """Show the settings that the service has for the chosen method; those that are shown already keep their values."""
    method = describe_method(ours.method)
    if method is None or ours.settings_of == method["name"]:
        return
    ours.settings.clear()
    ours.settings_of = method["name"]
    for name, about in _fields(method["schema"], method["schema"].get("$defs", {})):
        kind = _kind_of(about)
        if kind is None:
            continue  # a list, say: a script may give it as JSON
        one = ours.settings.add()
        one.name, one.kind, one.description = name, kind, about.get("description", "")
        one.models = " ".join(about.get("models", ()))
        one.group, _, last = name.rpartition(".")
        one.title = about.get("title") or last.replace("_", " ").title()
        for choice in about.get("enum", ()) if kind == "text" else ():
            one.choices.add().name = choice
    set_values(ours, method["defaults"])


def set_values(ours: Any, values: Mapping[str, Any]) -> None:
    """Set what a preset or a script says; what no setting can take is left out, for the service says what is wrong."""
    if ours.settings_of != ours.method:
        return
    for name, value in _flatten(values).items():
        one = ours.settings.get(name)
        if one is None:
            continue
        if one.kind == "path":
            kept = value if _is_kept_file(value) else {}
            choose_offered(one, kept.get("file", ""), kept.get("name", ""))
        with contextlib.suppress(TypeError, OverflowError):
            path = str(value.path) if isinstance(value, InputFile) else value
            setattr(one, one.kind, NONE[one.kind] if path is None else path)  # of a kept file there is no path


def choose_offered(one: Any, digest: str, name: str) -> None:
    """Let a setting have a file that the service has, in place of one of this computer; none if there is no digest."""
    one.path = ""
    one.offered, one.offered_name = digest, name


def read_values(ours: Any) -> Json:
    """Return the settings of the chosen method as they are shown, by the paths of their fields."""
    if ours.settings_of != ours.method:
        return {}
    return {one.name: _read_value(one) for one in ours.settings}


def changed_values(name: str, shown: Mapping[str, Any]) -> Json:
    """Return those settings of a method that differ from the service's defaults; it may have others than it had.

    Args:
        name: of the method.
        shown: its settings by the paths of their fields.

    Returns:
        Settings within each other, as the service takes them.
    """
    method = describe_method(name)
    if method is None:
        return {}
    known = {path for path, _ in _fields(method["schema"], method["schema"].get("$defs", {}))}
    defaults, found = _flatten(method["defaults"]), dict[str, Any]()
    for path, value in shown.items():
        default = defaults.get(path)
        if path not in known or (default is None and not value):
            continue
        if default is None or _is_changed(value, default):
            found = merge_values(found, _nest(path, value))
    return found


def merge_values(values: Mapping[str, Any], preferred: Mapping[str, Any]) -> Json:
    """Return settings of two sources, within each other; where both have a value it is that of ``preferred``."""
    both = {name: (values[name], preferred[name]) for name in values.keys() & preferred.keys()}
    inner = {
        name: merge_values(first, second)
        for name, (first, second) in both.items()
        if isinstance(first, Mapping) and isinstance(second, Mapping)
    }
    return {**values, **preferred, **inner}


def describe_method(name: str) -> Json | None:
    """Return what the service says of a method; None while there is no service or it has no such method."""
    return next((method for method in _methods() if method["name"] == name), None)


def usable_methods() -> tuple[tuple[str, str], ...]:
    """Return name and title of the methods that the service can use; none while there is no service."""
    return tuple((method["name"], method["title"]) for method in _methods() if method["missing"] is None)


def can_vary(method: str) -> bool:
    """Return whether a fill by a method can be varied."""
    return any(one["name"] == method and one.get("varies", False) for one in _methods())


def choose_method(ours: Any, name: str) -> None:
    """Choose a method by the service's name for it. Without a service any is taken; it is asked in time.

    Raises:
        UserError: the service has no such method; the sentence names those it has.
    """
    known = [method["name"] for method in _methods()]
    if known and name not in known:
        raise UserError("bad", f'There is no method "{name}"; choose one of: {", ".join(known)}.')
    ours.method = name


def _methods() -> tuple[Json, ...]:
    return tuple(state.connection.info["methods"]) if state.connection is not None else ()


def _fields(schema: Json, definitions: Json, where: str = "") -> Iterator[tuple[str, Json]]:
    """Return path and description of all settings: first those of the method, then those of each within it."""
    within = []
    for name, about in schema.get("properties", {}).items():
        found = _resolve(about, definitions)
        if found.get("properties") and found.get("format") != "file" and "anyOf" not in about:
            within.append((name, found))
        else:
            yield where + name, found
    for name, found in within:
        yield from _fields(found, definitions, f"{where}{name}.")


def _resolve(about: Json, definitions: Json) -> Json:
    """Return the description of a value without that it may be missing, and without references.

    What is said where the value is used goes before what its type says of itself.
    """
    kinds = [one for one in about.get("anyOf", ()) if one.get("type") != "null"]
    kind = (kinds or [about])[0]
    reference = kind.get("$ref")
    if reference is None:
        return {**kind, **about}
    definition = definitions.get(str(reference).rpartition("/")[2], {})
    own = {name: about.get(name, usual) for name, usual in (("title", None), ("description", ""), ("models", ()))}
    return {**definition, **own}


def _kind_of(about: Json) -> str | None:
    return "path" if about.get("format") == "file" else KINDS.get(about.get("type", ""))


def _read_value(one: Any) -> Any:
    value = getattr(one, one.kind)
    if one.kind != "path":
        return value
    if one.offered:
        return {"file": one.offered, "name": one.offered_name}
    return InputFile(Path(bpy.path.abspath(value))) if value else None


def _flatten(values: Mapping[str, Any], where: str = "") -> Json:
    """Return settings within each other by the paths of their fields."""
    found: Json = {}
    for name, value in values.items():
        inner = isinstance(value, Mapping) and not _is_kept_file(value)
        found |= _flatten(value, f"{where}{name}.") if inner else {where + name: value}
    return found


def _is_kept_file(value: Any) -> bool:
    """Whether a value is a file that the service has, by its digest."""
    return isinstance(value, Mapping) and "file" in value and set(value) <= {"file", "name"}


def _nest(path: str, value: Any) -> Json:
    for name in reversed(path.split(".")):
        value = {name: value}
    return dict(value)


def _is_changed(value: Any, default: Any) -> bool:
    """Whether a value was changed: Blender keeps numbers in single precision."""
    if isinstance(value, float):
        return abs(value - default) > 1e-6 * max(1.0, abs(default))
    return bool(value != default)
