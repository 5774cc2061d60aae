"""The poll on Blender's main thread that takes whatever happened in the background, and its beginning and end."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable

import bpy

from ..holes import painting
from ..holes.overrides import in_window
from . import connection, finishing
from .finishing import read_records
from .library import library
from .pictures import pictures
from .selection import is_watched, poll_hole
from .state import Fill, state

LOG = logging.getLogger(__name__)
BUSY, IDLE = 0.1, 0.5
"""Seconds between two looks, while something runs and while nothing does."""


def poll() -> float:
    """Take what threads have brought, put finished fills in, draw panels anew; return seconds to the next look.

    Blender's timer calls it; in background mode, where timers do not run, whoever waits does.
    """
    changed = state.background.poll()
    if is_watched() and not state.searched:
        state.searched = True
        connection.find_service(start=False)
    for fill in list(state.fills):
        changed |= _run_guarded(lambda fill=fill: _advance(fill))  # type: ignore[misc]
    changed |= _run_guarded(pictures.poll)
    changed |= _run_guarded(library.poll)
    changed |= _run_guarded(poll_hole)
    changed |= _run_guarded(_follow_painting)
    running = any(fill.active for fill in state.fills) or state.connecting or pictures.busy or library.busy
    if changed or running:
        redraw_panels()
    return BUSY if running or state.background.busy else IDLE


def _run_guarded(do: Callable[[], bool]) -> bool:
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
        finishing.write_record(fill)
        return True
    if fill.recorded and status.phase in ("cancelled", "failed") and fill.job in {one.job for one in read_records()}:
        finishing.forget_record(fill.job)  # there is nothing to pick up
        return True
    if status.result is not None and not fill.delivered:
        fill.delivered = True
        fill.undrawn = [one.number for one in status.result.variations]
        if fill.automatic and fill.loads == state.loads:
            finishing.request_variation(fill, status.result.variations[0].number)
        return True
    # After the result, which the user waits for.
    if fill.wanted is None and fill.undrawn and not fill.drawing:
        finishing.draw_thumbnail(fill)
        return True
    if fill.wanted is not None and fill.wanted in fill.fetched and not fill.drawing:
        variation, fill.wanted = fill.wanted, None
        _apply_wanted(fill, variation)
        return True
    return False


def _apply_wanted(fill: Fill, variation: int) -> None:
    """Put a variation in by the operator, which makes it one step of undo."""
    fill.note = ""
    try:
        with in_window():
            bpy.ops.svbrdf.apply("EXEC_DEFAULT", True, job=fill.job, variation=variation)
    except RuntimeError as error:  # in Blender's form, for the console
        LOG.info("A result was not put in: %s", error)
        fill.note = fill.note or "Something went wrong that is our fault; see the console."


_refused: set[tuple[str, str]] = set()


def _follow_painting() -> bool:
    """Let strokes go by the slot, or the object in Texture Paint mode, that the user has made active meanwhile."""
    windows = bpy.context.window_manager.windows
    place = windows[0] if len(windows) else bpy.context
    if not painting.is_astray(place):
        _refused.clear()
        return False
    thing, memory = place.view_layer.objects.active, place.scene.svbrdf_painting
    wanted = (thing.name_full, thing.active_material.name_full if thing.active_material is not None else "")
    if memory.guide:  # which is this material's alone
        with in_window():
            bpy.ops.svbrdf.paint_done("EXEC_DEFAULT", True)
        return True
    if wanted in _refused:
        return False
    _refused.add(wanted)
    with in_window():
        try:
            bpy.ops.svbrdf.paint_hole("EXEC_DEFAULT", True)
        except RuntimeError as error:
            LOG.info("The hole is painted where it was: %s", error)
            if thing != memory.thing:
                bpy.ops.svbrdf.paint_done("EXEC_DEFAULT", True)  # a stroke here would leave it in another's material
    return True


def redraw_panels() -> None:
    """Draw the sidebars anew."""
    for one in bpy.context.window_manager.windows:
        for area in one.screen.areas:
            if area.type in {"VIEW_3D", "NODE_EDITOR", "IMAGE_EDITOR"}:
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


@bpy.app.handlers.persistent
def _on_load(*_: object) -> None:
    """A fill goes on while another file is loaded, but is not put into that; pictures are of a file that is gone."""
    state.loads += 1
    pictures.clear()


def _on_exit() -> None:
    """End what was started here; jobs go on with the next start of the service."""
    pictures.clear()
    library.stop()
    connection.end_service()
    state.background.close()


def register() -> None:
    """Begin to look."""
    bpy.app.handlers.load_pre.append(_on_load)
    bpy.app.timers.register(poll, first_interval=IDLE, persistent=True)
    atexit.register(_on_exit)


def unregister() -> None:
    """Stop looking, and end what runs."""
    bpy.app.handlers.load_pre.remove(_on_load)
    if bpy.app.timers.is_registered(poll):
        bpy.app.timers.unregister(poll)
    atexit.unregister(_on_exit)
    _on_exit()
    state.reset()
