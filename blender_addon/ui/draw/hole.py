"""What is seen of a hole in; the ways to one, each one click, and a line about it out."""

from __future__ import annotations

from typing import Any

from bpy.app.translations import pgettext_iface as _

from ...session.summary import Seen


def draw_hole(layout: Any, context: Any, material: Any, seen: Seen | None) -> None:
    """Draw the ways to a hole, each one click, and what is seen of it."""
    ours = material.svbrdf
    layout.row(align=True).prop(ours, "hole", expand=True)
    if ours.hole == "PAINT":
        _ways(layout, context, material)
    elif ours.hole == "IMAGE":
        layout.template_ID(ours, "hole_image", open="image.open")
    else:
        layout.prop(ours, "threshold", slider=True)
    row = layout.row(align=True)
    row.prop(ours, "grow")
    row.prop(ours, "feather")
    layout.label(text=words(seen), icon="MOD_MASK" if seen is not None and seen.summary else "INFO", translate=False)


def _ways(layout: Any, context: Any, material: Any) -> None:
    column = layout.column(align=True)
    if context.scene.svbrdf_painting.active:
        column.operator("svbrdf.paint_done", icon="CHECKMARK", depress=True)
    else:
        column.operator("svbrdf.paint_hole", icon="BRUSH_DATA")
    row = column.row(align=True)
    row.operator("svbrdf.faces_hole", text="Faces", icon="FACESEL")
    row.operator("svbrdf.box_hole", text="Box", icon="SELECT_SET")
    if material.svbrdf_hole is not None:
        column.operator("svbrdf.clear_hole", icon="X")


def words(seen: Seen | None) -> str:
    """Return what is seen of a hole, such as "2 holes, 3.1 % of 2048 x 2048, 5 maps"."""
    if seen is None:
        return _("Looking at the hole…")
    if seen.summary is None or not seen.summary.holes:
        return seen.reason or _("No hole yet")
    found = seen.summary
    holes = _("1 hole") if found.holes == 1 else _("{count} holes").format(count=found.holes)
    maps = _("1 map") if seen.maps == 1 else _("{count} maps").format(count=seen.maps)
    share = f"{found.share:.1%}" if found.share >= 0.001 else "< 0.1%"
    size = f"{found.width} x {found.height}"
    return _("{holes}, {share} of {size}, {maps}").format(
        holes=holes, share=share.replace("%", " %"), size=size, maps=maps
    )


def button(seen: Seen | None) -> str:
    """Return what the button will do now, such as "Fill 2 holes in 5 maps"."""
    if seen is None or seen.summary is None or not seen.summary.holes:
        return _("Fill")
    holes = _("1 Hole") if seen.summary.holes == 1 else _("{count} Holes").format(count=seen.summary.holes)
    maps = _("1 Map") if seen.maps == 1 else _("{count} Maps").format(count=seen.maps)
    return _("Fill {holes} in {maps}").format(holes=holes, maps=maps)
