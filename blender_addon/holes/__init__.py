"""Holes of a material: the mask that tells what is filled, and what painting one on the surface or an image needs."""


def register() -> None:
    """Declare the properties, and begin to draw and to listen."""
    from . import mask, overlay, painting

    for part in (mask, overlay, painting):
        part.register()


def unregister() -> None:
    """Undo that, and end what is being painted."""
    from . import mask, overlay, painting

    for part in (painting, overlay, mask):
        part.unregister()
