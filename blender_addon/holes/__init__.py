"""Holes: the user's wish in (painted, faces, a box, an image, alpha), a mask array out; and what painting one needs."""


def register() -> None:
    """Declare the properties, and begin to draw and to listen."""
    from . import handlers, memory, overlay

    for part in (memory, overlay, handlers):
        part.register()


def unregister() -> None:
    """Undo that, and end what is being painted."""
    from . import handlers, memory, overlay, painting

    for part in (handlers, overlay, painting, memory):
        part.unregister()
