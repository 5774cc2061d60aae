"""A box drawn in the Image editor, or given as four numbers, in; a hole out."""

from typing import Any

import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from ...client import UserError
from ...holes import store
from ...holes.mask import boxed
from ...holes.where import placing
from ...material.localising import refuse_linked
from .base import OnMaterial

COLOUR = (1.0, 0.25, 0.1, 1.0)


class SVBRDF_OT_box_hole(OnMaterial, bpy.types.Operator):
    """Draw a box in the Image editor: what lies in it becomes a hole"""

    bl_idname = "svbrdf.box_hole"
    bl_label = "Box Hole"
    bl_options = {"REGISTER", "UNDO"}

    box: bpy.props.FloatVectorProperty(
        name="Box", description="Left, bottom, right and top, from 0 to 1 of the image", size=4, default=(0, 0, 0, 0)
    )
    extend: bpy.props.BoolProperty(name="Extend", description="Add to the hole instead of replacing it", default=False)

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Make the hole."""
        refuse_linked(material)
        mask = boxed(tuple(self.box), placing(material).size)
        if not mask.any():
            raise UserError("hole", "The box is empty or lies outside the image; draw it on the image.")
        store.add(material, mask, extend=self.extend)

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
            return self._over(context, {"CANCELLED"})
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
            return self._over(context, self.execute(context))
        return {"RUNNING_MODAL"}

    def cancel(self, context: Any) -> None:
        """Blender ends it."""
        self._over(context, {"CANCELLED"})

    def _over(self, context: Any, answer: set[str]) -> set[str]:
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


CLASSES = (SVBRDF_OT_box_hole,)
