"""What Blender tells of saving, undo and loading comes in; painted pixels are kept, and the overlay is right."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from . import overlay, state, undoing


@persistent
def _updated(scene: bpy.types.Scene, graph: bpy.types.Depsgraph) -> None:
    """Make the overlay anew when the mesh or the material changes."""
    if scene.svbrdf_painting.active and any(
        isinstance(update.id, bpy.types.Material)
        or (update.is_updated_geometry and isinstance(update.id, bpy.types.Object | bpy.types.Mesh))
        for update in graph.updates
    ):
        overlay.changed()


@persistent
def _undone(*_: object) -> None:
    _settled()
    undoing.soon()


@persistent
def _loaded(*_: object) -> None:
    _settled()
    undoing.loaded(bpy.context)


def _settled() -> None:
    """Have the overlay there if and only if a hole is being painted."""
    state.touch()
    overlay.end()
    if bpy.context.scene.svbrdf_painting.active:
        overlay.begin()


@persistent
def _saving(*_: object) -> None:
    """Pack what was painted, which lies in memory alone until then."""
    for material in bpy.data.materials:
        image = material.svbrdf_hole
        if image is not None and image.is_dirty and image.library is None:
            image.pack()


def _pairs() -> tuple[tuple[Any, Any], ...]:
    handlers = bpy.app.handlers
    return (
        (handlers.save_pre, _saving),
        (handlers.depsgraph_update_post, state.updated),
        (handlers.depsgraph_update_post, _updated),
        (handlers.undo_post, _undone),
        (handlers.redo_post, _undone),
        (handlers.load_post, _loaded),
    )


def register() -> None:
    """Begin to listen."""
    for handlers, ours in _pairs():
        handlers.append(ours)


def unregister() -> None:
    """Stop listening."""
    overlay.end()
    for handlers, ours in _pairs():
        handlers.remove(ours)
