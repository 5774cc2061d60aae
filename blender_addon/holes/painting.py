"""A painting session: its beginning and end, and what undo, saving and loading a file in between do to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import bpy
from bpy.app.handlers import persistent
from bpy.app.translations import pgettext_iface as _

from ..client import UserError
from . import borrowed, brush_assets, mask, overlay
from .borrowed import WHITE, Colour, Kept, Purpose
from .guide import is_guide
from .overlay import WHOLE
from .overrides import in_window
from .surface import Placement, faces_showing, placement_of, uv_placement_of

Four = tuple[float, float, float, float]
NOWHERE: Four = (0.0, 0.0, 0.0, 0.0)
"""The base colour is no part of it."""


@dataclass(frozen=True)
class Guide:
    """A guide that is painted in place of the hole.

    Attributes:
        name: which one it is, such as ``guides.protect``.
        make: returns the image to paint on, made only now.
        colour: of the brush.
        frame: how the base colour lies in it, see `WHOLE`; on the surface there is no more than that.
    """

    name: str
    make: Callable[[], bpy.types.Image]
    colour: Colour = WHITE
    frame: Four = WHOLE


class SVBRDF_PG_painting(bpy.types.PropertyGroup):
    """A hole or a guide is being painted: what was there before, kept in the scene, where it outlives undo, saving and
    loading.
    """

    active: bpy.props.BoolProperty()
    in_editor: bpy.props.BoolProperty(description="In an Image editor, not on the surface")
    material: bpy.props.PointerProperty(type=bpy.types.Material)
    image: bpy.props.PointerProperty(type=bpy.types.Image)
    thing: bpy.props.PointerProperty(type=bpy.types.Object)
    canvas: bpy.props.PointerProperty(type=bpy.types.Image)
    brush: bpy.props.PointerProperty(type=bpy.types.Brush)
    values: bpy.props.StringProperty()
    guide: bpy.props.StringProperty(description="Which guide is painted, such as guides.protect; empty for the hole")
    colour: bpy.props.FloatVectorProperty(description="Of the brush", default=WHITE)
    frame: bpy.props.FloatVectorProperty(
        size=4, default=WHOLE, description="How the base colour lies in the picture that is painted"
    )

    def write(self, kept: Kept) -> None:
        """Keep what it takes to give everything back."""
        self.thing, self.canvas, self.brush = kept.thing, kept.canvas, kept.brush
        self.values = json.dumps(kept.values)

    def read(self) -> Kept:
        """Return what was kept."""
        values = json.loads(self.values or "{}")
        return Kept(values if isinstance(values, dict) else {}, self.thing, self.canvas, self.brush)

    def forget(self) -> None:
        """Note that nothing is being painted any more."""
        for each in self.bl_rna.properties:
            if not each.is_readonly and each.identifier != "name":
                self.property_unset(each.identifier)


def start(context: bpy.types.Context, material: bpy.types.Material, guide: Guide | None = None) -> bpy.types.Image:
    """Let the user paint the material's hole, or a guide, and return the image that is painted.

    In the Image editor this comes from, otherwise on the active object.

    Raises:
        UserError: the object is none that can be painted on, or shows no such picture.
    """
    in_editor = context.area is not None and context.area.type == "IMAGE_EDITOR"
    where = placement_of(material) if in_editor else uv_placement_of(material)
    if in_editor and where.layout is not None:
        raise UserError("hole", "A hole over UDIM tiles is painted on the surface; press Paint in the 3D Viewport.")
    if not in_editor:
        if guide is not None and guide.frame != WHOLE:
            raise UserError("bad", "No surface shows that picture yet; press the same button in an Image editor.")
        _require_paintable(context.view_layer.objects.active, material, where)
    stop(context)
    image = mask.hole_image_of(material, where.size) if guide is None else guide.make()
    colour = WHITE if guide is None else guide.colour
    memory = context.scene.svbrdf_painting
    memory.material, memory.image = material, image
    memory.write(borrowed.borrow_all(context, Purpose(image, material, where, in_editor, colour)))
    memory.active, memory.in_editor, memory.colour = True, in_editor, colour
    if guide is None:
        material.svbrdf.filled = False
    else:
        memory.guide, memory.frame = guide.name, guide.frame
    _remember(memory)
    mask.watch_strokes(context.scene)
    overlay.note_change()
    overlay.redraw()
    return image


def set_colour(context: bpy.types.Context, guide: str, material: bpy.types.Material, colour: Colour) -> None:
    """Give the brush another colour, where this guide is being painted."""
    memory = context.scene.svbrdf_painting
    if memory.active and memory.guide == guide and memory.material == material:
        memory.colour = colour
        if borrowed.is_own_brush(context.scene):
            context.scene.tool_settings.image_paint.brush.color = colour


def stop(context: bpy.types.Context) -> bpy.types.Image | None:
    """Give everything back, and return the image that was painted, if there is one."""
    memory = context.scene.svbrdf_painting
    if not memory.active:
        return None
    image = memory.image
    borrowed.give_back_all(context, memory.read())
    memory.forget()
    _before.clear()
    overlay.note_change()
    overlay.redraw()
    if image is not None and image.is_dirty:
        image.pack()  # otherwise saving the file would lose what was painted
    mask.note_change()
    return image


def is_astray(place: bpy.types.Context | bpy.types.Window) -> bool:
    """Whether strokes on the surface go by another object or slot than the one that is active now."""
    memory, thing = place.scene.svbrdf_painting, place.view_layer.objects.active
    if not memory.active or memory.in_editor or thing is None or thing.mode != "TEXTURE_PAINT":
        return False
    return bool(thing != memory.thing or thing.active_material not in (memory.material, None))


def _require_paintable(thing: bpy.types.Object | None, material: bpy.types.Material, where: Placement) -> None:
    if thing is None or thing.type != "MESH":
        raise UserError("hole", "Painting on the surface needs a mesh; select one, or paint in the Image editor.")
    mesh = thing.data
    if not mesh.uv_layers:
        sentence = _('The mesh "{name}" has no UV map; unwrap it, or paint in the Image editor.')
        raise UserError("hole", sentence.format(name=mesh.name))
    if thing.library is not None or mesh.library is not None:
        sentence = _('The object "{name}" is linked; make it local, or paint in the Image editor.')
        raise UserError("hole", sentence.format(name=thing.name))
    if thing.mode == "EDIT":
        thing.update_from_editmode()
    if not faces_showing(thing, mesh, material).any():
        sentence = _('No face of "{name}" shows the material "{material}"; choose a slot or an object that does.')
        raise UserError("hole", sentence.format(name=thing.name, material=material.name))
    if not borrowed.UVMap.has_room(mesh, where):
        sentence = _('The mesh "{name}" has no room for one more UV map, which this needs; remove one.')
        raise UserError("hole", sentence.format(name=mesh.name))


@dataclass(frozen=True)
class _Before:
    """What the scene's memory holds, where undo does not reach: names, since datablocks do not outlive undo."""

    values: dict[str, Any]
    canvas: str
    brush: str


