"""Run inside Blender's window: does what files in the stage folder ask for, and answers in files beside them.

Only what a mouse cannot do quickly is asked for this way: laying out the window, and telling how things stand.
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import addon_utils
import bmesh
import bpy
import numpy as np

STAGE = Path(os.environ["SVBRDF_STAGE"])
NAME = "bl_ext.user_default.svbrdf_inpaint"
MARK = (1.0, 0.0, 1.0, 1.0)
TABS = {"VIEW_3D": "VIEW_3D", "NODE_EDITOR": "ShaderNodeTree", "IMAGE_EDITOR": "IMAGE_EDITOR"}


def session() -> Any:
    """Return the state of the add-on."""
    return sys.modules[NAME + ".session.state"].state


def area() -> Any:
    """Return the largest area of the window."""
    return max(bpy.context.window_manager.windows[0].screen.areas, key=lambda one: one.width * one.height)


def build(folder: str, blend: str) -> None:
    """Make a plane with a material of the images in a folder, and save the file."""
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    bpy.ops.mesh.primitive_plane_add(size=4)
    material = bpy.data.materials.new("Wall")
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    tree = material.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    for path in sorted((STAGE / folder).glob("*.png")):
        plug(tree, shader, path)
    shade(tree, shader)
    arrange(tree)
    bpy.context.object.data.materials.append(material)
    bpy.context.object.name = "Wall"
    bpy.ops.wm.save_as_mainfile(filepath=str(STAGE / blend))


def plug(tree: Any, shader: Any, path: Path) -> None:
    """Add one image texture and link it to where its name says."""
    role = path.stem.rpartition("_")[2]
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.load(str(path))
    texture.name = role
    if role not in {"diffuse", "specular"}:
        texture.image.colorspace_settings.name = "Non-Color"
    if role == "normal":
        bump = tree.nodes.new("ShaderNodeNormalMap")
        tree.links.new(texture.outputs[0], bump.inputs["Color"])
        tree.links.new(bump.outputs[0], shader.inputs["Normal"])
    elif role == "height":
        moved = tree.nodes.new("ShaderNodeDisplacement")
        tree.links.new(texture.outputs[0], moved.inputs["Height"])
        output = next(node for node in tree.nodes if node.type == "OUTPUT_MATERIAL")
        tree.links.new(moved.outputs[0], output.inputs["Displacement"])
    elif role != "ao":
        plugs = {"diffuse": "Base Color", "roughness": "Roughness", "specular": "Specular Tint"}
        tree.links.new(texture.outputs[0], shader.inputs[plugs[role]])


def arrange(tree: Any) -> None:
    """Put the nodes beside one another, and make the base colour's the active one, which the 3D view shows."""
    textures = [node for node in tree.nodes if node.type == "TEX_IMAGE"]
    for number, node in enumerate(textures):
        node.location = (-900 - 300 * (number % 2), 500 - 280 * (number // 2))
        node.select = False
    tree.nodes.active = tree.nodes["diffuse"]


def shade(tree: Any, shader: Any) -> None:
    """Darken the base colour by the occlusion."""
    mixed = tree.nodes.new("ShaderNodeMix")
    mixed.data_type, mixed.blend_type = "RGBA", "MULTIPLY"
    mixed.inputs[0].default_value = 1.0
    first, second = (one for one in mixed.inputs if one.type == "RGBA")
    tree.links.new(tree.nodes["diffuse"].outputs[0], first)
    tree.links.new(tree.nodes["ao"].outputs[0], second)
    made = next(one for one in mixed.outputs if one.type == "RGBA")
    tree.links.new(made, shader.inputs["Base Color"])


def editor(kind: str, image: str = "") -> None:
    """Show an editor in the largest area, with its sidebar."""
    where = area()
    where.ui_type = TABS[kind]
    space = where.spaces.active
    space.show_region_ui = True
    if image:
        space.image = bpy.data.images[image]


def tab() -> None:
    """Open our tab in the sidebar, which must have been drawn before."""
    for region in area().regions:
        if region.type == "UI":
            region.active_panel_category = "Inpaint"
            region.tag_redraw()


def unfold(names: list[str]) -> None:
    """Have the tab open with these panels unfolded, and no others; before it is shown for the first time."""
    for one in sys.modules[NAME + ".ui.panels"].CLASSES:
        if getattr(one, "bl_parent_id", ""):
            bpy.utils.unregister_class(one)
            one.bl_options = set() if one.bl_idname.split("_PT_")[1].partition("_")[2] in names else {"DEFAULT_CLOSED"}
            bpy.utils.register_class(one)


def look(shading: str = "SOLID") -> None:
    """Look straight down on the plane."""
    where = area()
    space = where.spaces.active
    space.region_3d.view_rotation = (1, 0, 0, 0)
    space.region_3d.view_perspective = "ORTHO"
    space.region_3d.view_distance = 7
    space.shading.type = shading
    space.shading.color_type = "TEXTURE"
    space.overlay.show_overlays = False


def slots() -> None:
    """Give the right half of the wall another material, and stand something a little before its left half."""
    wall = bpy.data.objects["Wall"]
    shape = bmesh.new()
    shape.from_mesh(wall.data)
    bmesh.ops.subdivide_edges(shape, edges=shape.edges[:], cuts=1, use_grid_fill=True)
    for face in shape.faces:
        face.material_index = int(face.calc_center_median().x > 0)
    shape.to_mesh(wall.data)
    shape.free()
    wall.data.materials.append(bpy.data.materials["Wall"].copy())
    wall.data.materials[1].name = "Brick"
    bpy.ops.mesh.primitive_plane_add(size=0.5, location=(-1.0, 0.0, 0.05))
    bpy.context.object.name = "Sign"
    bpy.context.view_layer.objects.active = wall


def choose_slot(number: int) -> None:
    """Choose a slot of the wall."""
    bpy.data.objects["Wall"].active_material_index = number


def mark(on: bool) -> None:
    """Draw the buttons of operators in a colour that nothing else has, so that a picture tells where they are."""
    look = bpy.context.preferences.themes[0].user_interface.wcol_tool
    for name in ("inner", "inner_sel"):
        key = "svbrdf_" + name
        if on:
            KEPT.setdefault(key, tuple(getattr(look, name)))
        setattr(look, name, MARK if on else KEPT[key])
    redraw()


KEPT: dict[str, tuple[float, ...]] = {}


def redraw() -> None:
    """Draw everything anew."""
    for one in bpy.context.window_manager.windows[0].screen.areas:
        one.tag_redraw()
        for region in one.regions:
            region.tag_redraw()


def frames(count: int) -> list[float]:
    """Draw the whole window some times, and return the seconds that each took."""
    seconds = []
    for _ in range(count):
        started = time.perf_counter()
        bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=1)
        seconds.append(time.perf_counter() - started)
    return seconds


def state() -> dict[str, Any]:
    """Return how things stand."""
    held, (material, second) = session(), map(bpy.data.materials.get, ("Wall", "Brick"))
    return {
        "fills": [
            {"phase": one.status.phase, "active": one.active, "note": one.note, "resolved": one.resolved,
             "words": sys.modules[NAME + ".ui.draw_outcomes"].describe_progress(one),
             "failure": one.failure.sentence if one.failure else "",
             "previews": one.status.preview_number,
             "variations": len(one.result.variations) if one.result else 0, "thumbnails": len(one.thumbnails)}
            for one in held.fills
        ],
        "service": held.connection.service.address.url if held.connection else "",
        "error": held.error.sentence if held.error else "",
        "images": {node.name: node.image.name for node in material.node_tree.nodes if node.type == "TEX_IMAGE"}
        if material else {},
        "changes": len(material.svbrdf_changes) if material else 0,
        "variation": material.svbrdf.variation if material else 0,
        "hole": white(material.svbrdf_hole) if material and material.svbrdf_hole else 0,
        "second": white(second.svbrdf_hole) if second and second.svbrdf_hole else 0,
        "painted": painted.name if (painted := bpy.context.scene.svbrdf_painting.material) else "",
        "seen": said(),
        "mode": bpy.context.mode if bpy.context.view_layer.objects.active else "",
        "pictures": sys.modules[NAME + ".session.pictures"].pictures.drawn is not None,
        "drawing": sys.modules[NAME + ".session.pictures"].pictures.words,
        "view": place("WINDOW"),
        "side": place("UI"),
    }  # fmt: skip


def said() -> int:
    """Return how many holes the panel tells of."""
    seen = sys.modules[NAME + ".session.selection"]._watched.seen
    return seen.summary.holes if seen is not None and seen.summary is not None else 0


def place(kind: str) -> list[int]:
    """Return left, bottom, width and height of a part of the largest area."""
    return next(([one.x, one.y, one.width, one.height] for one in area().regions if one.type == kind), [])


def white(image: Any) -> int:
    """Return how many pixels of an image are bright."""
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    return int((pixels[::4] > 0.5).sum())


def digest(image: str) -> str:
    """Return a digest of an image's samples."""
    pixels = np.empty(len(bpy.data.images[image].pixels), np.float32)
    bpy.data.images[image].pixels.foreach_get(pixels)
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def brush() -> dict[str, Any]:
    """Return what painting must give back."""
    paint = bpy.context.scene.tool_settings.image_paint
    active, shared = paint.brush, unified(paint)
    kept = {"color": list(active.color), "size": active.size, "strength": active.strength} if active else {}
    return {
        "brush": active.name if active else "", "kept": kept, "canvas": paint.canvas.name if paint.canvas else "",
        "mode": paint.mode, "shared": [list(shared.color), shared.size, shared.use_unified_size],
    }  # fmt: skip


def own_brush() -> None:
    """Paint a moment as the user would, and leave the brush as nobody else does."""
    bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
    paint = bpy.context.scene.tool_settings.image_paint
    for one in (paint.brush, unified(paint)):
        if one is not None:
            one.size, one.color = 33, (0.2, 0.4, 0.6)
    bpy.ops.object.mode_set(mode="OBJECT")


def unified(paint: Any) -> Any:
    """Return what all brushes share, which is somewhere else since Blender 5."""
    return getattr(paint, "unified_paint_settings", None) or bpy.context.scene.tool_settings.unified_paint_settings


def setting(**values: Any) -> None:
    """Set properties of the material."""
    for name, value in values.items():
        setattr(bpy.data.materials["Wall"].svbrdf, name, value)


def guide_setting(picture: str, **values: Any) -> None:
    """Set properties of the guides of a picture."""
    for name, value in values.items():
        setattr(getattr(bpy.data.materials["Wall"].svbrdf, picture), name, value)


def guide(picture: str, slot: str) -> dict[str, Any]:
    """Return the size of a guide, and its colours of 8 bits, the commonest first, each with how often it is there."""
    image = getattr(getattr(bpy.data.materials["Wall"].svbrdf, picture), slot)
    if image is None:
        return {"size": [0, 0], "colours": []}
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    stored = (pixels.reshape(-1, image.channels)[:, :3] * 255 + 0.5).astype(np.uint8)
    colours, counts = np.unique(stored, axis=0, return_counts=True)
    order = np.argsort(-counts)[:3]
    return {"size": list(image.size), "colours": [[*map(int, colours[at]), int(counts[at])] for at in order]}


def library_setting(**values: Any) -> None:
    """Set what the panel has of a library."""
    for name, value in values.items():
        setattr(bpy.context.window_manager.svbrdf_library, name, value)


def library() -> dict[str, Any]:
    """Return how the repair of a library stands."""
    found = sys.modules[NAME + ".session.library"].library
    text = bpy.data.texts.get("Inpaint library report")
    return {"busy": found.busy, "words": found.words, "said": found.describe(), "file": found.progress.file,
            "material": found.progress.material, "text": text.as_string() if text else ""}  # fmt: skip


def preference(**values: Any) -> None:
    """Set preferences of the add-on."""
    for name, value in values.items():
        setattr(bpy.context.preferences.addons[NAME].preferences, name, value)


def save() -> None:
    """Save the file where it is."""
    bpy.ops.wm.save_mainfile()


def load(blend: str) -> None:
    """Load a file."""
    bpy.ops.wm.open_mainfile(filepath=str(STAGE / blend))


def finish() -> None:
    """Leave as the user does."""
    bpy.ops.wm.quit_blender()


COMMANDS = {
    one.__name__: one
    for one in (
        build,
        editor,
        tab,
        unfold,
        look,
        slots,
        choose_slot,
        mark,
        redraw,
        frames,
        state,
        digest,
        brush,
        own_brush,
        setting,
        guide_setting,
        guide,
        library_setting,
        library,
        preference,
        save,
        load,
        finish,
    )
}


def serve() -> float:
    """Do what the newest file asks for; Blender's timer calls this."""
    for path in sorted(STAGE.glob("*.ask")):
        asked = json.loads(path.read_text(encoding="utf-8"))
        path.unlink()
        window = bpy.context.window_manager.windows[0]
        try:
            with bpy.context.temp_override(window=window, area=area()):
                answer = {"answer": COMMANDS[asked["do"]](**asked["with"])}
        except (RuntimeError, KeyError, AttributeError, TypeError, ValueError, OSError) as error:
            answer = {"error": repr(error)}
        made = path.with_suffix(".part")
        made.write_text(json.dumps(answer), encoding="utf-8")
        made.replace(path.with_suffix(".answer"))
    return 0.1


bpy.context.preferences.view.show_splash = False
bpy.context.preferences.system.use_online_access = False
addon_utils.extensions_refresh()
addon_utils.enable(NAME, default_set=True)
bpy.app.timers.register(serve, first_interval=1.0, persistent=True)
