"""What painting borrows of the user and gives back: editors, mode, UV map, faces, tool, brush and canvas.

Each is a `Loan`. They are borrowed in the order of `LOANS` and given back in the opposite one, whether the user ends
painting, undoes its beginning, or opens a file in which a hole was being painted.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import bmesh
import bpy
import numpy as np

from ..client.gate import GATE
from ..graph import IDENTITY
from .brush_assets import SINCE, activate_asset, activate_brush, active_asset, run_in_paint_mode, stop_waiting
from .guide import is_guide
from .mask import is_hole
from .overrides import override
from .surface import Placement, faces_showing, uv_layer, uv_to_image

NAME = "Inpaint hole"
MARK = "svbrdf_hole"
BRUSH = ("color", "secondary_color", "size", "strength", "blend")
UNIFIED = (
    "color",
    "secondary_color",
    "size",
    "strength",
    "use_unified_color",
    "use_unified_size",
    "use_unified_strength",
)
PAINT = ("mode", "use_stencil_layer", "use_cavity", "use_normal_falloff")
DIAMETERS = (5, 0, 0)
"""Since then a brush's size is across, before it was half of that."""
FACE_MASKS = ("use_paint_mask", "use_paint_mask_vertex")
MOST_UV_MAPS = 8
"""UV maps of a mesh."""

Colour = tuple[float, float, float]
WHITE: Colour = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Purpose:
    """What the loans are for.

    Attributes:
        image: the hole or guide image that is painted.
        material: whose that is.
        where: how the material's images lie on the surface.
        in_editor: whether it is painted in the Image editor of the context, not on the active object.
        colour: of the brush.
    """

    image: bpy.types.Image
    material: bpy.types.Material
    where: Placement
    in_editor: bool
    colour: Colour


@dataclass
class Kept:
    """What it takes to give everything back.

    Attributes:
        values: plain values.
        thing: the object that was active.
        canvas: the image that the user painted on.
        brush: the user's brush, in versions in which it is no asset.
    """

    values: dict[str, Any] = field(default_factory=dict)
    thing: bpy.types.Object | None = None
    canvas: bpy.types.Image | None = None
    brush: bpy.types.Brush | None = None


class Loan(Protocol):
    """Something of the user's that is another for as long as a hole is painted."""

    def borrow(self, context: bpy.types.Context, purpose: Purpose, kept: Kept) -> None:
        """Note in ``kept`` how it is, then change it for the purpose."""

    def give_back(self, context: bpy.types.Context, kept: Kept) -> None:
        """Make it again what it was, except where the user chose something else meanwhile."""


def borrow_all(context: bpy.types.Context, purpose: Purpose) -> Kept:
    """Borrow everything, and return what it takes to give it back."""
    kept = Kept(thing=context.view_layer.objects.active)
    with GATE.closed():  # once for all of them
        for loan in LOANS:
            loan.borrow(context, purpose, kept)
    return kept


def give_back_all(context: bpy.types.Context, kept: Kept) -> None:
    """Give everything back, and leave nothing of ours in the file."""
    with GATE.closed():
        for loan in reversed(LOANS):
            loan.give_back(context, kept)
    remove_own_brushes()


