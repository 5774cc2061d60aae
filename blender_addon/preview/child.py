"""The script that the Blender in the background runs: draws what ``request.json`` asks for, and writes ``answer.json``.

It is run alone, by a Blender that shows an empty file, never imported by the user's.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

# isort: split
import addon_utils  # these two are there once bpy is
from mathutils import Matrix, Vector

GAIN = 2.0
"""How much brighter a difference is shown than it is."""
SLANT = math.radians(35.0)
"""How far a slanted view leans from straight."""
SUN, SPOT = (-0.7, 0.55, 0.62), (-0.35, 0.45, 1.0)
"""Where the sun and the bright spot of the sky are; x to the right and y up in the picture, z towards the viewer."""


def die_with_parent(folder: Path) -> None:
    """End, and leave nothing behind, as soon as the other end of standard input is gone."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


class Refusal(Exception):
    """A sentence for the user: what is asked for cannot be drawn."""


@dataclass
class Loaded:
    """What came out of the copy; names are those of the user's file."""

    material: bpy.types.Material
    scene: bpy.types.Scene | None
    images: dict[str, bpy.types.Image]

    def substitute(self, stands_for: Mapping[str, str]) -> None:
        """Put the old images where the new ones are."""
        for new, old in stands_for.items():
            if new not in self.images or old not in self.images:
                raise Refusal(f"The image {old if new in self.images else new} is gone; fill the hole again.")
            self.images[new].user_remap(self.images[old])

    def place(self, knobs: Iterable[Mapping[str, Any]]) -> None:
        """Set Mapping nodes as they were for the old images."""
        for one in knobs:
            tree, node = self.material.node_tree, None
            for name in one["path"]:
                node = tree.nodes.get(name) if tree is not None else None
                tree = getattr(node, "node_tree", None)
            if node is not None and node.bl_idname == "ShaderNodeMapping":
                node.inputs["Location"].default_value, node.inputs["Scale"].default_value = (
                    one["location"],
                    one["scale"],
                )


def load_copy(folder: Path, request: dict[str, Any]) -> Loaded:
    """Load the copy into the empty file that this Blender shows."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(folder / "copy.blend"), link=False) as (have, want):
        if request["material"] not in have.materials:
            raise Refusal(f"The material {request['material']} is linked; make it local first.")
        names = list(have.images)
        want.images = list(names)
        want.materials = [request["material"]]
        want.scenes = [request["scene"]] if request["object"] is not None else []
    material, scenes = want.materials[0], want.scenes
    images = dict(zip(names, want.images, strict=True))
    for name, file in request["arrays"].items():
        images[name] = replace_pixels(images[name], np.load(folder / file, allow_pickle=False))
    return Loaded(material, scenes[0] if scenes else None, images)


def replace_pixels(image: bpy.types.Image, pixels: np.ndarray[Any, Any]) -> bpy.types.Image:
    """Return an image with these pixels, top row first, that takes the place of ``image`` everywhere."""
    height, width = pixels.shape[:2]
    float_ = pixels.dtype == np.float32
    new = bpy.data.images.new(image.name, width, height, alpha=True, float_buffer=float_)
    new.colorspace_settings.name = image.colorspace_settings.name
    new.alpha_mode = image.alpha_mode
    new.pixels.foreach_set((pixels if float_ else pixels / np.float32(255))[::-1].ravel())
    new.update()
    image.user_remap(new)
    return new


def displacement_remarks(material: bpy.types.Material, *, plane: bool) -> list[str]:
    """Return what to tell about the material: where the difference is not confined to the hole."""
    outputs = [node for node in material.node_tree.nodes if node.type == "OUTPUT_MATERIAL"]
    if not any(node.inputs["Displacement"].is_linked for node in outputs):
        return []
    if plane or material.displacement_method == "BUMP":
        return ["Displacement is drawn as bump: the difference reaches a little past the hole."]
    return ["The material is displaced: the difference also shows where the moved surface and its shadow are seen."]


def draw_pictures(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Draw the pictures and return what to answer."""
    try:
        loaded = load_copy(folder, request)
        if request["object"] is None:
            scene = build_plane_scene(loaded.material, request)
        else:
            scene = stage(loaded.scene, request)
        words = displacement_remarks(loaded.material, plane=request["object"] is None)
        words += configure_render(scene, request)
        render(scene, folder / "after.png")
        loaded.substitute(request["before"])
        loaded.place(request["knobs"])
        render(scene, folder / "before.png")
        changed = write_difference(folder / "before.png", folder / "after.png", folder / "difference.png")
        return {"words": words, "changed": changed}
    except Refusal as refusal:
        return {"sentence": str(refusal)}


