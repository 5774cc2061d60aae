"""Rows for what comes of a fill: its progress, results and pictures, the history, and the service that does it."""

from __future__ import annotations

import time
from itertools import islice
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..job import Status
from ..job.records import Record
from ..session import finishing, settings
from ..session.pictures import pictures
from ..session.selection import HoleStatus
from ..session.state import Fill, state
from .draw_inputs import button_text
from .widgets import draw_error, draw_text, icons

AT_ONCE = 2
"""Jobs of earlier Blenders that are offered above all else."""
SHOWN = 8
"""Jobs of earlier Blenders that History offers, the newest."""


def draw_running(layout: Any, seen: HoleStatus | None, fills: list[Fill]) -> None:
    """Draw the button, or the progress of what it began; then why the last fill failed."""
    newest = fills[0] if fills else None
    if newest is not None and newest.active:
        _draw_progress(layout, newest)
        return
    row = layout.row()
    row.scale_y = 1.6
    row.operator("svbrdf.inpaint", text=button_text(seen), icon="SHADERFX", translate=False)
    if newest is not None and newest.failure is not None and newest.failure.kind != "cancelled":
        draw_error(layout, newest.failure)
    elif newest is not None:
        for words in filter(None, (newest.note, newest.warning)):
            draw_text(layout, words, icon="INFO")


def draw_left_behind(layout: Any, material: Any, records: list[Record]) -> None:
    """Draw the jobs on this material that an earlier Blender began, and whose result is not in it."""
    blend = bpy.data.filepath
    if not blend:
        return  # files without a name cannot be told from one another
    known = {fill.job for fill in state.fills} | {change.job for change in material.svbrdf_changes}
    ours = (one for one in records if (one.material, one.blend) == (material.name, blend) and one.job not in known)
    for record in islice(ours, AT_ONCE):
        box = layout.box()
        at = time.strftime("%d %b %H:%M", time.localtime(record.created))
        draw_text(box, _("A fill was begun {time}, before Blender was closed.").format(time=at), icon="TIME")
        row = box.row(align=True)
        row.operator("svbrdf.pick_up", icon="IMPORT").job = record.job
        row.operator("svbrdf.forget", icon="X").job = record.job


def _draw_progress(layout: Any, fill: Fill) -> None:
    status = fill.status
    layout.progress(factor=status.fraction or 0.0, type="BAR", text=describe_progress(fill), translate=False)
    row = layout.row()
    row.label(text=describe_time(status), icon="TIME", translate=False)
    button = row.row()
    button.enabled = not fill.cancelled
    button.operator("svbrdf.cancel", icon="CANCEL", text=_("Cancelling…") if fill.cancelled else _("Cancel"))
    if status.preview is not None:
        icon = icons.of_bytes(f"live-{fill.job}", status.preview_number, status.preview)
        layout.template_icon(icon_value=icon, scale=8.0)


def describe_time(status: Status) -> str:
    """Return how long a fill takes still, once the service can tell that, else how long it has taken."""
    if status.left is not None:
        return _("{time} left").format(time=format_duration(status.left))
    return format_duration(status.elapsed)


def describe_progress(fill: Fill) -> str:
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
    return _describe_filling(status) if status.phase == "running" else _("Connecting to the service…")


def _describe_filling(status: Status) -> str:
    parts = [_("Filling")]
    for text, (number, count) in ((_("variation {a} of {b}"), status.variation), (_("step {a} of {b}"), status.step)):
        if count > 1:
            parts.append(text.format(a=number, b=count))
    return ", ".join(parts)


