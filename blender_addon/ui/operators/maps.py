"""Maps ticked and unticked, and what is in their way taken out of it."""

from typing import Any

import bpy
from bpy.props import StringProperty

from ...client import UserError
from ...material.localising import localised
from ...material.places import image_called
from ...session import selection, settings
from .base import OnMaterial


class SVBRDF_OT_toggle_map(OnMaterial, bpy.types.Operator):
    """Whether this map is filled with the others or left alone"""

    bl_idname = "svbrdf.toggle_map"
    bl_label = "Fill This Map"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    role: StringProperty()

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Turn it round."""
        selection.toggle(material, self.role)


class SVBRDF_OT_make_local(OnMaterial, bpy.types.Operator):
    """Make this linked material your own, so that its images can be exchanged"""

    bl_idname = "svbrdf.make_local"
    bl_label = "Make Local"
    bl_options = {"REGISTER", "UNDO"}

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Make it local where the object uses it."""
        localised(material, thing)


class SVBRDF_OT_find_image(OnMaterial, bpy.types.Operator):
    """Say where the file of this image lies now"""

    bl_idname = "svbrdf.find_image"
    bl_label = "Find the File"
    bl_options = {"REGISTER", "UNDO"}

    image: StringProperty(options={"HIDDEN"})
    filepath: StringProperty(subtype="FILE_PATH")
    filter_image: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Let the user choose a file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Take the file."""
        image = image_called(self.image)
        if image is None:
            raise UserError("gone", "That image is gone.")
        image.filepath = self.filepath
        image.reload()


class SVBRDF_OT_preset(OnMaterial, bpy.types.Operator):
    """Set what the service calls by this name"""

    bl_idname = "svbrdf.preset"
    bl_label = "Preset"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    preset: StringProperty()

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Set it."""
        ours = material.svbrdf
        method = settings.described(ours.method.lower())
        if method is None:
            raise UserError("absent", "Start the service first: it says what its presets are.")
        settings.sync(ours)
        settings.take(ours, method["presets"].get(self.preset, {}))


CLASSES = (SVBRDF_OT_preset, SVBRDF_OT_toggle_map, SVBRDF_OT_make_local, SVBRDF_OT_find_image)
