"""The settings of a method: editable in a material as the service describes them, and read back from it."""

from __future__ import annotations

from typing import Any

from .state import state

KINDS = {"boolean": "flag", "integer": "integer", "number": "number", "string": "text"}


def sync_settings(ours: Any) -> None:
    """Show the settings that the service has for the chosen method; those that are shown already keep their values."""
    method = describe_method(ours.method.lower())
    if method is None or ours.settings_of == method["name"]:
        return
    ours.settings.clear()
    ours.settings_of = method["name"]
    for name, about in method["schema"].get("properties", {}).items():
        kind = KINDS.get(_non_null_type(about).get("type", ""))
        if kind is None:
            continue  # settings of a method within a method: that one's own panel has them
        one = ours.settings.add()
        one.name, one.title, one.description = name, about.get("title", name), about.get("description", "")
        for choice in _non_null_type(about).get("enum", ()):
            one.choices.add().name = choice
        one.kind = kind
        default = about.get("default")
        setattr(one, kind, default if default is not None else {"text": "", "flag": False}.get(kind, 0))


def set_values(ours: Any, values: dict[str, Any]) -> None:
    """Set what a preset says."""
    for name, value in values.items():
        one = ours.settings.get(name)
        if one is not None:
            setattr(one, one.kind, value if value is not None else 0)


def read_values(ours: Any) -> dict[str, Any]:
    """Return the settings of the chosen method as they are shown."""
    if ours.settings_of != ours.method.lower():
        return {}
    return {one.name: getattr(one, one.kind) for one in ours.settings}


def changed_values(name: str, shown: dict[str, Any]) -> dict[str, Any]:
    """Return those settings of a method that differ from the service's defaults; it may have others than it had."""
    method = describe_method(name)
    if method is None:
        return {}
    found = {}
    for key, value in shown.items():
        default = method["defaults"].get(key)
        if key not in method["schema"].get("properties", {}) or (default is None and not value):
            continue
        if default is None or _is_changed(value, default):
            found[key] = value
    return found


def describe_method(name: str) -> dict[str, Any] | None:
    """Return what the service says of a method; None while there is no service or it has no such method."""
    methods = state.connection.info["methods"] if state.connection is not None else ()
    return next((method for method in methods if method["name"] == name), None)


def _non_null_type(about: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a value that may be missing without that it may."""
    return next((one for one in about.get("anyOf", ()) if one.get("type") != "null"), about)


def _is_changed(value: Any, default: Any) -> bool:
    """Whether a value was changed: Blender keeps numbers in single precision."""
    if isinstance(value, float):
        return abs(value - default) > 1e-6 * max(1.0, abs(default))
    return bool(value != default)
