"""Blender's context in; the material that is meant, and datablocks found again by name and number, out."""

from __future__ import annotations

from typing import Any

from ..holes.where import material_of
from .desk import Fill, Named, desk


def target(context: Any) -> tuple[Any, Any]:
    """Return the material that a panel speaks of and its object, each None if there is none.

    The shader editor's own material goes before the active object's.
    """
    return material_of(context), context.view_layer.objects.active if context.view_layer else None


def named(block: Any) -> Named:
    """Return what finds a datablock again."""
    return Named(block.session_uid, block.name_full, desk.loads)


def found(blocks: Any, wanted: Named) -> Any:
    """Return a datablock of ``bpy.data.materials`` or the like; None if it is gone."""
    return next((block for block in blocks if desk.is_meant(wanted, block.session_uid, block.name_full)), None)


def fills_of(material: Any) -> list[Fill]:
    """Return the fills of a material, the newest first."""
    return [fill for fill in desk.fills if desk.is_meant(fill.material, material.session_uid, material.name_full)]
