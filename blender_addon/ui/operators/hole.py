"""A click or a line of a script in; the material's hole painted, taken from faces, or cleared, out."""

from typing import Any

import bpy

from ...client import UserError
from ...holes import faces, painting, store
from ...holes.where import on_surface
from ...material.localising import refuse_linked
from .base import OnMaterial


class SVBRDF_OT_paint_hole(OnMaterial, bpy.types.Operator):
    """Paint the hole: on the object in Texture Paint mode, or on the image in the Image editor"""

    bl_idname = "svbrdf.paint_hole"
    bl_label = "Paint Hole"
    bl_options = {"REGISTER", "UNDO"}

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Begin."""
        refuse_linked(material)
        painting.start(context, material)


class SVBRDF_OT_paint_done(bpy.types.Operator):
    """End painting the hole: mode, brush and colours become what they were before"""

    bl_idname = "svbrdf.paint_done"
    bl_label = "Done Painting"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether a hole is being painted."""
        if not context.scene.svbrdf_painting.active:
            cls.poll_message_set("No hole is being painted: press Paint Hole first")
            return False
        return True

    def execute(self, context: Any) -> set[str]:
        """End."""
        painting.stop(context)
        return {"FINISHED"}


class SVBRDF_OT_clear_hole(OnMaterial, bpy.types.Operator):
    """Take the hole of this material away"""

    bl_idname = "svbrdf.clear_hole"
    bl_label = "Clear Hole"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def hindrance(cls, material: Any, thing: Any) -> str:
        """Return why there is nothing to clear."""
        had = material.svbrdf_hole is not None
        return "" if had else "This material has no hole yet: paint one, or take faces or a box"

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Empty it while it is being painted, otherwise forget it."""
        refuse_linked(material)
        store.clear(context, material)


class SVBRDF_OT_faces_hole(OnMaterial, bpy.types.Operator):
    """Make a hole of the selected faces of the active mesh, through its UV map"""

    bl_idname = "svbrdf.faces_hole"
    bl_label = "Take Selected Faces"
    bl_options = {"REGISTER", "UNDO"}

    margin: bpy.props.FloatProperty(
        name="Margin", description="Widen the hole around the faces, in pixels", default=2.0, min=0.0, soft_max=64.0
    )
    extend: bpy.props.BoolProperty(name="Extend", description="Add to the hole instead of replacing it", default=False)

    @classmethod
    def hindrance(cls, material: Any, thing: Any) -> str:
        """Return why there are no faces."""
        is_mesh = thing is not None and thing.type == "MESH"
        return "" if is_mesh else "Selected faces need a mesh: make a mesh object active"

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Take the selection as it is now."""
        refuse_linked(material)
        mask = faces.taken(thing, material, on_surface(material), self.margin)
        if not mask.any():
            raise UserError("hole", "The selected faces lie outside the image; move their UVs onto it.")
        store.add(material, mask, extend=self.extend)


CLASSES = (SVBRDF_OT_paint_hole, SVBRDF_OT_paint_done, SVBRDF_OT_clear_hole, SVBRDF_OT_faces_hole)