def main(request: Path) -> int:
    """Answer one request; the return value is the exit code."""
    die_with_parent(request.parent)
    try:
        answer = draw_pictures(request.parent, json.loads(request.read_text("utf-8")))
        unfinished = request.with_name("answer.json.new")
        unfinished.write_text(json.dumps(answer), "utf-8")
        unfinished.replace(request.with_name("answer.json"))
    except Exception:  # the log is what the parent looks at
        traceback.print_exc()
        return 1
    return 0


def stage(scene: bpy.types.Scene, request: dict[str, Any]) -> bpy.types.Scene:
    """Make the user's scene ready: the view asked for, and nothing that writes files or adds to the picture."""
    render = scene.render
    render.use_compositing = render.use_sequencer = False  # File Output nodes would write the user's files
    render.use_stamp = render.use_border = render.use_multiview = render.use_motion_blur = False
    view = request["view"]
    if isinstance(view, dict):
        scene.camera = add_view_camera(scene, view)
        for marker in scene.timeline_markers:
            marker.camera = None  # a marker's camera would take over
        width, height = view["aspect"], 1.0
        render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    else:
        width, height = render.resolution_x, render.resolution_y
    scale = request["size"] / max(width, height)
    render.resolution_x, render.resolution_y = max(4, round(width * scale)), max(4, round(height * scale))
    return scene


def add_view_camera(scene: bpy.types.Scene, view: dict[str, Any]) -> bpy.types.Object:
    """Return a camera that sees what the 3D view sees, by the rules of Blender's own viewport."""
    camera = bpy.data.cameras.new("Preview")
    camera.sensor_width, camera.sensor_fit = 72.0, "AUTO"
    camera.lens = view["lens"]
    camera.clip_start, camera.clip_end = view["clip"]
    back = 0.0
    if not view["perspective"]:
        camera.type = "ORTHO"
        camera.ortho_scale = view["distance"] * 72.0 / view["lens"]
        camera.clip_start = 0.0
        back = view["clip"][1] / 2  # such a view also shows what is behind the eye
    holder = bpy.data.objects.new("Preview", camera)
    rows = view["matrix"]
    where = Matrix([rows[0:4], rows[4:8], rows[8:12], rows[12:16]])
    holder.matrix_world = where @ Matrix.Translation((0.0, 0.0, back))
    scene.collection.objects.link(holder)
    return holder


def configure_render(scene: bpy.types.Scene, request: dict[str, Any]) -> list[str]:
    """Choose engine, samples and file format; return what to tell the user about it."""
    render = scene.render
    words = choose_engine(render, request["engine"])
    render.resolution_percentage = 100
    render.use_file_extension = render.use_overwrite = True
    render.use_placeholder = False
    settings = render.image_settings
    if hasattr(settings, "media_type"):  # 5.0 and later
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_depth = "PNG", "8"
    settings.color_mode = "RGBA" if render.film_transparent else "RGB"
    settings.color_management = "FOLLOW_SCENE"
    if render.engine != "CYCLES":
        scene.eevee.taa_render_samples = request["samples"]
        return words
    return words + configure_cycles(scene, request)