_before: list[_Before] = []


def _remember(memory: Any) -> None:
    """Note that painting begins, or a file is loaded in which it had."""
    parts = (memory.canvas, memory.brush)
    _before[:] = [_Before(memory.read().values, *(part.name if part is not None else "" for part in parts))]


def resolve_undo(context: bpy.types.Context) -> None:
    """Give everything back if the beginning of painting was undone, and take the brush again if that was redone.

    Undo leaves tools and brushes as they are, and mode and UV map it puts right by itself.
    """
    memory = context.scene.svbrdf_painting
    if memory.active:
        if not borrowed.is_own_brush(context.scene):
            borrowed.take_brush(context, memory.image, tuple(memory.colour))
            _remember(memory)
    elif _before:
        before = _before.pop()
        canvas, brush = bpy.data.images.get(before.canvas), bpy.data.brushes.get(before.brush)
        borrowed.give_back_all(context, Kept(before.values, canvas=canvas, brush=brush))


def _resolve_undo_in_window() -> None:
    with in_window() as context:
        resolve_undo(context)


@persistent
def _on_update(scene: bpy.types.Scene, graph: bpy.types.Depsgraph) -> None:
    """Make the overlay anew when the mesh or the material changes."""
    if overlay.is_surface_known() and any(
        isinstance(update.id, bpy.types.Material)
        or (update.is_updated_geometry and isinstance(update.id, bpy.types.Object | bpy.types.Mesh))
        for update in graph.updates
    ):
        overlay.note_change()


@persistent
def _on_undo(*_: object) -> None:
    """Put the tools right as soon as undo or redo is over."""
    _update_overlay()
    if not bpy.app.timers.is_registered(_resolve_undo_in_window):
        bpy.app.timers.register(_resolve_undo_in_window, first_interval=0.0)


@persistent
def _on_load(*_: object) -> None:
    _update_overlay()
    _before.clear()
    memory = bpy.context.scene.svbrdf_painting
    if memory.active:
        _remember(memory)


def _update_overlay() -> None:
    """Have the overlay show what there is now."""
    mask.note_change()
    overlay.note_change()
    overlay.redraw()


@persistent
def _on_save(*_: object) -> None:
    """Pack what was painted, which lies in memory alone until then."""
    for image in bpy.data.images:
        if (mask.is_hole(image) or is_guide(image)) and image.is_dirty and image.library is None:
            image.pack()


def _handlers() -> tuple[tuple[Any, Any], ...]:
    handlers = bpy.app.handlers
    return (
        (handlers.save_pre, _on_save),
        (handlers.depsgraph_update_post, _on_update),
        (handlers.undo_post, _on_undo),
        (handlers.redo_post, _on_undo),
        (handlers.load_post, _on_load),
    )


def register() -> None:
    """Give every scene its memory of a painting session, and begin to listen."""
    bpy.utils.register_class(SVBRDF_PG_painting)
    bpy.types.Scene.svbrdf_painting = bpy.props.PointerProperty(type=SVBRDF_PG_painting)
    for handlers, ours in _handlers():
        handlers.append(ours)


def unregister() -> None:
    """Stop listening, end what is being painted, and wait for nothing more."""
    for handlers, ours in _handlers():
        handlers.remove(ours)
    stop(bpy.context)
    if bpy.app.timers.is_registered(_resolve_undo_in_window):
        bpy.app.timers.unregister(_resolve_undo_in_window)
    _before.clear()
    brush_assets.stop_waiting()
    del bpy.types.Scene.svbrdf_painting
    bpy.utils.unregister_class(SVBRDF_PG_painting)