class Editors:
    """What every Image editor shows (Blender lets them all show what is painted), and the active tools."""

    def borrow(self, context: bpy.types.Context, purpose: Purpose, kept: Kept) -> None:
        """Let the Image editor this comes from show the hole image, to be painted on."""
        kept.values["editors"] = [
            {
                "place": [screen.name, index],
                "origin": area == context.area,
                "ui_type": area.ui_type,
                "ui_mode": area.spaces.active.ui_mode,
                "image": area.spaces.active.image.name if area.spaces.active.image is not None else "",
            }
            for screen, index, area in _image_editors(context)
        ]
        kept.values["tools"] = active_tools(context)
        if purpose.in_editor:
            context.area.ui_type = "IMAGE_EDITOR"
            space = context.area.spaces.active
            space.image = purpose.image
            space.ui_mode = "PAINT"

    def give_back(self, context: bpy.types.Context, kept: Kept) -> None:
        """Let them show what they showed."""
        areas = {(screen.name, index): area for screen, index, area in _image_editors(context)}
        for editor in kept.values.get("editors", []):
            area = areas.get(tuple(editor["place"]))
            if area is None:
                continue
            if editor["origin"]:
                self._give_back_tool(context, area, kept, editor)
            space = area.spaces.active
            if editor["origin"] or space.image is None or is_hole(space.image) or is_guide(space.image):
                space.image = bpy.data.images.get(editor["image"])
            if editor["origin"]:
                area.ui_type = editor["ui_type"]

    @staticmethod
    def _give_back_tool(context: bpy.types.Context, area: bpy.types.Area, kept: Kept, editor: dict[str, Any]) -> None:
        """Give the editor that was painted in its tool and mode back."""
        window = next(each for each in context.window_manager.windows if area in list(each.screen.areas))
        region = next(each for each in area.regions if each.type == "WINDOW")
        if area.spaces.active.ui_mode == "PAINT":
            with override(context, window=window, area=area, region=region):
                restore_tool(context, kept, "IMAGE_EDITOR")
        area.spaces.active.ui_mode = editor["ui_mode"]


class Mode:
    """The mode of the active object."""

    def borrow(self, context: bpy.types.Context, purpose: Purpose, kept: Kept) -> None:
        """Enter Texture Paint mode to paint on the surface; in an Image editor for a moment, which loads the brush."""
        kept.values["mode"] = kept.thing.mode if kept.thing is not None else ""
        if purpose.in_editor:
            run_in_paint_mode(context, lambda: None)
        else:
            bpy.ops.object.mode_set(mode="TEXTURE_PAINT")

    def give_back(self, context: bpy.types.Context, kept: Kept) -> None:
        """Give the object the mode back that it had."""
        objects, thing = context.view_layer.objects, kept.thing
        if thing is None or thing.mode != "TEXTURE_PAINT" or thing.name not in objects or not thing.visible_get():
            return
        active, objects.active = objects.active, thing
        bpy.ops.object.mode_set(mode=kept.values.get("mode", "") or "OBJECT")
        objects.active = active


class UVMap:
    """The active UV map of the mesh, by which strokes go.

    A Mapping node moves the image on the surface, which Blender's strokes do not know: for one, a UV map is made for as
    long as the hole is painted.
    """

    @staticmethod
    def has_room(mesh: bpy.types.Mesh, where: Placement) -> bool:
        """Whether the mesh has room for the UV map that a hole here needs."""
        return tuple(where.matrix) == IDENTITY or len(mesh.uv_layers) < MOST_UV_MAPS

    def borrow(self, context: bpy.types.Context, purpose: Purpose, kept: Kept) -> None:
        """Make the UV map active through which the material sees the image."""
        thing, where = kept.thing, purpose.where
        if purpose.in_editor or thing is None:
            return
        layers = thing.data.uv_layers
        kept.values["uv"] = layers.active.name
        shown = uv_layer(thing.data, where.uv)
        assert shown is not None  # or there were nothing to paint on
        if tuple(where.matrix) == IDENTITY:
            layers.active = shown
            return
        values = np.empty(len(thing.data.loops) * 2, np.float32)
        shown.uv.foreach_get("vector", values)
        own = layers.new(name=NAME, do_init=False)
        placed = uv_to_image(values.reshape(-1, 2), where.matrix).astype(np.float32)
        own.uv.foreach_set("vector", placed.reshape(-1))
        layers.active = own
        kept.values["own_uv"] = own.name

    def give_back(self, context: bpy.types.Context, kept: Kept) -> None:
        """Make the user's UV map active again."""
        thing = kept.thing
        if thing is None or thing.type != "MESH" or "uv" not in kept.values:
            return
        layers = thing.data.uv_layers
        own = layers.get(kept.values.get("own_uv", ""))
        if own is not None:
            layers.remove(own)
        old = layers.get(kept.values["uv"])
        if old is not None:
            layers.active = old


