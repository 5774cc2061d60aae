"""What the panel says of the hole: worked out when it may have changed and somebody looks, never while drawing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import bpy

from ..client import UserError
from ..holes import state
from ..holes.mask import hole
from ..holes.regions import Summary, summary
from . import settings
from .desk import Named, desk
from .filling import wish_of
from .selection import select
from .target import found, named

PAUSE = 0.4
"""Seconds between two looks at a hole that is being painted."""
LOOKED = 2.0
"""Seconds after which nobody looks any more."""


@dataclass(frozen=True)
class Seen:
    """A hole as the panel tells of it.

    Attributes:
        summary: how many pieces and how large; None if there is no hole that can be read.
        reason: why there is none.
        maps: how many maps are filled.
    """

    summary: Summary | None
    reason: str
    maps: int


@dataclass
class _Watched:
    """The material that is looked at, and the last that was seen of it."""

    material: Named | None = None
    asked: float = -LOOKED
    done: float = 0.0
    changes: int = 0
    key: tuple[Any, ...] = ()
    seen: Seen | None = None


_watched = _Watched()


def seen(material: Any) -> Seen | None:
    """Return what is known of a material's hole; asking keeps it up to date. None: it is being looked at."""
    now = named(material)
    if now != _watched.material:
        _watched.seen, _watched.key, _watched.material = None, (), now
    _watched.asked = time.monotonic()
    return _watched.seen


def looked_at() -> bool:
    """Whether somebody looks at the panel now."""
    return time.monotonic() - _watched.asked < LOOKED


def poll() -> bool:
    """Look at the hole again if it may have changed; return whether panels should be drawn, as they are if it did.

    Only a panel that is drawn asks for a hole, and painting draws none: so each change has panels drawn once.
    """
    changes, _watched.changes = _watched.changes, state.count()
    if changes != _watched.changes and not looked_at():
        return True
    if _watched.material is None or not looked_at() or time.monotonic() - _watched.done < PAUSE:
        return False
    material = found(bpy.data.materials, _watched.material)
    if material is None:
        return False
    key = _key(material)
    if key == _watched.key:
        return False
    _watched.key, _watched.done = key, time.monotonic()  # first, so that what fails is not done over and over
    settings.sync(material.svbrdf)
    before, _watched.seen = _watched.seen, look(material)
    return before != _watched.seen


def look(material: Any) -> Seen:
    """Return what is to be said of a hole now."""
    selection = select(material)
    if not selection.chosen:
        return Seen(None, "", 0)
    try:
        mask = hole(material, wish_of(material, selection), selection.size)
    except UserError as trouble:
        return Seen(None, trouble.sentence, len(selection.chosen))
    return Seen(summary(mask), "", len(selection.chosen))


def _key(material: Any) -> tuple[Any, ...]:
    """Return what must be another where the hole may be another."""
    ours = material.svbrdf
    image = ours.hole_image.session_uid if ours.hole_image is not None else 0
    return state.count(), ours.hole, image, ours.threshold, ours.skipped, desk.connection is None
