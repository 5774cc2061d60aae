"""A setting that takes a model: a menu of those that the service has, and a file of this computer."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..session import models
from ..session.context import target_of
from ..session.selection import select
from ..session.state import state
from .widgets import draw_text, letters_per_line, shorten


def draw_model(layout: Any, ours: Any, setting: Any) -> None:
    """Draw the menu, the file where none of the service's is chosen, and what there is to know of the choice."""
    layout.label(text=setting.title, translate=False)
    row = layout.row(align=True)
    row.context_pointer_set("svbrdf_setting", setting)
    name = shorten(setting.offered_name, letters_per_line(bpy.context.region)) if setting.offered else ""
    row.menu(SVBRDF_MT_models.bl_idname, text=name or _("A File of Mine, or None"), translate=False)
    row.operator("svbrdf.refresh_models", text="", icon="FILE_REFRESH")
    if not setting.offered:
        layout.prop(setting, "path", text="")
        return
    chosen = models.chosen_model(setting)
    if chosen is None:
        if state.connection is not None:
            draw_text(layout, "The service does not offer this model now; choose another.", icon="ERROR", alert=True)
        return
    why = models.find_misfit(chosen, setting, ours, select(ours.id_data))
    if why:
        draw_text(layout, f"It {why}.", icon="ERROR", alert=True)
    draw_text(layout, models.describe_model(chosen), icon="INFO")


class SVBRDF_MT_models(bpy.types.Menu):
    """Models that lie in the service's folder."""

    bl_idname = "SVBRDF_MT_models"
    bl_label = "Models"

    def draw(self, context: Any) -> None:
        """Draw those that the setting takes; what does not fit says why and cannot be chosen."""
        setting, material = context.svbrdf_setting, target_of(context)[0]
        layout = self.layout
        _draw_choice(layout, setting, "", _("A File of Mine, or None"), "FILE_FOLDER")
        layout.separator()
        found = models.models_for(setting)
        if not found:
            layout.label(text="The folder of the service has none for this.", icon="INFO")
        for model in found:
            why = models.find_misfit(model, setting, material.svbrdf, select(material))
            row = layout.row()
            row.enabled = not why
            title = f"{model['name']}: {why}" if why else model["name"]
            _draw_choice(row, setting, model["file"], title, "NETWORK_DRIVE", model["name"])
        for refused in state.refused_models:
            layout.label(text=f"{refused['name']}: {refused['why']}", icon="ERROR", translate=False)


def _draw_choice(layout: Any, setting: Any, digest: str, title: str, icon: str, name: str = "") -> None:
    values = layout.operator("svbrdf.choose_model", text=title, icon=icon, translate=False)
    values.setting, values.file, values.name = setting.name, digest, name


CLASSES = (SVBRDF_MT_models,)
