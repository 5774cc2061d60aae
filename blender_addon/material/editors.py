"""Image editors, which show an image's repaired version with the material, and the old one when that is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy
from bpy.app.handlers import persistent


def show_instead(image: Any, other: Any) -> None:
    """Let editors that show an image show another."""
    for space in _spaces():
        if space.image == image:
            space.image = other


def _spaces() -> Iterator[Any]:
    """Yield what every Image editor of every workspace shows, in an order that stays."""
    for screen in bpy.data.screens:
        for area in screen.areas:
            yield from (space for space in area.spaces if space.type == "IMAGE_EDITOR")


@dataclass
class _Shown:
    """Names of what each editor shows, and of the images that this is the repaired version of, the newest first."""

    names: list[list[str]]


_shown = _Shown([])


@persistent
def _on_undo_pre(*_: object) -> None:
    """Remember what editors show: undo takes repaired images away, and editors are no part of what it brings back."""
    before = {one.new: one.old for material in bpy.data.materials for one in material.svbrdf_changes if one.new}
    _shown.names = [list(_ancestors(space.image, before)) for space in _spaces()]


def _ancestors(image: Any, before: dict[Any, Any]) -> Iterator[str]:
    seen = set()
    while image is not None and image not in seen:
        seen.add(image)
        yield image.name
        image = before.get(image)


@persistent
def _on_undo_post(*_: object) -> None:
    """Let an editor whose image is gone show the one that it was made of."""
    for space, names in zip(_spaces(), _shown.names, strict=False):
        if space.image is None:
            space.image = next((bpy.data.images[name] for name in names if name in bpy.data.images), None)
    _shown.names = []


def register() -> None:
    """Begin to listen."""
    bpy.app.handlers.undo_pre.append(_on_undo_pre)
    bpy.app.handlers.undo_post.append(_on_undo_post)


def unregister() -> None:
    """Stop listening."""
    bpy.app.handlers.undo_post.remove(_on_undo_post)
    bpy.app.handlers.undo_pre.remove(_on_undo_pre)
