"""A scene in; its picture, drawn the same way each time, and the difference of two pictures out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

# isort: split
import addon_utils  # these two are there once bpy is
from mathutils import Matrix

GAIN = 2.0
"""How much brighter a difference is shown than it is."""


def staged(scene: bpy.types.Scene, request: dict[str, Any]) -> bpy.types.Scene:
    """Make the user's scene ready: the view asked for, and nothing that writes files or adds to the picture."""
    render = scene.render
    render.use_compositing = render.use_sequencer = False  # File Output nodes would write the user's files
    render.use_stamp = render.use_border = render.use_multiview = render.use_motion_blur = False
    view = request["view"]
    if isinstance(view, dict):
        scene.camera = eye(scene, view)
        for marker in scene.timeline_markers:
            marker.camera = None  # a marker's camera would take over
        width, height = view["aspect"], 1.0
        render.pixel_aspect_x = render.pixel_aspect_y = 1.0
    else:
        width, height = render.resolution_x, render.resolution_y
    scale = request["size"] / max(width, height)
    render.resolution_x, render.resolution_y = max(4, round(width * scale)), max(4, round(height * scale))
    return scene


def eye(scene: bpy.types.Scene, view: dict[str, Any]) -> bpy.types.Object:
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


def settle(scene: bpy.types.Scene, request: dict[str, Any]) -> list[str]:
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
    return words + settle_cycles(scene, request)


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


def settle_cycles(scene: bpy.types.Scene, request: dict[str, Any]) -> list[str]:
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


def draw(scene: bpy.types.Scene, path: Path) -> None:
    """Render to a PNG file."""
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True, scene=scene.name)


def pixels(path: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return a picture's stored values, ``(H, W, 4)``, bottom row first."""
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    image.alpha_mode = "CHANNEL_PACKED"
    values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    shape = image.size[1], image.size[0], 4
    bpy.data.images.remove(image)
    return values.reshape(shape)


def difference(before: Path, after: Path, path: Path) -> float:
    """Write the amplified difference of two pictures and return the share of pixels that differ."""
    apart = np.abs(pixels(after) - pixels(before)).max(axis=2)
    height, width = apart.shape
    shown = np.ones((height, width, 4), np.float32)
    shown[..., :3] = np.minimum(apart * GAIN, 1.0)[..., None]
    image = bpy.data.images.new("difference", width, height, alpha=False, is_data=True)
    image.pixels.foreach_set(shown.ravel())
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    return float(np.count_nonzero(apart) / apart.size)
