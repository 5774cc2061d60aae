"""Rows for what is filled and how: the hole, the maps and the method. Drawing changes nothing and computes little."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..holes.mask import is_waiting
from ..session import settings
from ..session.selection import HoleStatus, Row, Selection
from .draw_models import draw_model
from .widgets import draw_text, letters_per_line, shorten

TITLES = {
    "basecolor": "Base Color",
    "normal": "Normal",
    "roughness": "Roughness",
    "specular": "Specular",
    "metallic": "Metallic",
    "height": "Height",
    "ao": "Occlusion",
    "opacity": "Alpha",
    "emission": "Emission",
}


MOST_SLOTS = 5
"""Rows of the list of slots; it scrolls when there are more."""


def draw_slots(layout: Any, material: Any, thing: Any) -> None:
    """Draw the material slots of the active object to choose from, where it has several and they are what is meant."""
    slots = thing.material_slots if thing is not None else ()
    if len(slots) > 1 and material == thing.active_material:
        rows = min(len(slots), MOST_SLOTS)
        layout.template_list(
            "MATERIAL_UL_matslots", "svbrdf", thing, "material_slots", thing, "active_material_index", rows=rows
        )


def draw_other_holes(layout: Any, context: Any, material: Any, thing: Any) -> None:
    """Say of which material a hole is being painted, and which others of the object have one that waits."""
    memory = context.scene.svbrdf_painting
    if memory.active and memory.material not in (None, material):
        sentence = (
            _("A guide of “{name}” is being painted.") if memory.guide else _("The hole of “{name}” is being painted.")
        )
        draw_text(layout, sentence.format(name=memory.material.name), icon="INFO")
    others = dict.fromkeys(slot.material for slot in thing.material_slots) if thing is not None else ()
    for other in others:
        if other not in (None, material) and is_waiting(other):
            draw_text(
                layout, _("“{name}” has a hole too; choose it to fill that.").format(name=other.name), icon="INFO"
            )


def draw_hole(layout: Any, context: Any, material: Any, seen: HoleStatus | None) -> None:
    """Draw the ways to a hole, each one click, and what is seen of it."""
    ours = material.svbrdf
    layout.row(align=True).prop(ours, "hole", expand=True)
    if ours.hole == "PAINT":
        _draw_ways(layout, context, material)
    elif ours.hole == "IMAGE":
        layout.template_ID(ours, "hole_image", open="image.open")
    else:
        layout.prop(ours, "threshold", slider=True)
    row = layout.row(align=True)
    row.prop(ours, "grow")
    row.prop(ours, "feather")
    layout.label(
        text=describe_hole(seen), icon="MOD_MASK" if seen is not None and seen.summary else "INFO", translate=False
    )


def _draw_ways(layout: Any, context: Any, material: Any) -> None:
    column = layout.column(align=True)
    memory = context.scene.svbrdf_painting
    if memory.active and not memory.guide:
        column.operator("svbrdf.paint_done", icon="CHECKMARK", depress=True)
        if "faces" in memory.read().values:
            sentence = _("Faces that show “{name}” take paint; choose another slot to paint there.")
            draw_text(layout, sentence.format(name=memory.material.name), icon="INFO")
    else:
        column.operator("svbrdf.paint_hole", icon="BRUSH_DATA")
    row = column.row(align=True)
    row.operator("svbrdf.faces_hole", text="Faces", icon="FACESEL")
    row.operator("svbrdf.box_hole", text="Box", icon="SELECT_SET")
    if material.svbrdf_hole is not None:
        column.operator("svbrdf.clear_hole", icon="X")


def describe_hole(seen: HoleStatus | None) -> str:
    """Return what is seen of a hole, such as "2 holes, 3.1 % of 2048 x 2048, 5 maps"."""
    if seen is None:
        return _("Looking at the hole…")
    if seen.summary is None or not seen.summary.holes:
        return seen.reason or _("No hole yet")
    summary = seen.summary
    holes = _("1 hole") if summary.holes == 1 else _("{count} holes").format(count=summary.holes)
    maps = _("1 map") if seen.maps == 1 else _("{count} maps").format(count=seen.maps)
    share = f"{summary.share:.1%}" if summary.share >= 0.001 else "< 0.1%"
    size = f"{summary.width} x {summary.height}"
    return _("{holes}, {share} of {size}, {maps}").format(
        holes=holes, share=share.replace("%", " %"), size=size, maps=maps
    )


def button_text(seen: HoleStatus | None) -> str:
    """Return what the button will do now, such as "Fill 2 holes in 5 maps"."""
    if seen is None or seen.summary is None or not seen.summary.holes:
        return _("Fill")
    holes = _("1 Hole") if seen.summary.holes == 1 else _("{count} Holes").format(count=seen.summary.holes)
    maps = _("1 Map") if seen.maps == 1 else _("{count} Maps").format(count=seen.maps)
    return _("Fill {holes} in {maps}").format(holes=holes, maps=maps)


def draw_canvas(layout: Any, material: Any, seen: HoleStatus | None, selection: Selection, *, busy: bool) -> None:
    """Draw what can be done to the picture as a whole, and what it means for the material."""
    ours = material.svbrdf
    column = layout.column(align=True)
    column.prop(ours, "tile_axis", text="")
    column.prop(ours, "tile_band", slider=True)
    column.prop(ours, "tile_flatten")
    _draw_button(column, "svbrdf.make_tileable", "MESH_GRID", busy=busy)
    column = layout.column(align=True)
    column.prop(ours, "extend_top")
    row = column.row(align=True)
    row.prop(ours, "extend_left")
    row.prop(ours, "extend_right")
    column.prop(ours, "extend_bottom")
    _draw_button(column, "svbrdf.extend", "FULLSCREEN_ENTER", busy=busy)
    column = layout.column(align=True)
    row = column.row(align=True)
    row.prop(ours, "sheet_width")
    row.prop(ours, "sheet_height")
    _draw_button(column, "svbrdf.grow", "TEXTURE", busy=busy)
    for sentence in explain_canvas(material, seen, selection):
        draw_text(layout, sentence, icon="INFO")


def _draw_button(layout: Any, operator: str, icon: str, *, busy: bool) -> None:
    """Draw a button that begins a fill, which waits while another runs."""
    row = layout.row(align=True)
    row.enabled = not busy
    row.operator(operator, icon=icon)


def explain_canvas(material: Any, seen: HoleStatus | None, selection: Selection) -> Iterator[str]:
    """Yield what there is to know before a picture is extended, made to tile or grown."""
    ours = material.svbrdf
    holes = seen.summary.holes if seen is not None and seen.summary is not None else 0
    if holes and (ours.hole != "PAINT" or is_waiting(material)):
        yield _("The hole is filled along with it.")
        yield _("A sheet copies nothing from the hole.")
    if ours.mode == "REPLACE":
        yield _("Images of another size always go beside the old ones, since other materials show those as they are.")
    if selection.layout is not None:
        yield _("UDIM tiles cannot be extended, grown or made to tile.")


def draw_maps(layout: Any, selection: Selection) -> None:
    """Draw a row a map, with a tick, its image and its size; then what is left alone, and why."""
    column = layout.column(align=True)
    for row in selection.rows:
        _draw_map(column, row)
    for left in selection.left:
        draw_text(layout, left.reason, icon="INFO")
        if left.lead:
            layout.operator("svbrdf.lead", icon="UV").image = left.lead


def title_of(role: str) -> str:
    """Return what people call a map; a further one of a kind is told from the first by the image beside it."""
    kind, _colon, own = role.partition(":")
    return _(TITLES[kind]) if kind in TITLES else own or role


def _draw_map(layout: Any, row: Row) -> None:
    line = layout.row(align=True)
    if row.reason:
        line.label(text=title_of(row.use.role), icon="ERROR", translate=False)
        draw_text(layout, row.reason)
        if row.image is not None and not row.image.has_data:
            layout.operator("svbrdf.find_image", icon="FILE_FOLDER").image = row.image.name_full
        return
    icon = "CHECKBOX_HLT" if row.chosen else "CHECKBOX_DEHLT"
    line.operator("svbrdf.toggle_map", text="", icon=icon, emboss=False).role = row.use.role
    words = line.split(factor=0.5)
    words.enabled = row.chosen
    letters = letters_per_line(bpy.context.region) // 2
    words.label(text=shorten(title_of(row.use.role), letters), translate=False)
    channels = "" if len(row.use.channels) > 1 else f" · {row.use.channels}"
    words.label(text=shorten(row.image.name, letters - len(channels)) + channels, translate=False)


def draw_method(layout: Any, ours: Any) -> None:
    """Draw the method, and what belongs to every one."""
    layout.prop(ours, "method_item")
    method = settings.describe_method(ours.method)
    if method is not None and method["missing"]:
        draw_text(layout, method["missing"], icon="ERROR", alert=True)
    column = layout.column(align=True)
    column.prop(ours, "seed")
    column.prop(ours, "variations")
    layout.prop(ours, "tileable")
    layout.prop(ours, "forbid")
    layout.prop(ours, "mode")


def draw_settings(layout: Any, ours: Any) -> None:
    """Draw the settings that the service describes."""
    method = settings.describe_method(ours.method)
    if method is None:
        draw_text(layout, "The service tells its settings when it runs.", icon="INFO")
        layout.operator("svbrdf.start_service", icon="PLAY")
        return
    if method["presets"]:
        row = layout.row(align=True)
        for name in method["presets"]:
            row.operator("svbrdf.preset", text=name.capitalize(), translate=False).preset = name
    group = ""
    for one in ours.settings:
        if one.group != group:
            group = one.group
            layout.separator()
            layout.label(text=group.replace("_", " ").replace(".", ": ").title(), translate=False)
        if one.models:
            draw_model(layout, ours, one)
            continue
        title, value = one.title, len(str(getattr(one, one.kind)))
        beside = len(title) + max(min(value, 12), 6) <= letters_per_line(bpy.context.region) or one.kind == "flag"
        if not beside:
            layout.label(text=title, translate=False)
        text = title if beside else ""
        if len(one.choices):
            layout.prop_search(one, "text", one, "choices", text=text, translate=False)
        else:
            layout.prop(one, one.kind, text=text, translate=False)
