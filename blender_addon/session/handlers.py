"""Files loaded and Blender ended, in; the session put in order, out."""

from __future__ import annotations

import atexit

import bpy

from . import connecting, timer
from .desk import desk
from .pictures import pictures


@bpy.app.handlers.persistent
def _before_load(*_: object) -> None:
    """A fill goes on while another file is loaded, but is not put into that; pictures are of a file that is gone."""
    desk.loads += 1
    pictures.clear()


def _at_end() -> None:
    """End what was started here; jobs go on with the next start of the service."""
    pictures.clear()
    connecting.end()
    desk.background.close()


def register() -> None:
    """Begin to look."""
    bpy.app.handlers.load_pre.append(_before_load)
    bpy.app.timers.register(timer.poll, first_interval=timer.IDLE, persistent=True)
    atexit.register(_at_end)


def unregister() -> None:
    """Stop looking, and end what runs."""
    bpy.app.handlers.load_pre.remove(_before_load)
    if bpy.app.timers.is_registered(timer.poll):
        bpy.app.timers.unregister(timer.poll)
    atexit.unregister(_at_end)
    _at_end()
    desk.reset()
