"""The active tool of the toolbar comes in; the brush is chosen, and the user's tool is given back."""

from __future__ import annotations

from typing import Any

import bpy

from . import assets


def values(context: bpy.types.Context) -> dict[str, str]:
    """Return the tool for painting in the view, and the one in the Image editor."""
    tools = context.workspace.tools if context.workspace is not None else None
    if tools is None:
        return {}
    found = {
        "VIEW_3D": tools.from_space_view3d_mode("PAINT_TEXTURE", create=False),
        "IMAGE_EDITOR": tools.from_space_image_mode("PAINT", create=False),
    }
    return {space: tool.idname for space, tool in found.items() if tool is not None}


def choose(context: bpy.types.Context, space: str, name: str = "") -> None:
    """Make a tool the active one, the brush if none is named; its own mode must be on."""
    wanted = name or ("builtin.brush" if bpy.app.version >= assets.SINCE else "builtin_brush.Draw")
    if not bpy.app.background and values(context).get(space, "") != wanted:
        bpy.ops.wm.tool_set_by_id(name=wanted, space_type=space)


def other(context: bpy.types.Context, kept: dict[str, Any], space: str) -> bool:
    """Whether the active tool is not the user's."""
    name = kept.get("tools", {}).get(space)
    return not bpy.app.background and bool(name) and values(context).get(space, "") != name


def give_back(context: bpy.types.Context, kept: dict[str, Any], space: str) -> None:
    """Make the user's tool the active one again."""
    name = kept.get("tools", {}).get(space)
    if name:
        choose(context, space, name)
