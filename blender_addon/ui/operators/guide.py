"""The operator that paints a guide."""

from typing import Any

import bpy

from ...holes import painting
from ...material.nodes import refuse_linked
from ...session.guides import PANELS, SLOTS, guide_to_paint
from ...session.selection import select
from .base import OnMaterial

PICTURES = [(picture, title, "") for picture, title in PANELS.items()]
GUIDES = [(slot, slot, "") for slot in dict.fromkeys(slot for slots in SLOTS.values() for slot in slots)]


class SVBRDF_OT_paint_guide(OnMaterial, bpy.types.Operator):
    """Paint this guide as a hole is painted; where there is none, it is made in the right size first"""

    bl_idname = "svbrdf.paint_guide"
    bl_label = "Paint Guide"
    bl_options = {"REGISTER", "UNDO"}

    picture: bpy.props.EnumProperty(name="Picture", items=PICTURES, description="The picture that it guides")
    guide: bpy.props.EnumProperty(name="Guide", items=GUIDES, description="Which of its guides")

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Begin."""
        refuse_linked(material)
        selection = select(material, anew=True)
        painting.start(context, material, guide_to_paint(material, self.picture, self.guide, selection))


CLASSES = (SVBRDF_OT_paint_guide,)
