"""The add-on's preferences: where the service is."""

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ..client.launch import IDLE_MINUTES, INSTALL
from ..session.user import PACKAGE


class SVBRDF_AP_preferences(bpy.types.AddonPreferences):
    """Where the service is and how it is started."""

    bl_idname = PACKAGE

    where: EnumProperty(
        name="Service",
        items=[
            ("LOCAL", "This computer", "The service of this computer, found or started by itself"),
            ("REMOTE", "Another address", "A service on another computer, with a larger graphics card say"),
        ],
    )
    program: StringProperty(
        name="Program",
        subtype="FILE_PATH",
        description="svbrdf, or the Python it is installed in; left empty it is looked for",
    )
    idle: IntProperty(
        name="Idle Minutes",
        default=IDLE_MINUTES,
        min=1,
        soft_max=600,
        description="A service started here ends after so long without use, and gives all its memory back",
    )
    url: StringProperty(name="Address", description="Such as http://127.0.0.1:8000")
    token: StringProperty(name="Token", subtype="PASSWORD", description="What the service was given by --token-file")
    pictures: BoolProperty(
        name="Draw before and after when a result is chosen",
        default=True,
        description="In a Blender in the background; the window never waits for it",
    )

    def draw(self, context: Any) -> None:
        """Draw what belongs to the chosen kind of service."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "where")
        if self.where == "LOCAL":
            layout.prop(self, "program")
            layout.prop(self, "idle")
            row = layout.row()
            row.label(text=INSTALL, translate=False)
            row.operator("svbrdf.copy_install", text="", icon="COPYDOWN")
        else:
            layout.prop(self, "url")
            layout.prop(self, "token")
        layout.prop(self, "pictures")


CLASSES = (SVBRDF_AP_preferences,)
