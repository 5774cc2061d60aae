"""What the user sees: clicks in, calls of the session out."""

import bpy

from .. import holes
from ..material import changes
from ..session import handlers
from . import operators, panels, preferences, properties
from .icons import icons

CLASSES = (*preferences.CLASSES, *operators.CLASSES, *panels.CLASSES)


def register() -> None:
    """Register every class and property of the add-on, and begin to look at the time."""
    changes.register()
    properties.register()
    holes.register()
    for one in CLASSES:
        bpy.utils.register_class(one)
    handlers.register()


def unregister() -> None:
    """Remove them again."""
    handlers.unregister()
    for one in reversed(CLASSES):
        bpy.utils.unregister_class(one)
    holes.unregister()
    properties.unregister()
    changes.unregister()
    icons.clear()
