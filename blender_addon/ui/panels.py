"""The tab "Inpaint" in the sidebars of the 3D view, the shader editor and the image editor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

from ..session import finishing, summary
from ..session.desk import desk
from ..session.selection import select
from ..session.target import fills_of, target
from .draw import hole, maps, method, pictures, results, running, service
from .fixes import wrapped

SPACES = {"VIEW_3D": "view", "NODE_EDITOR": "node", "IMAGE_EDITOR": "image"}


def _main(layout: Any, context: Any) -> None:
    material = target(context)[0]
    if material is None:
        wrapped(layout, "Select an object that has a material.", icon="INFO")
        return
    layout.label(text=material.name, icon="MATERIAL", translate=False)
    if material.library is not None:
        wrapped(layout, "This material is linked from another file.", icon="LINKED")
        layout.operator("svbrdf.make_local", icon="LINKED")
    running.draw_running(layout, summary.seen(material), fills_of(material))


def _maps(layout: Any, context: Any) -> None:
    maps.draw_maps(layout, select(target(context)[0]))


def _hole(layout: Any, context: Any) -> None:
    material = target(context)[0]
    hole.draw_hole(layout, context, material, summary.seen(material))


def _method(layout: Any, context: Any) -> None:
    method.draw_method(layout, target(context)[0].svbrdf)


def _settings(layout: Any, context: Any) -> None:
    method.draw_settings(layout, target(context)[0].svbrdf)


def _results(layout: Any, context: Any) -> None:
    material = target(context)[0]
    results.draw_results(layout, material, fills_of(material))


def _pictures(layout: Any, context: Any) -> None:
    pictures.draw_pictures(layout, target(context)[0])


def _history(layout: Any, context: Any) -> None:
    results.draw_history(layout, desk.fills, finishing.records())


def _service(layout: Any, context: Any) -> None:
    service.draw_service(layout)


def _has_material(context: Any) -> bool:
    return target(context)[0] is not None


def _has_results(context: Any) -> bool:
    material = target(context)[0]
    if material is None:
        return False
    fills = fills_of(material)
    return bool(len(material.svbrdf_changes)) or any(fill.result is not None for fill in fills)


def _always(context: Any) -> bool:
    return True


Part = tuple[str, str, Callable[[Any, Any], None], Callable[[Any], bool], str, bool]
PARTS: tuple[Part, ...] = (
    # name, title, what draws it, when it is there, name of the panel it lies in, whether it is closed at first
    ("main", "Inpaint Material", _main, _always, "", False),
    ("results", "Results", _results, _has_results, "main", False),
    ("pictures", "Before and After", _pictures, _has_results, "main", False),
    ("hole", "Hole", _hole, _has_material, "main", False),
    ("maps", "Maps", _maps, _has_material, "main", False),
    ("method", "Method", _method, _has_material, "main", True),
    ("settings", "Settings", _settings, _has_material, "method", True),
    ("history", "History", _history, _always, "main", True),
    ("service", "Service", _service, _always, "main", True),
)


def _panel(space: str, part: Part) -> type:
    """Return the class of one part of the tab in one kind of editor."""
    name, title, draw, there, parent, closed = part
    words = {
        "bl_idname": f"SVBRDF_PT_{SPACES[space]}_{name}",
        "bl_label": title,
        "bl_space_type": space,
        "bl_region_type": "UI",
        "bl_category": "Inpaint",
        "bl_options": {"DEFAULT_CLOSED"} if closed else set(),
        "poll": classmethod(lambda cls, context: there(context)),
        "draw": lambda self, context: draw(self.layout, context),
        "__doc__": f"{title}.",
    }
    if parent:
        words["bl_parent_id"] = f"SVBRDF_PT_{SPACES[space]}_{parent}"
    return type(str(words["bl_idname"]), (bpy.types.Panel,), words)


CLASSES = tuple(_panel(space, part) for space in SPACES for part in PARTS)
