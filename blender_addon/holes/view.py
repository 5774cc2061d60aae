"""The Image editors come in; they show the hole while it is painted, then what they showed before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from . import tools
from .store import is_hole


def values(context: bpy.types.Context) -> dict[str, Any]:
    """Return what every Image editor shows; Blender lets them all show what is painted."""
    return {
        "editors": [
            {
                "place": [screen.name, index],
                "origin": area == context.area,
                "ui_type": area.ui_type,
                "ui_mode": area.spaces.active.ui_mode,
                "image": area.spaces.active.image.name if area.spaces.active.image is not None else "",
            }
            for screen, index, area in _editors(context)
        ]
    }


def show(context: bpy.types.Context, image: bpy.types.Image) -> None:
    """Let the Image editor this comes from show an image to be painted on."""
    context.area.ui_type = "IMAGE_EDITOR"
    space = context.area.spaces.active
    space.image = image
    space.ui_mode = "PAINT"


def give_back(context: bpy.types.Context, kept: dict[str, Any]) -> None:
    """Let them show what they showed, except where the user chose something else meanwhile."""
    found = {(screen.name, index): area for screen, index, area in _editors(context)}
    for editor in kept.get("editors", []):
        area = found.get(tuple(editor["place"]))
        if area is None:
            continue
        if editor["origin"]:
            _origin(context, area, kept, editor)
        space = area.spaces.active
        if editor["origin"] or space.image is None or is_hole(space.image):
            space.image = bpy.data.images.get(editor["image"])
        if editor["origin"]:
            area.ui_type = editor["ui_type"]


def _origin(context: bpy.types.Context, area: bpy.types.Area, kept: dict[str, Any], editor: dict[str, Any]) -> None:
    """Give the editor that was painted in its tool and mode back."""
    window = next(each for each in context.window_manager.windows if area in list(each.screen.areas))
    region = next(each for each in area.regions if each.type == "WINDOW")
    if area.spaces.active.ui_mode == "PAINT":
        with context.temp_override(window=window, area=area, region=region):
            tools.give_back(context, kept, "IMAGE_EDITOR")
    area.spaces.active.ui_mode = editor["ui_mode"]


def _editors(context: bpy.types.Context) -> Iterator[tuple[bpy.types.Screen, int, bpy.types.Area]]:
    for window in context.window_manager.windows:
        for index, area in enumerate(window.screen.areas):
            if area.type == "IMAGE_EDITOR":
                yield window.screen, index, area
