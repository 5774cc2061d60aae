"""Time in; whatever has happened in the background, done on the main thread, out."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

import bpy

from . import connecting, finishing, summary
from .desk import Fill, desk
from .pictures import pictures

LOG = logging.getLogger(__name__)
BUSY, IDLE = 0.1, 0.5
"""Seconds between two looks, while something runs and while nothing does."""


def poll() -> float:
    """Take what threads have brought, put finished fills in, draw panels anew; return seconds to the next look.

    Blender's timer calls it; in background mode, where timers do not run, whoever waits does.
    """
    happened = desk.background.poll()
    if summary.looked_at() and not desk.asked:
        desk.asked = True
        connecting.look(start=False)
    for fill in list(desk.fills):
        happened |= _surely(lambda fill=fill: _advance(fill))  # type: ignore[misc]
    happened |= _surely(pictures.poll)
    happened |= _surely(summary.poll)
    running = any(fill.active for fill in desk.fills) or desk.looking or pictures.busy
    if happened or running:
        redraw()
    return BUSY if running or desk.background.busy else IDLE


def _surely(do: Callable[[], bool]) -> bool:
    """Do something; Blender takes a timer away that fails, and with it all fills would stand still."""
    try:
        return do()
    except Exception:
        LOG.exception("What came of a fill could not be taken")
        return True


def _advance(fill: Fill) -> bool:
    """Do what a fill needs next; return whether anything was done."""
    status = fill.status
    if fill.job and not fill.recorded:
        fill.recorded = True
        finishing.note_record(fill)
        return True
    if status.result is not None and not fill.delivered:
        fill.delivered = True
        desk.seconds = status.elapsed
        finishing.draw_thumbnails(fill)
        if fill.automatic and fill.loads == desk.loads:
            finishing.want(fill, status.result.variations[0].number)
        return True
    if fill.wanted is not None and fill.wanted in fill.fetched:
        variation, fill.wanted = fill.wanted, None
        _apply(fill, variation)
        return True
    return False


def _apply(fill: Fill, variation: int) -> None:
    """Put a variation in by the operator, which makes it one step of undo."""
    fill.note = ""
    try:
        with window():
            bpy.ops.svbrdf.apply("EXEC_DEFAULT", True, job=fill.job, variation=variation)
    except RuntimeError as error:  # in Blender's form, for the console
        LOG.info("A result was not put in: %s", error)
        fill.note = fill.note or "Something went wrong that is our fault; see the console."


def window() -> contextlib.AbstractContextManager[object]:
    """Return a context with a window, which timers do not have and undo needs."""
    windows = bpy.context.window_manager.windows
    return bpy.context.temp_override(window=windows[0]) if len(windows) else contextlib.nullcontext()


def redraw() -> None:
    """Draw the sidebars anew."""
    for one in bpy.context.window_manager.windows:
        for area in one.screen.areas:
            if area.type in {"VIEW_3D", "NODE_EDITOR", "IMAGE_EDITOR"}:
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
