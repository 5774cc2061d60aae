"""The service's description of a method in, editable settings of a material out, and their values back."""

from __future__ import annotations

from typing import Any

from .desk import desk

KINDS = {"boolean": "flag", "integer": "integer", "number": "number", "string": "text"}


def sync(ours: Any) -> None:
    """Show the settings that the service has for the chosen method; those that are shown already keep their values."""
    method = described(ours.method.lower())
    if method is None or ours.settings_of == method["name"]:
        return
    ours.settings.clear()
    ours.settings_of = method["name"]
    for name, about in method["schema"].get("properties", {}).items():
        kind = KINDS.get(_typed(about).get("type", ""))
        if kind is None:
            continue  # settings of a method within a method: that one's own panel has them
        one = ours.settings.add()
        one.name, one.title, one.description = name, about.get("title", name), about.get("description", "")
        for choice in _typed(about).get("enum", ()):
            one.choices.add().name = choice
        one.kind = kind
        default = about.get("default")
        setattr(one, kind, default if default is not None else {"text": "", "flag": False}.get(kind, 0))


def take(ours: Any, values: dict[str, Any]) -> None:
    """Set what a preset says."""
    for name, value in values.items():
        one = ours.settings.get(name)
        if one is not None:
            setattr(one, one.kind, value if value is not None else 0)


def values(ours: Any) -> dict[str, Any]:
    """Return the settings of the chosen method as they are shown."""
    if ours.settings_of != ours.method.lower():
        return {}
    return {one.name: getattr(one, one.kind) for one in ours.settings}


def changed(name: str, shown: dict[str, Any]) -> dict[str, Any]:
    """Return those settings of a method that differ from the service's defaults; it may have others than it had."""
    method = described(name)
    if method is None:
        return {}
    found = {}
    for key, value in shown.items():
        default = method["defaults"].get(key)
        if key not in method["schema"].get("properties", {}) or (default is None and not value):
            continue
        if default is None or _differ(value, default):
            found[key] = value
    return found


def described(name: str) -> dict[str, Any] | None:
    """Return what the service says of a method; None while there is no service or it has no such method."""
    methods = desk.connection.info["methods"] if desk.connection is not None else ()
    return next((method for method in methods if method["name"] == name), None)


def _typed(about: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a value that may be missing without that it may."""
    return next((one for one in about.get("anyOf", ()) if one.get("type") != "null"), about)


def _differ(value: Any, default: Any) -> bool:
    """Whether a value was changed: Blender keeps numbers in single precision."""
    if isinstance(value, float):
        return abs(value - default) > 1e-6 * max(1.0, abs(default))
    return bool(value != default)
