"""Results chosen, put in, taken out, kept, and picked up from an earlier session."""

from typing import Any

import bpy
from bpy.props import IntProperty, StringProperty

from ...client import UserError
from ...session import filling, finishing
from ...session.desk import desk
from ...session.pictures import pictures
from ...session.target import target
from ...session.user import preferences
from .base import OnMaterial, fill_of


class SVBRDF_OT_choose(OnMaterial, bpy.types.Operator):
    """Put this variation into the material, in place of the one that is in it"""

    bl_idname = "svbrdf.choose"
    bl_label = "Choose"
    bl_options = {"INTERNAL"}

    job: StringProperty()
    variation: IntProperty(min=1)

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Fetch it if need be; it is put in as soon as it is here."""
        finishing.want(fill_of(self.job), self.variation)


class SVBRDF_OT_apply(bpy.types.Operator):
    """Put a fetched variation into its material: one step of undo"""

    bl_idname = "svbrdf.apply"
    bl_label = "Inpaint Material"
    bl_options = {"UNDO", "INTERNAL"}

    job: StringProperty()
    variation: IntProperty(min=1)

    def execute(self, context: Any) -> set[str]:
        """Put it in."""
        fill = desk.of_job(self.job)
        try:
            fill = fill_of(self.job)
            material, words = finishing.put_in(fill, self.variation)
        except UserError as trouble:
            if fill is not None:
                fill.note = trouble.sentence
            self.report({"ERROR"}, trouble.sentence)
            return {"CANCELLED"}
        fill.note = " ".join(words)
        if preferences().pictures and not bpy.app.background:
            pictures.begin(context, material, target(context)[1])
        return {"FINISHED"}


class SVBRDF_OT_revert(OnMaterial, bpy.types.Operator):
    """Give the material the images back that it had before"""

    bl_idname = "svbrdf.revert"
    bl_label = "Revert"
    bl_options = {"REGISTER", "UNDO"}

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Take the result out."""
        for word in finishing.revert(material):
            self.report({"WARNING"}, word)


class SVBRDF_OT_keep(OnMaterial, bpy.types.Operator):
    """Make the result the material's own; images that lay in files are written to files, and the hole is cleared"""

    bl_idname = "svbrdf.keep"
    bl_label = "Keep"
    bl_options = {"REGISTER", "UNDO"}

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Keep it, and say what was written."""
        for word in finishing.keep(material):
            self.report({"INFO"}, word)


class SVBRDF_OT_pick_up(bpy.types.Operator):
    """Go on with a job that an earlier Blender began"""

    bl_idname = "svbrdf.pick_up"
    bl_label = "Pick Up"
    bl_options = {"INTERNAL"}

    job: StringProperty()

    def execute(self, context: Any) -> set[str]:
        """Watch it again."""
        record = next((one for one in finishing.records() if one.job == self.job), None)
        if record is None:
            self.report({"ERROR"}, "That job is not written down any more; fill anew.")
            return {"CANCELLED"}
        filling.pick_up(record)
        return {"FINISHED"}


class SVBRDF_OT_forget(bpy.types.Operator):
    """Take this fill out of the list; what it put into the material stays"""

    bl_idname = "svbrdf.forget"
    bl_label = "Forget"
    bl_options = {"INTERNAL"}

    job: StringProperty()

    def execute(self, context: Any) -> set[str]:
        """Forget it."""
        desk.fills[:] = [fill for fill in desk.fills if fill.job != self.job or fill.active]
        finishing.forget_record(self.job)
        return {"FINISHED"}


CLASSES = (
    SVBRDF_OT_choose,
    SVBRDF_OT_apply,
    SVBRDF_OT_revert,
    SVBRDF_OT_keep,
    SVBRDF_OT_pick_up,
    SVBRDF_OT_forget,
)
