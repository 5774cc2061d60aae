"""Pictures on disk in, images in Blender out."""

from __future__ import annotations

import bpy

from .wish import Pictures

TITLES = {"before": "Inpaint before", "after": "Inpaint after", "difference": "Inpaint difference"}
OURS = "svbrdf_preview"


def as_images(pictures: Pictures) -> dict[str, bpy.types.Image]:
    """Load the pictures, packed, under their titles; editors that show an earlier preview show this one.

    Returns:
        The images by "before", "after" and "difference". They have no user of their own, so that they do not stay in a
        saved file.
    """
    return {kind: shown(getattr(pictures, kind), title) for kind, title in TITLES.items()}


def shown(path: object, title: str) -> bpy.types.Image:
    """Load one picture in the place of the earlier one."""
    new = bpy.data.images.load(str(path))
    new.pack()
    new.filepath_raw = ""
    new[OURS] = True
    for old in [image for image in bpy.data.images if image.get(OURS) and image != new]:
        if old.name.startswith(title):
            old.user_remap(new)
            bpy.data.images.remove(old)
    new.name = title
    return new
