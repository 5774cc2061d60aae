"""Undo and redo across the beginning of painting in; the tools, which undo leaves as they are, set right out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from . import assets, brush, view


@dataclass(frozen=True)
class _Before:
    """What the scene's memory holds, where undo does not reach: names, since datablocks do not outlive undo."""

    kept: dict[str, Any]
    canvas: str
    brush: str


_before: list[_Before] = []


def remember(memory: Any) -> None:
    """Note that painting begins, or a file is loaded in which it had."""
    parts = (memory.canvas, memory.brush)
    _before[:] = [_Before(memory.read(), *(part.name if part is not None else "" for part in parts))]


def forget() -> None:
    """Note that it ended."""
    _before.clear()


def loaded(context: bpy.types.Context) -> None:
    """Note that another file is open."""
    forget()
    if context.scene.svbrdf_painting.active:
        remember(context.scene.svbrdf_painting)


def soon() -> None:
    """Set the tools right as soon as undo or redo is over."""
    if not bpy.app.timers.is_registered(_later):
        bpy.app.timers.register(_later, first_interval=0.0)


def settle(context: bpy.types.Context) -> None:
    """Give the tools back if painting was undone, and take them again if that was redone."""
    memory = context.scene.svbrdf_painting
    if memory.active:
        if not brush.ours(context.scene):
            brush.take(context)
            context.scene.tool_settings.image_paint.canvas = memory.image
            remember(memory)
    elif _before:
        before = _before[0]
        forget()
        brush.give_back(context, before.kept, bpy.data.brushes.get(before.brush))
        context.scene.tool_settings.image_paint.canvas = bpy.data.images.get(before.canvas)
        view.give_back(context, before.kept)
        brush.remove()


def _later() -> None:
    assets.in_window(settle)


def stop() -> None:
    """Wait for nothing more; the add-on is switched off."""
    if bpy.app.timers.is_registered(_later):
        bpy.app.timers.unregister(_later)
    forget()
