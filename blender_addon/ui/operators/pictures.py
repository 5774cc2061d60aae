"""Pictures of before and after asked for."""

from typing import Any

import bpy

from ...client import UserError
from ...session.pictures import pictures
from .base import OnMaterial


class SVBRDF_OT_draw(OnMaterial, bpy.types.Operator):
    """Draw the material before and after, in a Blender in the background"""

    bl_idname = "svbrdf.draw"
    bl_label = "Draw Before and After"

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Begin to draw."""
        if not len(material.svbrdf_changes):
            raise UserError("hole", "There is no result in this material to compare; fill a hole first.")
        pictures.begin(context, material, thing)
        if pictures.words:
            raise UserError("draw", pictures.words)


class SVBRDF_OT_stop_drawing(bpy.types.Operator):
    """Stop drawing before and after"""

    bl_idname = "svbrdf.stop_drawing"
    bl_label = "Stop Drawing"
    bl_options = {"INTERNAL"}

    def execute(self, context: Any) -> set[str]:
        """Stop."""
        pictures.stop()
        return {"FINISHED"}


CLASSES = (SVBRDF_OT_draw, SVBRDF_OT_stop_drawing)
