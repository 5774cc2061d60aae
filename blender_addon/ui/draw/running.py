"""Fills in; the button, or the progress of what it began, out."""

from __future__ import annotations

from typing import Any

from bpy.app.translations import pgettext_iface as _

from ...job import Status
from ...session.desk import Fill, desk
from ...session.summary import Seen
from ..fixes import draw_trouble, wrapped
from ..icons import icons
from .hole import button


def draw_running(layout: Any, seen: Seen | None, fills: list[Fill]) -> None:
    """Draw the button, or the progress of what it began; then why the last fill failed."""
    newest = fills[0] if fills else None
    if newest is not None and newest.active:
        _progress(layout, newest)
        return
    row = layout.row()
    row.scale_y = 1.6
    row.operator("svbrdf.inpaint", text=button(seen), icon="SHADERFX", translate=False)
    if newest is not None and newest.failure is not None and newest.failure.kind != "cancelled":
        draw_trouble(layout, newest.failure)
    elif newest is not None and newest.note:
        wrapped(layout, newest.note, icon="INFO")
    elif desk.seconds is not None:
        row = layout.row()  # of its own: in the progress bar's place Blender would go on drawing a bar
        row.label(text=_("Last fill: {time}").format(time=duration(desk.seconds)), icon="TIME", translate=False)


def _progress(layout: Any, fill: Fill) -> None:
    status = fill.status
    layout.progress(factor=status.fraction or 0.0, type="BAR", text=words(fill), translate=False)
    row = layout.row()
    left = _("{time} left").format(time=duration(status.left)) if status.left is not None else duration(status.elapsed)
    row.label(text=left, icon="TIME", translate=False)
    button = row.row()
    button.enabled = not fill.cancelled
    button.operator("svbrdf.cancel", icon="CANCEL", text=_("Cancelling…") if fill.cancelled else _("Cancel"))
    if status.preview is not None:
        icon = icons.of_bytes(f"live-{fill.job}", status.preview_number, status.preview)
        layout.template_icon(icon_value=icon, scale=8.0)


def words(fill: Fill) -> str:
    """Return what a fill does now."""
    status = fill.status
    if fill.cancelled:
        return _("Cancelling…")
    if fill.watch is None:
        return _("Starting the service…")
    if status.obstacle is not None:
        busy = status.obstacle.kind == "busy"
        return status.obstacle.sentence if busy else _("The service is gone; looking for it…")
    if status.phase == "sending":
        return _("Sending images…") if status.fraction is not None else _("The service reads the images…")
    if status.phase == "queued":
        return _("Waiting, {count} before this one").format(count=status.ahead) if status.ahead else _("Waiting…")
    return _filling(status) if status.phase == "running" else _("Connecting to the service…")


def _filling(status: Status) -> str:
    parts = [_("Filling")]
    for text, (number, count) in ((_("variation {a} of {b}"), status.variation), (_("step {a} of {b}"), status.step)):
        if count > 1:
            parts.append(text.format(a=number, b=count))
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return a time for people."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
    return f"{seconds / 3600:.1f} h"
