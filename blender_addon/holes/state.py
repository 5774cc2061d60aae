"""Changes of images and materials come in; whether the hole may be another one now goes out."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

_count = 0


def touch() -> None:
    """Note that the hole may be another one from now on."""
    global _count
    _count += 1


def count() -> int:
    """Return a number that is another one whenever the hole may be."""
    return _count


def watch(scene: bpy.types.Scene) -> None:
    """Have Blender tell of strokes in images that nothing but our properties knows.

    It looks for such images when it works out anew what depends on what; setting the world makes it do that.
    """
    scene.world = scene.world


@persistent
def updated(scene: bpy.types.Scene, graph: bpy.types.Depsgraph) -> None:
    """Hear of what Blender tells after every stroke, and after changes of nodes and images."""
    if any(isinstance(update.id, bpy.types.Image | bpy.types.Material) for update in graph.updates):
        touch()
