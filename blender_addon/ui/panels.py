"""The tab "Inpaint" in the sidebars of the 3D view, the shader editor and the image editor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

from ..session import finishing
from ..session.context import fills_of, target_of
from ..session.guides import PANELS
from ..session.library import library
from ..session.selection import explain_sharing, hole_status, select
from ..session.state import state
from . import draw_guides, draw_inputs, draw_library, draw_outcomes
from .widgets import draw_text

SPACES = {"VIEW_3D": "view", "NODE_EDITOR": "node", "IMAGE_EDITOR": "image"}


def _draw_main(layout: Any, context: Any) -> None:
    material, thing = target_of(context)
    draw_inputs.draw_slots(layout, material, thing)
    if material is None:
        draw_text(layout, "Select an object that has a material.", icon="INFO")
        return
    layout.label(text=material.name, icon="MATERIAL", translate=False)
    draw_inputs.draw_other_holes(layout, context, material, thing)
    if material.library is not None:
        draw_text(layout, "This material is linked from another file.", icon="LINKED")
        layout.operator("svbrdf.make_local", icon="LINKED")
    draw_outcomes.draw_left_behind(layout, material, finishing.read_records())
    draw_outcomes.draw_running(layout, hole_status(material), fills_of(material))


def _draw_maps(layout: Any, context: Any) -> None:
    material = target_of(context)[0]
    selection = select(material)
    draw_inputs.draw_maps(layout, selection)
    for sentence in explain_sharing(material, selection):
        draw_text(layout, sentence, icon="INFO")


def _draw_hole(layout: Any, context: Any) -> None:
    material = target_of(context)[0]
    draw_inputs.draw_hole(layout, context, material, hole_status(material))


def _draw_guides(picture: str) -> Callable[[Any, Any], None]:
    """Return what draws the guides of a picture."""

    def draw(layout: Any, context: Any) -> None:
        material = target_of(context)[0]
        draw_guides.draw_guides(layout, context, material, picture, select(material))

    return draw


def _draw_canvas(layout: Any, context: Any) -> None:
    material = target_of(context)[0]
    busy = any(fill.active for fill in fills_of(material)[:1])
    draw_inputs.draw_canvas(layout, material, hole_status(material), select(material), busy=busy)


def _draw_method(layout: Any, context: Any) -> None:
    draw_inputs.draw_method(layout, target_of(context)[0].svbrdf)


def _draw_settings(layout: Any, context: Any) -> None:
    draw_inputs.draw_settings(layout, target_of(context)[0].svbrdf)


def _draw_results(layout: Any, context: Any) -> None:
    material = target_of(context)[0]
    draw_outcomes.draw_results(layout, material, fills_of(material))


def _draw_pictures(layout: Any, context: Any) -> None:
    draw_outcomes.draw_pictures(layout, target_of(context)[0])


def _draw_library(layout: Any, context: Any) -> None:
    draw_library.draw_library(layout, context.window_manager.svbrdf_library, library)


def _draw_history(layout: Any, context: Any) -> None:
    draw_outcomes.draw_history(layout, state.fills, finishing.read_records())


def _draw_service(layout: Any, context: Any) -> None:
    draw_outcomes.draw_service(layout)


def _has_material(context: Any) -> bool:
    return target_of(context)[0] is not None


def _has_results(context: Any) -> bool:
    material = target_of(context)[0]
    if material is None:
        return False
    fills = fills_of(material)
    return bool(len(material.svbrdf_changes)) or any(fill.result is not None for fill in fills)


def _always(context: Any) -> bool:
    return True


Part = tuple[str, str, Callable[[Any, Any], None], Callable[[Any], bool], str, bool]
PARTS: tuple[Part, ...] = (
    # name, title, what draws it, when it is there, name of the panel it lies in, whether it is closed at first
    ("main", "Inpaint Material", _draw_main, _always, "", False),
    ("results", "Results", _draw_results, _has_results, "main", False),
    ("pictures", "Before and After", _draw_pictures, _has_results, "main", False),
    ("hole", "Hole", _draw_hole, _has_material, "main", False),
    ("guides", PANELS["guides"], _draw_guides("guides"), _has_material, "main", True),
    ("maps", "Maps", _draw_maps, _has_material, "main", False),
    ("method", "Method", _draw_method, _has_material, "main", True),
    ("settings", "Settings", _draw_settings, _has_material, "method", True),
    ("canvas", "More Than Holes", _draw_canvas, _has_material, "main", True),
    *(
        (picture, PANELS[picture], _draw_guides(picture), _has_material, "canvas", True)
        for picture in ("extend_guides", "sheet_guides")
    ),
    ("library", "Repair Library", _draw_library, _always, "main", True),
    ("history", "History", _draw_history, _always, "main", True),
    ("service", "Service", _draw_service, _always, "main", True),
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
