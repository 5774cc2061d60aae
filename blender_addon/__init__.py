"""The Blender add-on "Inpaint Material", which repairs a hole in all maps of a material at once.

Standard library and NumPy alone. Only what lies in ``client``, ``job`` and ``graph`` runs in threads of its own; none
of it imports bpy, and it can be loaded without Blender.
"""


def register() -> None:
    """Called by Blender when the add-on is enabled."""
    from . import ui

    ui.register()


def unregister() -> None:
    """Called by Blender when the add-on is disabled."""
    from . import ui

    ui.unregister()
