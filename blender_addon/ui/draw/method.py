"""A material's settings and the service's description of a method in; how the hole is filled out."""

from __future__ import annotations

from typing import Any

from ...session import settings
from ..fixes import wrapped


def draw_method(layout: Any, ours: Any) -> None:
    """Draw the method, and what belongs to every one."""
    layout.prop(ours, "method")
    method = settings.described(ours.method.lower())
    if method is not None and method["missing"]:
        wrapped(layout, method["missing"], icon="ERROR", alert=True)
    column = layout.column(align=True)
    column.prop(ours, "seed")
    column.prop(ours, "variations")
    layout.prop(ours, "tileable")
    layout.prop(ours, "forbid")
    layout.prop(ours, "mode")


def draw_settings(layout: Any, ours: Any) -> None:
    """Draw the settings that the service describes."""
    method = settings.described(ours.method.lower())
    if method is None:
        wrapped(layout, "The service tells its settings when it runs.", icon="INFO")
        layout.operator("svbrdf.start_service", icon="PLAY")
        return
    if method["presets"]:
        row = layout.row(align=True)
        for name in method["presets"]:
            row.operator("svbrdf.preset", text=name.capitalize(), translate=False).preset = name
    for one in ours.settings:
        if len(one.choices):
            layout.prop_search(one, "text", one, "choices", text=one.title, translate=False)
        else:
            layout.prop(one, one.kind, text=one.title, translate=False)
