"""Rows for a library of .blend files: what is repaired and how, the progress, and what came of it."""

from __future__ import annotations

from typing import Any

from bpy.app.translations import pgettext_iface as _

from ..session.library import Library
from .widgets import draw_text, shorten

LETTERS = 28
"""Of a file's name in the progress bar."""


def draw_library(layout: Any, ours: Any, library: Library) -> None:
    """Draw what can be set, the button or the progress of what it began, and the outcome."""
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    column.enabled = not library.busy
    column.prop(ours, "library")
    if ours.library == "FOLDER":
        column.prop(ours, "folder")
    for name in ("which", "hole"):
        column.prop(ours, name)
    if ours.hole == "MASKS":
        column.prop(ours, "masks")
    column.prop(ours, "result")
    if ours.result == "COPY":
        column.prop(ours, "out")
    for name in ("mode", "method", "seed"):
        column.prop(ours, name)
    if library.busy:
        _draw_progress(layout, library)
        return
    layout.operator("svbrdf.repair_library", icon="ASSET_MANAGER")
    _draw_outcome(layout, library)


def _draw_progress(layout: Any, library: Library) -> None:
    now = library.progress
    text = _("Looking for files…")
    if library.cancelled:
        text = _("Cancelling…")
    elif now.file >= 0:
        name = now.material or library.files[now.file].stem
        text = _("{a} of {b}: {name}").format(a=now.file + 1, b=len(library.files), name=shorten(name, LETTERS))
    elif library.files:
        text = _("Starting a Blender in the background…")
    layout.progress(factor=now.share(len(library.files)), type="BAR", text=text, translate=False)
    layout.operator("svbrdf.cancel_library", icon="CANCEL")


def _draw_outcome(layout: Any, library: Library) -> None:
    if library.words:
        draw_text(layout, library.words, icon="ERROR", alert=True)
    if library.rows:
        draw_text(layout, library.describe(), icon="ERROR" if library.failed else "CHECKMARK")
        layout.operator("svbrdf.library_report", icon="URL")