def choose_engine(render: bpy.types.RenderSettings, wanted: str) -> list[str]:
    """Set the engine, Cycles where the one that is wanted is not there."""
    addon_utils.enable("cycles")
    names = ("BLENDER_EEVEE", "BLENDER_EEVEE_NEXT") if wanted.startswith(("EEVEE", "BLENDER_EEVEE")) else (wanted,)
    for name in names:
        try:
            render.engine = name
        except TypeError:  # not an engine of this Blender
            continue
        if name != "BLENDER_WORKBENCH":
            return []
    try:
        render.engine = "CYCLES"
    except TypeError:
        render.engine = "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"
        return ["Cycles is missing in this Blender: drawn with EEVEE."]
    return [f"The engine {wanted} cannot draw a preview: drawn with Cycles."]


def configure_cycles(scene: bpy.types.Scene, request: dict[str, Any]) -> list[str]:
    """Make Cycles draw the same noise each time."""
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples, cycles.seed = request["samples"], request["seed"]
    cycles.use_animated_seed = cycles.use_adaptive_sampling = False  # both would let pixels depend on their neighbours
    cycles.time_limit = 0.0
    cycles.use_denoising = request["denoise"]
    if request["denoise"]:
        try:
            cycles.denoiser = "OPENIMAGEDENOISE"
        except TypeError:
            cycles.use_denoising = False
            return ["This Blender has no denoiser: the preview is a little noisy."]
        return ["Noise is smoothed away: the difference may reach a shade past the hole."]
    return []


def render(scene: bpy.types.Scene, path: Path) -> None:
    """Render to a PNG file."""
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True, scene=scene.name)


