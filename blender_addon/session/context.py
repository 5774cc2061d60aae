"""The context of the session in Blender: the material that is meant, datablocks by reference, the user's folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bpy

from ..holes.surface import material_of
from .state import DatablockRef, Fill, state

PACKAGE = __package__.rpartition(".")[0]
"""Name of the add-on, under which Blender keeps its preferences and its folder."""


def target_of(context: Any) -> tuple[Any, Any]:
    """Return the material that a panel speaks of and its object, each None if there is none.

    The shader editor's own material goes before the active object's.
    """
    return material_of(context), context.view_layer.objects.active if context.view_layer else None


def reference_to(block: Any) -> DatablockRef:
    """Return what finds a datablock again."""
    return DatablockRef(block.session_uid, block.name_full, state.loads)


def find_block(blocks: Any, wanted: DatablockRef) -> Any:
    """Return a datablock of ``bpy.data.materials`` or the like; None if it is gone."""
    return next((block for block in blocks if state.refers_to(wanted, block.session_uid, block.name_full)), None)


def fills_of(material: Any) -> list[Fill]:
    """Return the fills of a material, the newest first."""
    return [fill for fill in state.fills if state.refers_to(fill.material, material.session_uid, material.name_full)]


def preferences() -> Any:
    """Return the add-on's preferences."""
    return bpy.context.preferences.addons[PACKAGE].preferences


def user_folder() -> Path | None:
    """Return the folder the add-on may write to; None if it cannot be written, with which the add-on does without."""
    try:
        # Blender would create it too, but tells of failure on the console alone.
        path = Path(bpy.utils.extension_path_user(PACKAGE, create=False))
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError):
        return None
    return path if os.access(path, os.W_OK | os.X_OK) else None
