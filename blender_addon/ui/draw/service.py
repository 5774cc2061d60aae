"""What is known of the service in; where it is, and what can be done with it, out."""

from __future__ import annotations

from typing import Any

from bpy.app.translations import pgettext_iface as _

from ...session.desk import desk
from ..fixes import draw_trouble


def draw_service(layout: Any) -> None:
    """Draw whether there is a service, where, and what can be done with it."""
    connection = desk.connection
    if desk.looking:
        layout.label(text="Looking for the service…", icon="TIME")
        return
    if connection is None:
        if desk.trouble is not None:
            draw_trouble(layout, desk.trouble)
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
