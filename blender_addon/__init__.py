"""The add-on "Inpaint Material": the maps of a Blender material and a hole in, the repaired material out.

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
