"""Pictures of before, after and difference in; the one that is chosen out."""

from __future__ import annotations

from typing import Any

from ...session.pictures import pictures
from ..fixes import wrapped
from ..icons import icons


def draw_pictures(layout: Any, material: Any) -> None:
    """Draw the pictures, and what they are drawn with."""
    ours = material.svbrdf
    row = layout.row(align=True)
    row.prop(ours, "view", text="")
    row.prop(ours, "engine", text="")
    if pictures.busy:
        row = layout.row()
        row.progress(factor=pictures.fraction, type="BAR", text="Drawing…")
        row.operator("svbrdf.stop_drawing", icon="CANCEL")
    else:
        layout.operator("svbrdf.draw", icon="RENDER_STILL")
    if pictures.words:
        wrapped(layout, pictures.words, icon="INFO")
    drawn = pictures.drawn
    if drawn is None or pictures.of is None or pictures.of[0].uid != material.session_uid:
        return
    column = layout.column(align=True)
    column.row(align=True).prop(ours, "picture", expand=True)
    path = {"BEFORE": drawn.before, "AFTER": drawn.after, "DIFFERENCE": drawn.difference}[ours.picture]
    column.template_icon(icon_value=icons.of_file(ours.picture, str(path), path), scale=11.0)
