"""Activation of brushes that are assets, as all are since Blender 4.3: now, or once the libraries are loaded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import bpy

from .overrides import in_window, override

Asset = dict[str, str]

SINCE = (4, 3, 0)
"""Since then brushes are assets, and the active one is changed by an operator."""
HELPER = "Inpaint hole"
DEFAULT = {
    "asset_library_type": "ESSENTIALS",
    "asset_library_identifier": "",
    "relative_asset_identifier": "brushes/essentials_brushes-mesh_texture.blend/Brush/Paint Hard",
}
TRIES = 40
PAUSE = 0.5
"""Seconds between two tries, while Blender loads its libraries."""

_waiting: list[tuple[Asset, Callable[[], None], int]] = []


def active_asset(scene: bpy.types.Scene) -> Asset | None:
    """Return the asset that the active brush is."""
    reference = getattr(scene.tool_settings.image_paint, "brush_asset_reference", None)
    if reference is None or not reference.relative_asset_identifier:
        return None
    return {name: getattr(reference, name) for name in DEFAULT}


def activate_asset(context: bpy.types.Context, asset: Asset | None, then: Callable[[], None]) -> None:
    """Make a brush the active one, Blender's own if it is gone or None; ``then`` is called when it is."""
    _waiting.clear()
    for each in (asset, DEFAULT):
        if each is None:
            continue
        loaded = _try_once(context, each)
        if active_asset(context.scene) == each and context.scene.tool_settings.image_paint.brush is not None:
            then()
            return
        if not loaded and not bpy.app.background:
            _waiting.append((each, then, TRIES))
            bpy.app.timers.register(_try_again, first_interval=PAUSE)
            return


def activate_brush(context: bpy.types.Context, brush: bpy.types.Brush) -> None:
    """Make a brush of this file the active one."""
    if bpy.app.version < SINCE:
        context.scene.tool_settings.image_paint.brush = brush
        return
    brush.asset_mark()
    asset = {"asset_library_type": "LOCAL", "relative_asset_identifier": f"Brush/{brush.name}"}
    run_in_paint_mode(context, lambda: bpy.ops.brush.asset_activate(**asset))


def run_in_paint_mode(context: bpy.types.Context, action: Callable[[], object]) -> None:
    """Do what can only be done in Texture Paint mode, with the help of an object for the moment if need be."""
    hidden = {"area": None, "region": None}  # an editor whose tool is not drawn yet is none to act in
    with override(context, **hidden) if context.area is not None else contextlib.nullcontext():
        if context.mode == "PAINT_TEXTURE":
            action()
            return
        objects = context.view_layer.objects
        before = objects.active
        mesh = bpy.data.meshes.new(HELPER)
        helper = bpy.data.objects.new(HELPER, mesh)
        context.scene.collection.objects.link(helper)
        objects.active = helper
        bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
        action()
        bpy.ops.object.mode_set(mode="OBJECT")
        objects.active = before
        bpy.data.meshes.remove(mesh)  # and the object with it


def stop_waiting() -> None:
    """Wait for nothing more."""
    _waiting.clear()
    if bpy.app.timers.is_registered(_try_again):
        bpy.app.timers.unregister(_try_again)


def _try_once(context: bpy.types.Context, asset: Asset) -> bool:
    """Try once; return whether the libraries are loaded."""
    answers: list[set[str]] = []

    def attempt() -> None:
        try:
            answers.append(bpy.ops.brush.asset_activate(**asset))
        except RuntimeError:  # there is no such brush
            answers.append({"FINISHED"})

    run_in_paint_mode(context, attempt)
    return answers == [{"FINISHED"}]


def _try_again() -> float | None:
    if not _waiting or not _waiting[0][2]:
        return None
    asset, then, tries = _waiting.pop()

    with in_window() as context:
        if _try_once(context, asset):
            then()
        else:
            _waiting.append((asset, then, tries - 1))
    return PAUSE if _waiting else None
