"""A material comes in, to have its hole painted; the image that was painted, and the user's tools as they were, out."""

from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..client import UserError
from . import assets, brush, overlay, state, store, tools, undoing, unwrapped, view
from .where import Placing, on_surface, placing


def start(context: bpy.types.Context, material: bpy.types.Material) -> bpy.types.Image:
    """Let the user paint the material's hole: in the Image editor this comes from, otherwise on the active object.

    Raises:
        UserError: the object is none that can be painted on.
    """
    stop(context)
    thing = context.view_layer.objects.active
    in_editor = context.area is not None and context.area.type == "IMAGE_EDITOR"
    where = placing(material) if in_editor else on_surface(material)
    if not in_editor:
        _paintable(thing, where)
    image = store.of(material, where.size)
    memory = context.scene.svbrdf_painting
    paint = context.scene.tool_settings.image_paint
    memory.material, memory.image, memory.thing, memory.canvas = material, image, thing, paint.canvas
    kept: dict[str, Any] = {"mode": thing.mode if thing is not None else "", **view.values(context)}
    kept["tools"] = tools.values(context)
    if in_editor:
        view.show(context, image)
        assets.painting(context, lambda: None)  # which loads the brush
    else:
        bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
        kept |= unwrapped.begin(thing, where)
    kept |= brush.values(context.scene)  # only now: entering the mode may be what loads the user's brush
    memory.brush = paint.brush if bpy.app.version < assets.SINCE else None
    memory.write(kept)
    tools.choose(context, "IMAGE_EDITOR" if in_editor else "VIEW_3D")
    brush.take(context)
    paint.canvas = image
    memory.active = True
    undoing.remember(memory)
    state.watch(context.scene)
    overlay.begin()
    return image


def stop(context: bpy.types.Context) -> bpy.types.Image | None:
    """Give everything back, and return the image that was painted, if there is one."""
    memory = context.scene.svbrdf_painting
    if not memory.active:
        return None
    kept, image = memory.read(), memory.image
    brush.give_back(context, kept, memory.brush)
    context.scene.tool_settings.image_paint.canvas = memory.canvas
    unwrapped.give_back(memory.thing, kept)
    _leave(context, memory.thing, kept.get("mode", ""))
    view.give_back(context, kept)
    brush.remove()
    memory.forget()
    undoing.forget()
    overlay.end()
    if image is not None and image.is_dirty:
        image.pack()  # otherwise saving the file would lose what was painted
    state.touch()
    return image


def _paintable(thing: bpy.types.Object | None, where: Placing) -> None:
    if thing is None or thing.type != "MESH":
        raise UserError("hole", "Painting on the surface needs a mesh; select one, or paint in the Image editor.")
    mesh = thing.data
    if not mesh.uv_layers:
        sentence = _('The mesh "{name}" has no UV map; unwrap it, or paint in the Image editor.')
        raise UserError("hole", sentence.format(name=mesh.name))
    if thing.library is not None or mesh.library is not None:
        sentence = _('The object "{name}" is linked; make it local, or paint in the Image editor.')
        raise UserError("hole", sentence.format(name=thing.name))
    if not unwrapped.possible(mesh, where):
        sentence = _('The mesh "{name}" has no room for one more UV map, which this needs; remove one.')
        raise UserError("hole", sentence.format(name=mesh.name))


def _leave(context: bpy.types.Context, thing: bpy.types.Object | None, mode: str) -> None:
    """Give the object the mode back that it had, unless the user chose another one meanwhile."""
    objects = context.view_layer.objects
    if thing is None or thing.mode != "TEXTURE_PAINT" or thing.name not in objects or not thing.visible_get():
        return
    active, objects.active = objects.active, thing
    bpy.ops.object.mode_set(mode=mode or "OBJECT")
    objects.active = active


def unregister() -> None:
    """End what is being painted, and wait for nothing more."""
    stop(bpy.context)
    undoing.stop()
    assets.stop()
