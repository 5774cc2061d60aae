"""A kind of trouble in; the buttons that mend it out."""

from __future__ import annotations

import textwrap
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..client import UserError

WIDTH, LETTER = 32, 6.2
"""Letters in a line where nobody knows how wide it is, and pixels that a letter takes."""

FIXES: dict[str, tuple[tuple[str, str], ...]] = {
    "absent": (
        ("svbrdf.start_service", "PLAY"),
        ("svbrdf.copy_install", "COPYDOWN"),
        ("svbrdf.preferences", "PREFERENCES"),
    ),
    "lost": (("svbrdf.connect", "FILE_REFRESH"), ("svbrdf.start_service", "PLAY")),
    "not_a_service": (("svbrdf.start_service", "PLAY"), ("svbrdf.preferences", "PREFERENCES")),
    "refused": (("svbrdf.preferences", "PREFERENCES"), ("svbrdf.connect", "FILE_REFRESH")),
    "offline": (("svbrdf.allow_online", "WORLD"), ("svbrdf.preferences", "PREFERENCES")),
    "broken": (("svbrdf.connect", "FILE_REFRESH"),),
    "busy": (("svbrdf.inpaint", "FILE_REFRESH"),),
    "linked": (("svbrdf.make_local", "LINKED"),),
    "hole": (("svbrdf.paint_hole", "BRUSH_DATA"),),
}
"""Operators by the kind of trouble, the likeliest first, each with its icon."""


def draw_trouble(layout: Any, trouble: UserError) -> None:
    """Draw a sentence and the buttons that mend what it tells of."""
    box = layout.box()
    column = box.column(align=True)
    wrapped(column, trouble.sentence, icon="ERROR", alert=True)
    for operator, icon in FIXES.get(trouble.kind, ()):
        box.operator(operator, icon=icon)


def wrapped(layout: Any, text: str, *, icon: str = "NONE", alert: bool = False) -> None:
    """Draw a long text in several lines, since a label has one."""
    width = letters(bpy.context.region)
    column = layout.column(align=True)
    column.alert = alert
    column.scale_y = 0.8
    for number, line in enumerate(lines(_(text), width)):
        column.label(text=line, icon=icon if number == 0 else "BLANK1" if icon != "NONE" else "NONE", translate=False)


def letters(region: Any) -> int:
    """Return how many letters fit into a line of a sidebar."""
    if region is None:
        return WIDTH
    return max(20, int((region.width / bpy.context.preferences.system.ui_scale - 70) / LETTER))


def lines(text: str, width: int) -> list[str]:
    """Break a text at its spaces; a word longer than a line is broken too."""
    return textwrap.wrap(text, width, break_long_words=True) or [""]
