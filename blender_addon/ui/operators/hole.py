"""Operators that make a hole: painted, taken from faces or a box, or cleared."""

from typing import Any

import bpy
import gpu
from bpy.app.translations import pgettext_iface as _
from gpu_extras.batch import batch_for_shader

from ...client import UserError
from ...holes import painting
from ...holes.mask import add_mask, clear_hole
from ...holes.raster import box_mask
from ...holes.surface import (
    UNSEEN,
    is_seen_nowhere,
    mask_of_selected_faces,
    materials_of_selected_faces,
    place_box,
    placement_of,
    uv_placement_of,
)
from ...material.nodes import refuse_linked
from ...session import finishing
from .base import OnMaterial

COLOUR = (1.0, 0.25, 0.1, 1.0)


class SVBRDF_OT_paint_hole(OnMaterial, bpy.types.Operator):
    """Paint the hole: on the object in Texture Paint mode, or on the image in the Image editor"""

    bl_idname = "svbrdf.paint_hole"
    bl_label = "Paint Hole"
    bl_options = {"REGISTER", "UNDO"}

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Begin."""
        refuse_linked(material)
        painting.start(context, material)


class SVBRDF_OT_retry_part(OnMaterial, bpy.types.Operator):
    """Paint over what displeases in the result; filling then does that part alone, with a seed not used before"""

    bl_idname = "svbrdf.retry_part"
    bl_label = "Paint a Part Again"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def hindrance(cls, material: Any, thing: Any) -> str:
        """Return why there is nothing to retry."""
        return "" if len(material.svbrdf_changes) else "This material shows no result yet: fill a hole first"

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Begin to paint with nothing painted yet."""
        refuse_linked(material)
        ours = material.svbrdf
        painting.start(context, material)
        clear_hole(context, material)
        ours.hole, ours.seed = "PAINT", finishing.next_seed(material)


class SVBRDF_OT_paint_done(bpy.types.Operator):
    """End painting: mode, brush and colours become what they were before"""

    bl_idname = "svbrdf.paint_done"
    bl_label = "Done Painting"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether a hole or a guide is being painted."""
        if not context.scene.svbrdf_painting.active:
            cls.poll_message_set("Nothing is being painted: press Paint Hole first")
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
        clear_hole(context, material)


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
        if context.scene.svbrdf_painting.active:
            painting.stop(context)  # while it is painted, the faces that take paint are selected
        things = list(context.objects_in_mode_unique_data) if thing.mode == "EDIT" else [thing]
        things = [one for one in things if one.type == "MESH"]
        mask = mask_of_selected_faces(things, material, uv_placement_of(material), self.margin)
        if not mask.any():
            raise UserError("hole", "The selected faces lie outside the image; move their UVs onto it.")
        add_mask(material, mask, extend=self.extend)
        others = sorted(materials_of_selected_faces(things) - {f"“{material.name}”"})
        if others:
            sentence = _("Selected faces of {names} were left out; choose that slot to fill them too.")
            self.report({"WARNING"}, sentence.format(names=" and ".join(others)))


class SVBRDF_OT_box_hole(OnMaterial, bpy.types.Operator):
    """Draw a box in the Image editor: what lies in it becomes a hole"""

    bl_idname = "svbrdf.box_hole"
    bl_label = "Box Hole"
    bl_options = {"REGISTER", "UNDO"}

    box: bpy.props.FloatVectorProperty(
        name="Box",
        description="Left, bottom, right and top, from 0 to 1 of the image; of a UDIM in tiles from 1001",
        size=4,
        default=(0, 0, 0, 0),
    )
    extend: bpy.props.BoolProperty(name="Extend", description="Add to the hole instead of replacing it", default=False)

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Make the hole."""
        refuse_linked(material)
        where = placement_of(material)
        mask = box_mask(place_box(tuple(self.box), where.layout), where.size)
        if not mask.any():
            raise UserError("hole", "The box is empty or lies outside the image; draw it on the image.")
        add_mask(material, mask, extend=self.extend)
        if is_seen_nowhere(material, mask):
            self.report({"WARNING"}, _(UNSEEN).format(name=material.name))

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Let the user draw the box."""
        if context.area is None or context.area.type != "IMAGE_EDITOR":
            self.report({"ERROR"}, "A box is drawn in the Image editor; press this button there.")
            return {"CANCELLED"}
        self._begin: tuple[int, int] | None = None
        self._end = (0, 0)
        self._area = context.area
        self._region = next(region for region in context.area.regions if region.type == "WINDOW")
        self._space = type(context.space_data)
        self._drawing = self._space.draw_handler_add(self._draw, (), "WINDOW", "POST_PIXEL")
        context.window.cursor_modal_set("CROSSHAIR")
        context.area.header_text_set("Draw a box around the damage; Escape cancels")
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Follow the mouse."""
        if event.type in {"ESC", "RIGHTMOUSE"}:
            return self._finish(context, {"CANCELLED"})
        at = (event.mouse_x - self._region.x, event.mouse_y - self._region.y)
        if event.type == "LEFTMOUSE" and event.value == "PRESS":
            self._begin = self._end = at
        elif event.type == "MOUSEMOVE" and self._begin is not None:
            self._end = at
            self._area.tag_redraw()
        elif event.type == "LEFTMOUSE" and event.value == "RELEASE" and self._begin is not None:
            self._end = at
            look = self._region.view2d.region_to_view
            self.box = (*look(*self._begin), *look(*self._end))
            return self._finish(context, self.execute(context))
        return {"RUNNING_MODAL"}

    def cancel(self, context: Any) -> None:
        """Blender ends it."""
        self._finish(context, {"CANCELLED"})

    def _finish(self, context: Any, answer: set[str]) -> set[str]:
        self._space.draw_handler_remove(self._drawing, "WINDOW")
        context.window.cursor_modal_restore()
        self._area.header_text_set(None)
        self._area.tag_redraw()
        return answer

    def _draw(self) -> None:
        if self._begin is None:
            return
        (left, bottom), (right, top) = self._begin, self._end
        corners: Any = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
        shader = gpu.shader.from_builtin("UNIFORM_COLOR")
        shader.uniform_float("color", COLOUR)
        gpu.state.line_width_set(2)
        batch_for_shader(shader, "LINE_STRIP", {"pos": corners}).draw(shader)
        gpu.state.line_width_set(1)


CLASSES = (
    SVBRDF_OT_paint_hole,
    SVBRDF_OT_retry_part,
    SVBRDF_OT_paint_done,
    SVBRDF_OT_clear_hole,
    SVBRDF_OT_faces_hole,
    SVBRDF_OT_box_hole,
)
