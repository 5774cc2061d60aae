"""Operators on results: chosen, applied, reverted, kept or picked up from an earlier session; and their pictures."""

from typing import Any

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ...client import UserError
from ...session import filling, finishing
from ...session.context import preferences, target_of
from ...session.pictures import pictures
from ...session.state import state
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
        finishing.request_variation(fill_of(self.job), self.variation)


class SVBRDF_OT_apply(bpy.types.Operator):
    """Put a fetched variation into its material: one step of undo"""

    bl_idname = "svbrdf.apply"
    bl_label = "Inpaint Material"
    bl_options = {"UNDO", "INTERNAL"}

    job: StringProperty()
    variation: IntProperty(min=1)

    def execute(self, context: Any) -> set[str]:
        """Put it in."""
        fill = state.fill_of_job(self.job)
        try:
            fill = fill_of(self.job)
            material, words = finishing.apply_variation(fill, self.variation)
        except UserError as error:
            if fill is not None:
                fill.note = error.sentence
            self.report({"ERROR"}, error.sentence)
            return {"CANCELLED"}
        fill.note = " ".join(words)
        if preferences().pictures and not bpy.app.background:
            pictures.begin(context, material, target_of(context)[1])
        return {"FINISHED"}


class SVBRDF_OT_revert(OnMaterial, bpy.types.Operator):
    """Give the material the images back that it had before the last result; press again to go back further"""

    bl_idname = "svbrdf.revert"
    bl_label = "Revert"
    bl_options = {"REGISTER", "UNDO"}

    every: BoolProperty(name="All Results", description="Go back to the images of before the first result that is left")

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Take the last result out, or all."""
        said = finishing.revert(material)
        while self.every and len(material.svbrdf_changes):
            said += finishing.revert(material)
        for word in dict.fromkeys(said):
            self.report({"WARNING"}, word)


class SVBRDF_OT_keep(OnMaterial, bpy.types.Operator):
    """Make the result the material's own; images that lay in files are written to files, and the hole is cleared"""

    bl_idname = "svbrdf.keep"
    bl_label = "Keep"
    bl_options = {"REGISTER", "UNDO"}

    folder: StringProperty(
        name="Folder", subtype="DIR_PATH", description="Where files are written; empty for beside the old ones"
    )

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Keep it, and say what was written."""
        for word in finishing.keep(material, self.folder):
            self.report({"INFO"}, word)


class SVBRDF_OT_pick_up(bpy.types.Operator):
    """Go on with a job that an earlier Blender began"""

    bl_idname = "svbrdf.pick_up"
    bl_label = "Pick Up"
    bl_options = {"INTERNAL"}

    job: StringProperty()

    def execute(self, context: Any) -> set[str]:
        """Watch it again."""
        record = next((one for one in finishing.read_records() if one.job == self.job), None)
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
        state.fills[:] = [fill for fill in state.fills if fill.job != self.job or fill.active]
        finishing.forget_record(self.job)
        return {"FINISHED"}


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


CLASSES = (
    SVBRDF_OT_choose,
    SVBRDF_OT_apply,
    SVBRDF_OT_revert,
    SVBRDF_OT_keep,
    SVBRDF_OT_pick_up,
    SVBRDF_OT_forget,
    SVBRDF_OT_draw,
    SVBRDF_OT_stop_drawing,
)