class PaintedFaces:
    """The faces that take paint: those that show the material, and none of the mesh's other materials.

    A stroke knows UV coordinates alone, and would leave a hole at the same place of another material's image.
    """

    def borrow(self, context: bpy.types.Context, purpose: Purpose, kept: Kept) -> None:
        """Let the faces of other materials take no paint, where there are any."""
        thing = kept.thing
        if purpose.in_editor or thing is None:
            return
        mesh = thing.data
        shown = faces_showing(thing, mesh, purpose.material)
        if shown.all():
            return
        selected = np.empty(len(mesh.polygons), np.bool_)
        mesh.polygons.foreach_get("select", selected)
        kept.values["faces"] = {
            "selected": base64.b64encode(zlib.compress(np.packbits(selected).tobytes())).decode("ascii"),
            "count": len(selected),
            **_get(mesh, FACE_MASKS),
        }
        own = shown & selected if mesh.use_paint_mask else shown  # what the user masks stays masked
        mesh.use_paint_mask_vertex = False
        mesh.use_paint_mask = True
        mesh.polygons.foreach_set("select", own if own.any() else shown)
        mesh.update()

    def give_back(self, context: bpy.types.Context, kept: Kept) -> None:
        """Select the faces again that the user had selected."""
        thing, faces = kept.thing, kept.values.get("faces")
        if thing is None or thing.type != "MESH" or faces is None:
            return
        mesh, count = thing.data, faces["count"]
        bits = np.frombuffer(zlib.decompress(base64.b64decode(faces["selected"])), np.uint8)
        selected = np.unpackbits(bits, count=count).astype(np.bool_)
        if thing.mode == "EDIT":
            shape = bmesh.from_edit_mesh(mesh)
            for face, was in zip(shape.faces, selected if len(shape.faces) == count else (), strict=False):
                face.select_set(bool(was))
            bmesh.update_edit_mesh(mesh)
        elif len(mesh.polygons) == count:
            mesh.polygons.foreach_set("select", selected)
            mesh.update()
        _set(mesh, {name: faces[name] for name in FACE_MASKS})


class Brush:
    """The active tool, brush and canvas, and the settings that all brushes share."""

    def borrow(self, context: bpy.types.Context, purpose: Purpose, kept: Kept) -> None:
        """Make our brush the active one, and the hole or guide image what it paints on."""
        paint = context.scene.tool_settings.image_paint
        kept.canvas, kept.brush = paint.canvas, paint.brush if bpy.app.version < SINCE else None
        kept.values |= brush_values(context.scene)  # only now: entering the mode may be what loads the user's brush
        choose_tool(context, "IMAGE_EDITOR" if purpose.in_editor else "VIEW_3D")
        take_brush(context, purpose.image, purpose.colour)

    def give_back(self, context: bpy.types.Context, kept: Kept) -> None:
        """Make the user's brush the active one again, with all its values."""
        scene = context.scene
        paint = scene.tool_settings.image_paint
        if is_other_tool(context, kept, "VIEW_3D"):
            run_in_paint_mode(context, lambda: restore_tool(context, kept, "VIEW_3D"))
        _set(unified_settings(scene), kept.values.get("unified", {}))
        _set(paint, kept.values.get("paint", {}))
        asset = kept.values.get("asset")
        if bpy.app.version < SINCE:
            paint.brush = kept.brush
            self._restore_values(scene, kept)
        elif is_own_brush(scene) or asset != active_asset(scene):
            activate_asset(context, asset, lambda: self._restore_values(bpy.context.scene, kept))
        else:
            self._restore_values(scene, kept)
        paint.canvas = kept.canvas

    @staticmethod
    def _restore_values(scene: bpy.types.Scene, kept: Kept) -> None:
        paint = scene.tool_settings.image_paint
        if paint.brush is not None and not is_own_brush(scene):
            _set(paint.brush, kept.values.get("brush", {}))


LOANS: tuple[Loan, ...] = (Editors(), Mode(), UVMap(), PaintedFaces(), Brush())


def brush_values(scene: bpy.types.Scene) -> dict[str, Any]:
    """Return all that is needed to give the brush back, but for the datablock of versions without assets."""
    paint = scene.tool_settings.image_paint
    kept = {"paint": _get(paint, PAINT), "unified": _get(unified_settings(scene), UNIFIED)}
    if paint.brush is not None:
        kept["brush"] = _get(paint.brush, BRUSH)
    asset = active_asset(scene)
    if asset is not None:
        kept["asset"] = asset
    return kept


