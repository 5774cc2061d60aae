"""Fills that are done in; variations to choose from, and what to do with the one in the material, out."""

from __future__ import annotations

import time
from typing import Any

from bpy.app.translations import pgettext_iface as _

from ...job.records import Record
from ...session.desk import Fill
from ..fixes import wrapped
from ..icons import icons

SHOWN = 8
"""Jobs of earlier Blenders that History offers, the newest."""


def draw_results(layout: Any, material: Any, fills: list[Fill]) -> None:
    """Draw the variations of all fills of a material, and keep and revert."""
    for fill in fills:
        if fill.result is not None:
            _variations(layout, material, fill)
    if not len(material.svbrdf_changes):
        return
    row = layout.row(align=True)
    row.scale_y = 1.3
    row.operator("svbrdf.keep", icon="CHECKMARK")
    row.operator("svbrdf.revert", icon="LOOP_BACK")


def _variations(layout: Any, material: Any, fill: Fill) -> None:
    assert fill.result is not None
    box = layout.box()
    head = box.row()
    at = time.strftime("%H:%M", time.localtime(fill.began))
    head.label(text=_("Filled at {time}").format(time=at), translate=False)
    head.operator("svbrdf.again", text="", icon="FILE_REFRESH").job = fill.job
    head.operator("svbrdf.forget", text="", icon="X").job = fill.job
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
        row.label(text=_(state(fill)), translate=False)
    known = {fill.job for fill in fills}
    for record in [one for one in records if one.job not in known][:SHOWN]:
        box = layout.box()
        at = time.strftime("%d %b %H:%M", time.localtime(record.created))
        wrapped(box, _("{material}, begun {time} by an earlier Blender").format(material=record.material, time=at))
        row = box.row(align=True)
        row.operator("svbrdf.pick_up", icon="IMPORT").job = record.job
        row.operator("svbrdf.forget", icon="X").job = record.job


def state(fill: Fill) -> str:
    """Return how a fill stands, in a word or two."""
    if fill.cancelled:
        return "Cancelled" if not fill.active else "Cancelling…"
    if fill.failure is not None:
        return "Failed"
    return {"done": "Done", "queued": "Waiting", "interrupted": "Interrupted"}.get(fill.status.phase, "Running")