def format_duration(seconds: float) -> str:
    """Return a time for people."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"
    return f"{seconds / 3600:.1f} h"


def draw_results(layout: Any, material: Any, fills: list[Fill]) -> None:
    """Draw the variations of all fills of a material, and keep and revert."""
    for fill in fills:
        if fill.result is not None:
            _draw_variations(layout, material, fill)
    if not len(material.svbrdf_changes):
        return
    layout.operator("svbrdf.retry_part", icon="BRUSH_DATA")
    row = layout.row(align=True)
    row.scale_y = 1.3
    row.operator("svbrdf.keep", icon="CHECKMARK")
    steps = finishing.count_steps(material)
    row.operator("svbrdf.revert", icon="LOOP_BACK", text=_("Revert") if steps == 1 else _("Back One Step"))
    if steps > 1:
        row = layout.row()
        row.label(text=_("{count} steps").format(count=steps), translate=False)
        row.operator("svbrdf.revert", text=_("Revert All")).every = True


def again_text(different: float) -> str:
    """Return what the button for another fill does."""
    return _("Vary This") if different < 1 else _("Another Seed")


def _draw_variations(layout: Any, material: Any, fill: Fill) -> None:
    assert fill.result is not None
    box = layout.box()
    head = box.row()
    at = time.strftime("%H:%M", time.localtime(fill.began))
    took = format_duration(fill.status.elapsed)
    kind = _("Extend, ") if fill.result.extended else _("Make Tileable, ") if fill.result.tiles else ""
    head.label(text=kind + _("{time}, took {took}").format(time=at, took=took), translate=False)
    varies = settings.can_vary(fill.result.method) and not fill.result.grown
    if not varies:
        head.operator("svbrdf.again", text="", icon="FILE_REFRESH").job = fill.job
    head.operator("svbrdf.forget", text="", icon="X").job = fill.job
    if varies:
        row = box.row()
        row.prop(material.svbrdf, "different", slider=True)
        row.operator("svbrdf.again", text=again_text(material.svbrdf.different), translate=False).job = fill.job
    for words in fill.remarks:
        draw_text(box, words, icon="INFO")
    grid = box.grid_flow(columns=3, even_columns=True, align=True)
    for one in fill.result.variations:
        cell = grid.column(align=True)
        png = fill.thumbnails.get(one.number)
        if png is not None:
            cell.template_icon(icon_value=icons.of_bytes(f"{fill.job}-{one.number}", 0, png), scale=5.0)
        chosen = material.svbrdf.job == fill.job and material.svbrdf.variation == one.number
        waiting = fill.wanted == one.number
        text = _("Fetching…") if waiting else _("Seed {seed}").format(seed=one.seed)
        button = cell.operator("svbrdf.choose", text=text, depress=chosen, translate=False)
        button.job, button.variation = fill.job, one.number


def draw_history(layout: Any, fills: list[Fill], records: list[Record]) -> None:
    """Draw what this session did, and what earlier ones left."""
    for fill in fills:
        row = layout.row()
        at = time.strftime("%H:%M", time.localtime(fill.began))
        row.label(text=f"{at}  {fill.material.name}", translate=False)
        row.label(text=_(describe_state(fill)), translate=False)
    known = {fill.job for fill in fills}
    for record in [one for one in records if one.job not in known][:SHOWN]:
        box = layout.box()
        at = time.strftime("%d %b %H:%M", time.localtime(record.created))
        draw_text(box, _("{material}, begun {time} by an earlier Blender").format(material=record.material, time=at))
        row = box.row(align=True)
        row.operator("svbrdf.pick_up", icon="IMPORT").job = record.job
        row.operator("svbrdf.forget", icon="X").job = record.job


def describe_state(fill: Fill) -> str:
    """Return how a fill stands, in a word or two."""
    if fill.cancelled:
        return "Cancelled" if not fill.active else "Cancelling…"
    if fill.failure is not None:
        return "Failed"
    return {"done": "Done", "queued": "Waiting", "interrupted": "Interrupted"}.get(fill.status.phase, "Running")


def draw_pictures(layout: Any, material: Any) -> None:
    """Draw the pictures, and what they are drawn with."""
    ours = material.svbrdf
    row = layout.row(align=True)
    row.prop(ours, "view", text="")
    row.prop(ours, "engine", text="")
    if pictures.busy:
        row = layout.row()
        text = _("Drawing… {time}").format(time=format_duration(pictures.elapsed))
        row.progress(factor=pictures.fraction, type="BAR", text=text, translate=False)
        row.operator("svbrdf.stop_drawing", icon="CANCEL")
    else:
        layout.operator("svbrdf.draw", icon="RENDER_STILL")
    if pictures.words:
        draw_text(layout, pictures.words, icon="INFO")
    drawn = pictures.drawn
    if drawn is None or pictures.of is None or pictures.of[0].uid != material.session_uid:
        return
    column = layout.column(align=True)
    column.row(align=True).prop(ours, "picture", expand=True)
    path = {"BEFORE": drawn.before, "AFTER": drawn.after, "DIFFERENCE": drawn.difference}[ours.picture]
    column.template_icon(icon_value=icons.of_file(ours.picture, str(path), path), scale=11.0)


def draw_service(layout: Any) -> None:
    """Draw whether there is a service, where, and what can be done with it."""
    connection = state.connection
    if state.connecting:
        layout.label(text="Looking for the service…", icon="TIME")
        return
    if connection is None:
        if state.error is not None:
            draw_error(layout, state.error)
        else:
            layout.label(text="Not looked for yet", icon="UNLINKED")
            layout.operator("svbrdf.start_service", icon="PLAY")
        return
    layout.label(text=connection.service.address.url, icon="LINKED", translate=False)
    devices = ", ".join(str(one["title"]) for one in connection.info["devices"])
    layout.label(text=_("Works on {devices}").format(devices=devices), icon="MEMORY", translate=False)
    column = layout.column(align=True)
    column.operator("svbrdf.release", icon="TRASH")
    if connection.process is not None:
        column.operator("svbrdf.stop_service", icon="QUIT")
    column.operator("svbrdf.preferences", icon="PREFERENCES")