def take_brush(context: bpy.types.Context, image: bpy.types.Image | None, colour: Colour) -> None:
    """Make a hard brush of a colour the active one, and an image its canvas."""
    remove_own_brushes()
    stop_waiting()
    brush = bpy.data.brushes.new(NAME, mode="TEXTURE_PAINT")
    brush[MARK] = True
    brush.color, brush.secondary_color = colour, (0, 0, 0)
    brush.size, brush.strength, brush.blend = 100 if bpy.app.version >= DIAMETERS else 50, 1.0, "MIX"
    brush.use_pressure_size = brush.use_pressure_strength = False
    falloff = "curve_distance_falloff_preset" if hasattr(brush, "curve_distance_falloff_preset") else "curve_preset"
    setattr(brush, falloff, "CONSTANT")
    activate_brush(context, brush)
    shared = unified_settings(context.scene)
    shared.use_unified_color = shared.use_unified_size = shared.use_unified_strength = False
    paint = context.scene.tool_settings.image_paint
    paint.mode = "IMAGE"
    paint.use_stencil_layer = paint.use_cavity = paint.use_normal_falloff = False
    paint.canvas = image


def is_own_brush(scene: bpy.types.Scene) -> bool:
    """Whether our brush is the active one."""
    brush = scene.tool_settings.image_paint.brush
    return brush is not None and MARK in brush


def remove_own_brushes() -> None:
    """Take our brush out of the file, and those that undo and redo left behind."""
    for brush in [each for each in bpy.data.brushes if MARK in each]:
        bpy.data.brushes.remove(brush)


def unified_settings(scene: bpy.types.Scene) -> bpy.types.UnifiedPaintSettings:
    """Return what all brushes share; since 5.0 every kind of painting has its own."""
    settings = scene.tool_settings
    return getattr(settings.image_paint, "unified_paint_settings", None) or settings.unified_paint_settings


def active_tools(context: bpy.types.Context) -> dict[str, str]:
    """Return the toolbar's tool for painting in the view, and the one in the Image editor."""
    tools = context.workspace.tools if context.workspace is not None else None
    if tools is None:
        return {}
    active = {
        "VIEW_3D": tools.from_space_view3d_mode("PAINT_TEXTURE", create=False),
        "IMAGE_EDITOR": tools.from_space_image_mode("PAINT", create=False),
    }
    return {space: tool.idname for space, tool in active.items() if tool is not None}


def choose_tool(context: bpy.types.Context, space: str, name: str = "") -> None:
    """Make a tool the active one, the brush if none is named; its own mode must be on."""
    wanted = name or ("builtin.brush" if bpy.app.version >= SINCE else "builtin_brush.Draw")
    if not bpy.app.background and active_tools(context).get(space, "") != wanted:
        bpy.ops.wm.tool_set_by_id(name=wanted, space_type=space)


def is_other_tool(context: bpy.types.Context, kept: Kept, space: str) -> bool:
    """Whether the active tool is not the user's."""
    name = kept.values.get("tools", {}).get(space)
    return not bpy.app.background and bool(name) and active_tools(context).get(space, "") != name


def restore_tool(context: bpy.types.Context, kept: Kept, space: str) -> None:
    """Make the user's tool the active one again."""
    name = kept.values.get("tools", {}).get(space)
    if name:
        choose_tool(context, space, name)


def _image_editors(context: bpy.types.Context) -> Iterator[tuple[bpy.types.Screen, int, bpy.types.Area]]:
    for window in context.window_manager.windows:
        for index, area in enumerate(window.screen.areas):
            if area.type == "IMAGE_EDITOR":
                yield window.screen, index, area


def _get(thing: bpy.types.bpy_struct, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(thing, name) for name in names}
    return {name: value if isinstance(value, str | int | float) else list(value) for name, value in values.items()}


def _set(thing: bpy.types.bpy_struct, kept: dict[str, Any]) -> None:
    for name, value in kept.items():  # what is the same is not touched: a brush would count as changed
        if _get(thing, (name,))[name] != value:
            setattr(thing, name, value)
