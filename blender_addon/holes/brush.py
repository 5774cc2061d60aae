"""The user's brush comes in, and a white one of our own is active; then the user's is given back as it was."""

from __future__ import annotations

from typing import Any

import bpy

from . import assets, tools

NAME = "Inpaint hole"
MARK = "svbrdf_hole"
BRUSH = ("color", "secondary_color", "size", "strength", "blend")
UNIFIED = (
    "color",
    "secondary_color",
    "size",
    "strength",
    "use_unified_color",
    "use_unified_size",
    "use_unified_strength",
)
PAINT = ("mode", "use_stencil_layer", "use_cavity", "use_normal_falloff")
DIAMETERS = (5, 0, 0)
"""Since then a brush's size is across, before it was half of that."""


def values(scene: bpy.types.Scene) -> dict[str, Any]:
    """Return all that is needed to give everything back, but for the brush of versions without assets."""
    paint = scene.tool_settings.image_paint
    kept = {"paint": _get(paint, PAINT), "unified": _get(unified(scene), UNIFIED)}
    if paint.brush is not None:
        kept["brush"] = _get(paint.brush, BRUSH)
    asset = assets.active(scene)
    if asset is not None:
        kept["asset"] = asset
    return kept


def take(context: bpy.types.Context) -> None:
    """Make a hard white brush the active one."""
    remove()
    assets.stop()
    brush = bpy.data.brushes.new(NAME, mode="TEXTURE_PAINT")
    brush[MARK] = True
    brush.color, brush.secondary_color = (1, 1, 1), (0, 0, 0)
    brush.size, brush.strength, brush.blend = 100 if bpy.app.version >= DIAMETERS else 50, 1.0, "MIX"
    brush.use_pressure_size = brush.use_pressure_strength = False
    falloff = "curve_distance_falloff_preset" if hasattr(brush, "curve_distance_falloff_preset") else "curve_preset"
    setattr(brush, falloff, "CONSTANT")
    activate(context, brush)
    shared = unified(context.scene)
    shared.use_unified_color = shared.use_unified_size = shared.use_unified_strength = False
    paint = context.scene.tool_settings.image_paint
    paint.mode = "IMAGE"
    paint.use_stencil_layer = paint.use_cavity = paint.use_normal_falloff = False


def activate(context: bpy.types.Context, brush: bpy.types.Brush) -> None:
    """Make a brush of this file the active one."""
    if bpy.app.version < assets.SINCE:
        context.scene.tool_settings.image_paint.brush = brush
        return
    brush.asset_mark()
    asset = {"asset_library_type": "LOCAL", "relative_asset_identifier": f"Brush/{brush.name}"}
    assets.painting(context, lambda: bpy.ops.brush.asset_activate(**asset))


def give_back(context: bpy.types.Context, kept: dict[str, Any], old: bpy.types.Brush | None) -> None:
    """Make the user's brush the active one again, with all its values."""
    scene = context.scene
    paint = scene.tool_settings.image_paint
    if tools.other(context, kept, "VIEW_3D"):
        assets.painting(context, lambda: tools.give_back(context, kept, "VIEW_3D"))
    _set(unified(scene), kept.get("unified", {}))
    _set(paint, kept.get("paint", {}))
    if bpy.app.version < assets.SINCE:
        paint.brush = old
        _own_values(scene, kept)
    elif ours(scene) or kept.get("asset") != assets.active(scene):
        assets.activate(context, kept.get("asset"), lambda: _own_values(bpy.context.scene, kept))
    else:
        _own_values(scene, kept)


def _own_values(scene: bpy.types.Scene, kept: dict[str, Any]) -> None:
    paint = scene.tool_settings.image_paint
    if paint.brush is not None and not ours(scene):
        _set(paint.brush, kept.get("brush", {}))


def ours(scene: bpy.types.Scene) -> bool:
    """Whether the white brush is the active one."""
    brush = scene.tool_settings.image_paint.brush
    return brush is not None and MARK in brush


def remove() -> None:
    """Take our brush out of the file, and those that undo and redo left behind."""
    for brush in [each for each in bpy.data.brushes if MARK in each]:
        bpy.data.brushes.remove(brush)


def unified(scene: bpy.types.Scene) -> bpy.types.UnifiedPaintSettings:
    """Return what all brushes share; since 5.0 every kind of painting has its own."""
    settings = scene.tool_settings
    return getattr(settings.image_paint, "unified_paint_settings", None) or settings.unified_paint_settings


def _get(thing: bpy.types.bpy_struct, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: getattr(thing, name) for name in names}
    return {name: value if isinstance(value, str | int | float) else list(value) for name, value in found.items()}


def _set(thing: bpy.types.bpy_struct, kept: dict[str, Any]) -> None:
    for name, value in kept.items():  # what is the same is not touched: a brush would count as changed
        if _get(thing, (name,))[name] != value:
            setattr(thing, name, value)