def read_pixels(path: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return a picture's stored values, ``(H, W, 4)``, bottom row first."""
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    image.alpha_mode = "CHANNEL_PACKED"
    values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    shape = image.size[1], image.size[0], 4
    bpy.data.images.remove(image)
    return values.reshape(shape)


def write_difference(before: Path, after: Path, path: Path) -> float:
    """Write the amplified difference of two pictures and return the share of pixels that differ."""
    apart = np.abs(read_pixels(after) - read_pixels(before)).max(axis=2)
    height, width = apart.shape
    shown = np.ones((height, width, 4), np.float32)
    shown[..., :3] = np.minimum(apart * GAIN, 1.0)[..., None]
    image = bpy.data.images.new("difference", width, height, alpha=False, is_data=True)
    image.pixels.foreach_set(shown.ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    return float(np.count_nonzero(apart) / apart.size)


def build_plane_scene(material: bpy.types.Material, request: dict[str, Any]) -> bpy.types.Scene:
    """Return the scene, with a camera that looks straight down or leans."""
    shape = request["shape"]
    longer = max(shape)
    width, height = 2.0 * shape[0] / longer, 2.0 * shape[1] / longer
    scene = bpy.data.scenes.new("Preview")
    material.displacement_method = "BUMP"  # a plane of two triangles has nothing to displace
    scene.collection.objects.link(make_plane(material, width, height, request["matrix"]))
    scene.collection.objects.link(make_sun())
    scene.world = make_sky()
    straight = request["view"] != "SLANTED"
    scene.camera = make_straight_camera(max(width, height)) if straight else make_slanted_camera(width, height)
    scene.collection.objects.link(scene.camera)
    scene.view_settings.view_transform = "Standard"
    scene.render.dither_intensity = 0.0
    scene.render.film_transparent = not straight
    ratio = height / width if straight else height / width * 0.82
    scale = request["size"] / max(1.0, ratio)
    scene.render.resolution_x, scene.render.resolution_y = max(4, round(scale)), max(4, round(scale * ratio))
    return scene


def make_plane(material: bpy.types.Material, width: float, height: float, matrix: list[float]) -> bpy.types.Object:
    """Return the plane; its UVs are such that the mapping of the material gives 0 to 1."""
    mesh = bpy.data.meshes.new("Preview")
    x, y = width / 2, height / 2
    mesh.from_pydata([(-x, -y, 0), (x, -y, 0), (x, y, 0), (-x, y, 0)], [], [(0, 1, 2, 3)])
    a, b, c, d, e, f = matrix
    linear = Matrix(((a, b), (d, e)))
    back = linear.inverted() if abs(linear.determinant()) > 1e-12 else Matrix.Identity(2)
    corners = [back @ (Vector(corner) - Vector((c, f))) for corner in ((0, 0), (1, 0), (1, 1), (0, 1))]
    for name in dict.fromkeys(["UVMap", *uv_names(material.node_tree)]):
        layer = mesh.uv_layers.new(name=name)
        for loop, corner in zip(layer.data, corners, strict=True):
            loop.uv = corner
    mesh.materials.append(material)
    return bpy.data.objects.new("Preview", mesh)


def uv_names(tree: bpy.types.NodeTree) -> Iterator[str]:
    """Yield the UV maps that nodes ask for by name."""
    for node in tree.nodes:
        if node.type == "GROUP" and node.node_tree is not None:
            yield from uv_names(node.node_tree)
        elif node.type in {"UVMAP", "NORMAL_MAP", "TANGENT"} and node.uv_map:
            yield node.uv_map


def make_sun() -> bpy.types.Object:
    """Return a low sun from the upper left: relief gets a light and a dark side."""
    light = bpy.data.lights.new("Preview", "SUN")
    light.energy, light.angle = 2.2, math.radians(8.0)
    holder = bpy.data.objects.new("Preview", light)
    holder.rotation_euler = Vector(SUN).to_track_quat("Z", "Y").to_euler()
    return holder


def make_sky() -> bpy.types.World:
    """Return a soft sky with a bright spot, which gloss mirrors and roughness spreads."""
    world = bpy.data.worlds.new("Preview")
    if bpy.app.version < (5, 0, 0):
        world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    nodes.clear()
    where, towards = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeVectorMath")
    towards.operation = "DOT_PRODUCT"
    towards.inputs[1].default_value = Vector(SPOT).normalized()
    ramp, background = nodes.new("ShaderNodeValToRGB"), nodes.new("ShaderNodeBackground")
    low, high = ramp.color_ramp.elements
    low.position, low.color = 0.0, (0.05, 0.055, 0.07, 1.0)
    high.position, high.color = 0.9, (0.3, 0.3, 0.3, 1.0)
    spot = ramp.color_ramp.elements.new(0.985)
    spot.color = (1.0, 0.97, 0.92, 1.0)
    ramp.color_ramp.interpolation = "EASE"
    background.inputs["Strength"].default_value = 1.6
    output = nodes.new("ShaderNodeOutputWorld")
    links.new(where.outputs["Generated"], towards.inputs[0])
    links.new(towards.outputs["Value"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], background.inputs["Color"])
    links.new(background.outputs["Background"], output.inputs["Surface"])
    return world


def make_straight_camera(longer: float) -> bpy.types.Object:
    """Return a camera that sees exactly the plane; its rays spread, so that gloss shows somewhere."""
    camera = bpy.data.cameras.new("Preview")
    camera.lens, camera.sensor_width = 50.0, 36.0
    holder = bpy.data.objects.new("Preview", camera)
    holder.location = (0.0, 0.0, longer * camera.lens / camera.sensor_width)
    return holder


def make_slanted_camera(width: float, height: float) -> bpy.types.Object:
    """Return a camera that leans towards the viewer."""
    camera = bpy.data.cameras.new("Preview")
    camera.lens, camera.sensor_width = 70.0, 36.0
    holder = bpy.data.objects.new("Preview", camera)
    distance = max(width, height) * 70.0 / 36.0 * 1.17
    holder.location = (0.0, -distance * math.sin(SLANT), distance * math.cos(SLANT))
    holder.rotation_euler = (SLANT, 0.0, 0.0)
    return holder


if __name__ == "__main__":
    code = main(Path(sys.argv[sys.argv.index("--") + 1]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # some versions of bpy hang in a tidy exit
