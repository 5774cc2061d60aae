"""Operators on the service: found, started, stopped and released; and the way to what it needs."""

from typing import Any

import bpy

from ...client.launch import INSTALL
from ...session import connection, models
from ...session.context import PACKAGE
from ...session.state import state


class SVBRDF_OT_connect(bpy.types.Operator):
    """Look for the service again"""

    bl_idname = "svbrdf.connect"
    bl_label = "Look Again"
    bl_options = {"INTERNAL"}

    def execute(self, context: Any) -> set[str]:
        """Look."""
        connection.find_service(start=False)
        return {"FINISHED"}


class SVBRDF_OT_start_service(bpy.types.Operator):
    """Start the service on this computer; it ends with Blender"""

    bl_idname = "svbrdf.start_service"
    bl_label = "Start the Service"
    bl_options = {"INTERNAL"}

    def execute(self, context: Any) -> set[str]:
        """Start."""
        connection.find_service(start=True)
        return {"FINISHED"}


class SVBRDF_OT_stop_service(bpy.types.Operator):
    """End the service that this Blender started; a running job goes on at its next start"""

    bl_idname = "svbrdf.stop_service"
    bl_label = "Stop the Service"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether it was started here."""
        return state.connection is not None and state.connection.process is not None

    def execute(self, context: Any) -> set[str]:
        """End it."""
        connection.stop_service()
        return {"FINISHED"}


class SVBRDF_OT_release(bpy.types.Operator):
    """Give the graphics memory that the service holds back to Blender"""

    bl_idname = "svbrdf.release"
    bl_label = "Release Graphics Memory"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether there is a service."""
        return state.connection is not None

    def execute(self, context: Any) -> set[str]:
        """Ask the service."""
        connection.release_memory()
        return {"FINISHED"}


class SVBRDF_OT_refresh_models(bpy.types.Operator):
    """Ask the service again which models it has"""

    bl_idname = "svbrdf.refresh_models"
    bl_label = "Look for Models"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether there is a service."""
        return state.connection is not None

    def execute(self, context: Any) -> set[str]:
        """Ask."""
        models.refresh_models()
        return {"FINISHED"}


class SVBRDF_OT_copy_install(bpy.types.Operator):
    """Copy the line that installs the service; paste it into a terminal"""

    bl_idname = "svbrdf.copy_install"
    bl_label = "Copy the Line"
    bl_options = {"INTERNAL"}

    def execute(self, context: Any) -> set[str]:
        """Copy it."""
        context.window_manager.clipboard = INSTALL
        return {"FINISHED"}


class SVBRDF_OT_preferences(bpy.types.Operator):
    """Open the preferences of this add-on"""

    bl_idname = "svbrdf.preferences"
    bl_label = "Preferences"
    bl_options = {"INTERNAL"}

    def execute(self, context: Any) -> set[str]:
        """Open them."""
        return set(bpy.ops.preferences.addon_show(module=PACKAGE))


class SVBRDF_OT_allow_online(bpy.types.Operator):
    """Open the place where Blender is allowed to use the network"""

    bl_idname = "svbrdf.allow_online"
    bl_label = "Allow Online Access"
    bl_options = {"INTERNAL"}

    def execute(self, context: Any) -> set[str]:
        """Open it; the user decides."""
        bpy.ops.screen.userpref_show(section="SYSTEM")
        return {"FINISHED"}


CLASSES = (
    SVBRDF_OT_connect,
    SVBRDF_OT_start_service,
    SVBRDF_OT_stop_service,
    SVBRDF_OT_release,
    SVBRDF_OT_refresh_models,
    SVBRDF_OT_copy_install,
    SVBRDF_OT_preferences,
    SVBRDF_OT_allow_online,
)
