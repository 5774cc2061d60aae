"""The user interface: panels, operators, properties and preferences, which call the session."""

import bpy

from .. import holes
from ..material import changes
from ..session import timer
from . import draw_models, library_properties, operators, panels, properties
from .widgets import icons

CLASSES = (*properties.PREFERENCES, *operators.CLASSES, *draw_models.CLASSES, *panels.CLASSES)


def register() -> None:
    """Register every class and property of the add-on, and begin to look at the time."""
    changes.register()
    properties.register()
    library_properties.register()
    holes.register()
    for one in CLASSES:
        bpy.utils.register_class(one)
    timer.register()


def unregister() -> None:
    """Remove them again."""
    timer.unregister()
    for one in reversed(CLASSES):
        bpy.utils.unregister_class(one)
    holes.unregister()
    library_properties.unregister()
    properties.unregister()
    changes.unregister()
    icons.clear()
