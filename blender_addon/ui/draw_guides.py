"""Rows for guides: an image each, with the button that makes and paints it."""

from __future__ import annotations

from typing import Any

from bpy.app.translations import pgettext_iface as _

from ..holes.guide import is_guide
from ..session.guides import SLOTS, TITLES, explain_absence, is_any_given, size_of
from ..session.selection import Selection
from .widgets import draw_text

COLOURED = ("colours", "source_colours")


def draw_guides(layout: Any, context: Any, material: Any, picture: str, selection: Selection) -> None:
    """Draw the guides of a picture; where none can be followed, why, and those there are, to be taken out."""
    own = getattr(material.svbrdf, picture)
    reason = explain_absence(material, selection)
    if reason:
        given = is_any_given(material, picture)
        draw_text(layout, reason, icon="ERROR" if given else "INFO", alert=given)
        if not given:
            return
    for slot in SLOTS[picture]:
        column = layout.column(align=True)
        column.label(text=TITLES[slot])
        if slot == "grain_image":
            column.row(align=True).prop(own, "grain", expand=True)
            if own.grain != "IMAGE":
                continue
            column.prop(own, "angle")
        column.template_ID(own, slot, open="image.open")
        if not reason:
            _draw_painting(column, context, material, picture, slot, selection)


def _draw_painting(layout: Any, context: Any, material: Any, picture: str, slot: str, selection: Selection) -> None:
    """Draw the button that paints a guide, or ends that; an image of the user's own is painted in Blender's own way."""
    memory, image = context.scene.svbrdf_painting, getattr(getattr(material.svbrdf, picture), slot)
    if memory.active and memory.material == material and memory.guide == f"{picture}.{slot}":
        brush = context.scene.tool_settings.image_paint.brush
        if slot in COLOURED and brush is not None:
            layout.prop(brush, "color", text="")
        layout.operator("svbrdf.paint_done", icon="CHECKMARK", depress=True)
        return
    size = size_of(material, picture, slot, selection)
    fits = image is not None and (image.size[1], image.size[0]) == size
    if image is not None and not fits:
        sentence = _("It is {held}, and {wanted} is needed.")
        held, wanted = (f"{width} x {height}" for width, height in (tuple(image.size), size[::-1]))
        draw_text(layout, sentence.format(held=held, wanted=wanted), icon="ERROR", alert=True)
    if image is None or is_guide(image):
        text = "New" if image is None else "Paint" if fits else "Fit and Paint"
        button = layout.operator("svbrdf.paint_guide", text=text, icon="BRUSH_DATA")
        button.picture, button.guide = picture, slot
