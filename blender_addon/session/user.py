"""The user's preferences of the add-on, and the user's folder for it, go out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bpy

PACKAGE = __package__.rpartition(".")[0]
"""Name of the add-on, under which Blender keeps its preferences and its folder."""


def preferences() -> Any:
    """Return the add-on's preferences."""
    return bpy.context.preferences.addons[PACKAGE].preferences


def folder() -> Path | None:
    """Return the folder the add-on may write to; None if it cannot be written, with which the add-on does without."""
    try:
        # Blender would create it too, but tells of failure on the console alone.
        path = Path(bpy.utils.extension_path_user(PACKAGE, create=False))
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError):
        return None
    return path if os.access(path, os.W_OK | os.X_OK) else None
