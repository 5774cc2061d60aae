"""The maps of a material in; a row a map, and what is left alone and why, out."""

from __future__ import annotations

from typing import Any

from bpy.app.translations import pgettext_iface as _

from ...session.selection import Row, Selection
from ..fixes import wrapped

TITLES = {
    "basecolor": "Base Color",
    "normal": "Normal",
    "roughness": "Roughness",
    "specular": "Specular",
    "metallic": "Metallic",
    "height": "Height",
    "ao": "Ambient Occlusion",
    "opacity": "Alpha",
    "emission": "Emission",
}


def draw_maps(layout: Any, selection: Selection) -> None:
    """Draw a row a map, with a tick, its image and its size; then what is left alone, and why."""
    column = layout.column(align=True)
    for row in selection.rows:
        _map(column, row)
    for left in selection.left:
        title = TITLES.get(left.role, left.role)
        wrapped(layout, f"{_(title)}: {left.reason}" if title else left.reason, icon="INFO")


def title_of(role: str) -> str:
    """Return what people call a map."""
    return _(TITLES[role]) if role in TITLES else role.partition(":")[2] or role


def _map(layout: Any, row: Row) -> None:
    line = layout.row(align=True)
    if row.reason:
        line.label(text=title_of(row.use.role), icon="ERROR", translate=False)
        wrapped(layout, row.reason)
        if row.image is not None and not row.image.has_data:
            layout.operator("svbrdf.find_image", icon="FILE_FOLDER").image = row.image.name_full
        return
    icon = "CHECKBOX_HLT" if row.chosen else "CHECKBOX_DEHLT"
    line.operator("svbrdf.toggle_map", text="", icon=icon, emboss=False).role = row.use.role
    words = line.split(factor=0.5)
    words.enabled = row.chosen
    words.label(text=title_of(row.use.role), translate=False)
    channels = "" if len(row.use.channels) > 1 else f" · {row.use.channels}"
    words.label(text=f"{row.image.name}{channels}", translate=False)
